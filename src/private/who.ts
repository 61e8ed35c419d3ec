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
      const list = [values].flat();
      return known && list.length > 0 && list.every(value => typeof value !== 'string' || !isAnything(value));
    });
  });
}

/** `*`, `arn:aws:sns:*:*:*`, `0.0.0.0/0` and the like. The resource, or the account it is in, is what limits. */
function isAnything(value: string): boolean {
  const text = value.replace(/\$\{Token\[[^\]]*\]\}/g, 'known-at-deployment');
  const resource = text.startsWith('arn:') ? text.split(':').slice(4).join(':') : text;
  return /^[*?:/]*$/.test(resource) || /^(0\.0\.0\.0|::)\/0$/.test(value);
}
