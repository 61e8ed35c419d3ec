import { Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';

/**
 * Condition keys that identify who makes a request, or for whom, and that the caller cannot choose. Names and tags that any account can assign are not included.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
const WHO = [
  'aws:PrincipalAccount', 'aws:PrincipalArn', 'aws:PrincipalOrgID', 'aws:PrincipalOrgPaths', 'aws:userid',
  'aws:SourceAccount', 'aws:SourceArn', 'aws:SourceOrgID', 'aws:SourceOrgPaths', 'aws:SourceOwner',
  'aws:SourceVpc', 'aws:SourceVpce', 'aws:SourceVpcArn', 'aws:VpceAccount', 'aws:VpceOrgID', 'aws:VpceOrgPaths', 'kms:CallerAccount',
].map(key => key.toLowerCase());

/** Operators that match only the specified values. `...IfExists` and `ForAllValues:` also match if the key is missing. */
const POSITIVE = /^(ForAnyValue:)?(StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike)$/i;

const ADDRESS = 'aws:sourceip';

/** The required conditions, in the words of an error message. */
export const WHO_CONDITIONS = 'aws:SourceArn, aws:SourceAccount, aws:PrincipalOrgID, aws:PrincipalArn or a similar key, with StringEquals, StringLike, ArnEquals or ArnLike';

/** Whether the conditions of a statement limit who can use it, for a principal that is everyone or a service for every account. */
export function limitWho(conditions: iam.Conditions): boolean {
  return Object.entries(conditions).some(([operator, keys]) => {
    // Conditions only known at deployment cannot be checked.
    if (Token.isUnresolved(keys)) return true;
    return Object.entries(keys as Record<string, unknown>).some(([key, values]) => {
      const name = key.toLowerCase();
      const known = (POSITIVE.test(operator) && WHO.includes(name)) || (/^IpAddress$/i.test(operator) && name === ADDRESS);
      return known && areLimited(values);
    });
  });
}

/** Whether the principal is everyone, or every user of an identity provider. */
export function isEveryone({ principalJson, conditions }: iam.PrincipalPolicyFragment): boolean {
  return Object.values(principalJson).flat().includes('*') || (principalJson.Federated !== undefined && !limitUsers(conditions));
}

/**
 * Whether an AWS principal has a wildcard in its account or name, or an invalid account, which no resource policy accepts. `*` alone is everyone.
 *
 * @param principal as rendered for messages, in which `${...}` is only known at deployment
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function isPattern(principal: string): boolean {
  if (principal === '*') return false;
  const account = principal.startsWith('arn:') ? principal.split(/:(?![^{]*\})/)[4] : undefined;
  return /[*?]/.test(principal.replace(/\$\{[^}]*\}/g, '')) || (account !== undefined && !/^\d{12}$|\$\{/.test(account));
}

/** Whether a condition is on a claim of the identity provider, such as `cognito-identity.amazonaws.com:aud`. */
function limitUsers(conditions: iam.Conditions): boolean {
  return Object.entries(conditions).some(([operator, keys]) => POSITIVE.test(operator)
    && Object.entries(keys as Record<string, unknown>).some(([key, values]) => !/^aws:/i.test(key) && areLimited(values)));
}

function areLimited(values: unknown): boolean {
  const list = [values].flat();
  return list.length > 0 && list.every(value => typeof value !== 'string' || !isAnything(value));
}

const UNKNOWN = 'known-at-deployment';

/**
 * Whether a value matches requests of any account, such as `*`, `arn:aws:sns:*:*:orders` or `203.0.113.0/0`. A value limits by its account or by its first
 * part: the organization of a path, or the ID of a user. An ARN without an account limits only by its whole resource, because anyone can choose a name with
 * the same prefix.
 */
function isAnything(value: string): boolean {
  if (/^[\da-f.:]+\/0+$/i.test(value)) return true;
  // A policy variable of the caller matches every caller; variables of the resource do not.
  const text = value.replace(/\$\{Token\[[^\]]*\]\}/g, UNKNOWN).replace(/\$\{(?!aws:Resource)[^}]*\}/gi, '*');
  if (text.startsWith(UNKNOWN)) return false;
  const [account, ...resource] = text.startsWith('arn:') ? text.split(':').slice(4) : [text.split(/[:/]/)[0]];
  return /[*?]/.test(account ?? '*') || (!account && /^$|[*?]/.test(resource.join(':')));
}
