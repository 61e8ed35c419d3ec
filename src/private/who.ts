import { Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';

/**
 * Condition keys that say who acts, or for whom, and that nobody can choose for themselves. Names and tags that any account could give
 * are not among them.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
const WHO = [
  'aws:PrincipalAccount', 'aws:PrincipalArn', 'aws:PrincipalOrgID', 'aws:PrincipalOrgPaths', 'aws:userid',
  'aws:SourceAccount', 'aws:SourceArn', 'aws:SourceOrgID', 'aws:SourceOrgPaths', 'aws:SourceOwner',
  'aws:SourceVpc', 'aws:SourceVpce', 'aws:SourceVpcArn', 'aws:VpceAccount', 'aws:VpceOrgID', 'aws:VpceOrgPaths', 'kms:CallerAccount',
].map(key => key.toLowerCase());

/** Operators that are met by what is named alone. `...IfExists` and `ForAllValues:` are also met when the key is absent. */
const POSITIVE = /^(ForAnyValue:)?(StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike)$/i;

const ADDRESS = 'aws:sourceip';

/** What is asked for, in the words of an error message. */
export const WHO_CONDITIONS = 'aws:SourceArn, aws:SourceAccount, aws:PrincipalOrgID, aws:PrincipalArn or the like, with StringEquals, StringLike, ArnEquals or ArnLike';

/** Whether the conditions of a statement limit who may use it, for a principal that is everyone or every account of a service. */
export function limitWho(conditions: iam.Conditions): boolean {
  return Object.entries(conditions).some(([operator, keys]) => {
    // Nobody can tell what is only known at deployment.
    if (Token.isUnresolved(keys)) return true;
    return Object.entries(keys as Record<string, unknown>).some(([key, values]) => {
      const name = key.toLowerCase();
      const known = (POSITIVE.test(operator) && WHO.includes(name)) || (/^IpAddress$/i.test(operator) && name === ADDRESS);
      return known && areLimited(values);
    });
  });
}

/** Whether a statement for the principal lets in whoever asks: everyone, or every user of an identity provider. */
export function isEveryone({ principalJson, conditions }: iam.PrincipalPolicyFragment): boolean {
  return Object.values(principalJson).flat().includes('*') || (principalJson.Federated !== undefined && !limitUsers(conditions));
}

/**
 * Whether an AWS principal has a wildcard in its account or name, or an account that is none: no resource policy takes it. `*` alone is
 * everyone.
 *
 * @param principal as text for people, in which `${...}` is only known at deployment
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function isPattern(principal: string): boolean {
  if (principal === '*') return false;
  const account = principal.startsWith('arn:') ? principal.split(/:(?![^{]*\})/)[4] : undefined;
  return /[*?]/.test(principal.replace(/\$\{[^}]*\}/g, '')) || (account !== undefined && !/^\d{12}$|\$\{/.test(account));
}

/** Whether a condition is on what the identity provider says of its user, such as `cognito-identity.amazonaws.com:aud`. */
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
 * `*`, `arn:aws:sns:*:*:orders`, `203.0.113.0/0` and the like. What limits is the account, or what begins the text: the organization of
 * a path, the id of a user. An ARN that tells no account limits by its whole resource, since anyone may choose a name that begins alike.
 */
function isAnything(value: string): boolean {
  if (/^[\da-f.:]+\/0+$/i.test(value)) return true;
  // A policy variable of the one who acts is whatever that one is; those of the resource are not.
  const text = value.replace(/\$\{Token\[[^\]]*\]\}/g, UNKNOWN).replace(/\$\{(?!aws:Resource)[^}]*\}/gi, '*');
  if (text.startsWith(UNKNOWN)) return false;
  const [account, ...resource] = text.startsWith('arn:') ? text.split(':').slice(4) : [text.split(/[:/]/)[0]];
  return /[*?]/.test(account ?? '*') || (!account && /^$|[*?]/.test(resource.join(':')));
}
