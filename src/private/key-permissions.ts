import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ownedKey } from './keys';
import { Statement, allowing } from './statements';
import { referredTo, usesOf } from './uses';
import { writtenProperties } from './written';

/** A role, as it is in the template. */
interface RoleProperties {
  readonly Policies?: { readonly PolicyDocument: unknown }[];
  readonly ManagedPolicyArns?: unknown[];
}

/** The action that every sender and publisher needs. */
const ENCRYPT = 'kms:GenerateDataKey';

/** The action that every consumer needs. */
const DECRYPT = 'kms:Decrypt';

/** The actions of a sender or publisher on the key of an encrypted queue or topic. */
export const WRITE_KEY = [ENCRYPT, DECRYPT];

/** The actions of a consumer on the key. */
export const READ_KEY = [DECRYPT];

/** The roles that cannot encrypt messages with a key of this app. What the policy of an imported key allows is not known. */
export function rolesWithoutKey(roles: iam.CfnRole[], key: kms.IKey | undefined): iam.CfnRole[] {
  const owned = ownedKey(key);
  return owned ? roles.filter(role => cannotUse(role, owned, ENCRYPT)) : [];
}

/** Whether a role cannot decrypt messages with a key of this app. */
export function cannotDecrypt(role: iam.CfnRole, key: kms.CfnKey): boolean {
  return cannotUse(role, key, DECRYPT);
}

/** The policy documents of a role; undefined if it has a managed policy by its ARN, whose document is not known. */
export function policiesOf(role: iam.CfnRole): unknown[] | undefined {
  const { ManagedPolicyArns = [] } = writtenProperties(role) as RoleProperties;
  return ManagedPolicyArns.length > 0 ? undefined : documentsOf(role);
}

function documentsOf(role: iam.CfnRole): unknown[] {
  const { Policies = [] } = writtenProperties(role) as RoleProperties;
  return [...usesOf(role, role, 'policies').map(policy => writtenProperties(policy).PolicyDocument), ...Policies.map(({ PolicyDocument }) => PolicyDocument)];
}

/** As far as the templates say. A managed policy that is not of a service may say anything. */
function cannotUse(role: iam.CfnRole, key: kms.CfnKey, action: string): boolean {
  const { ManagedPolicyArns = [] } = writtenProperties(role) as RoleProperties;
  if (ManagedPolicyArns.some(arn => !JSON.stringify(arn).includes(':policy/service-role/'))) return false;
  const policies = usesOf(role, role, 'policies');
  const named = [
    ...policies.flatMap(policy => [...referredTo(policy, (policy as iam.CfnPolicy).policyDocument)]),
    ...referredTo(role, role.policies),
  ];
  const documents = documentsOf(role);
  const isAnyKey = ({ Resource }: Statement) => JSON.stringify(Resource ?? '*').includes('*');
  const isEveryone = ({ Principal }: Statement) => JSON.stringify(Principal ?? '*').includes('"*"');
  return !named.includes(key)
    && !documents.some(document => allowing(document, action).some(isAnyKey))
    && !referredTo(key, key.keyPolicy).has(role)
    && !allowing(writtenProperties(key).KeyPolicy, action).some(isEveryone);
}
