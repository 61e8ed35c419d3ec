import { IResource, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { IConstruct } from 'constructs';
import { ROLE_SERVICES, SERVICES, WITHOUT_PRINCIPAL } from './service-catalog';
import { knownApart } from '../../private/environment';
import { Problem, unless } from '../../private/problems';
import { refersElsewhere } from '../../private/references';
import { ServiceSource } from '../service-source';

/** The queue or topic that a source sends to. */
export interface SourceTarget {
  /** The queue or topic, or the construct in which it will be created. */
  readonly scope: IConstruct;
  readonly what: 'queue' | 'topic';
  /** The customer key that encrypts it. */
  readonly key?: kms.IKey;
}

/** What is wrong with a source for its target. */
export function sourceProblems(source: ServiceSource, target: SourceTarget): Problem[] {
  const problems = source._problems;
  // The other checks read the options of the source.
  return problems.length > 0 ? problems : [...placeProblems(source, target), ...accountProblems(source, target)];
}

/** A problem where a service does not send in its own name to a queue or a topic. */
export function serviceProblems(service: string, what: 'queue' | 'topic'): Problem[] {
  const role = ROLE_SERVICES[service];
  if (role !== undefined) {
    const grant = what === 'queue' ? 'grantSendMessages' : 'grantPublish';
    return [{
      prop: '', got: service, allowed: 'a service that sends in its own name', fix: `It sends with ${role}: call ${grant} with this role.`,
    }];
  }
  const instead = WITHOUT_PRINCIPAL[service];
  if (instead !== undefined) return [{ prop: '', got: service, allowed: 'a service whose principal AWS documents', fix: instead }];
  const known = SERVICES[service];
  return [
    ...unless(known === undefined || known.sendsTo.includes(what), () => ({
      prop: '', got: known.sender, allowed: `a service that sends to ${what}s`, fix: 'It notifies topics only. Subscribe the queue to a topic.',
    })),
    ...unless(!known?.unconditional, () => ({
      prop: '',
      got: known.sender,
      allowed: 'a service that sets aws:SourceArn or aws:SourceAccount',
      fix: 'AWS does not document a condition for it. Specify the fan-out as the target of the rule, which adds the statement that AWS documents.',
    })),
  ];
}

/** A problem where a source does not send to the account or the Region of its target. */
function placeProblems(source: ServiceSource, { scope, what }: SourceTarget): Problem[] {
  const { sender, sameRegion, sameAccount } = SERVICES[source.service] ?? {};
  const { sourceRegion, sourceAccount } = source._bind(scope);
  // An imported queue or topic can be in another account and Region than its stack.
  const own = (scope as Partial<IResource>).env ?? Stack.of(scope);
  return [
    ...unless(!sameRegion || sourceRegion === undefined || !knownApart(sourceRegion, own.region), () => ({
      prop: '',
      got: `${sender} in Region ${sourceRegion}, and a ${what} in Region ${own.region}`,
      allowed: `${sender} in the Region of the ${what}`,
      fix: source.service === 's3.amazonaws.com' ? bucketFix(what) : `It sends only within its Region; create a ${what} in Region ${sourceRegion}.`,
    })),
    ...unless(!sameAccount || !knownApart(sourceAccount, own.account), () => ({
      prop: '',
      got: `${sender} of account ${sourceAccount}, and a ${what} of account ${own.account}`,
      allowed: `${sender} in the account of the ${what}`,
      fix: `It sends only within its account; create a ${what} in account ${sourceAccount}.`,
    })),
  ];
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html */
function bucketFix(what: string): string {
  return `S3 notifies ${what}s of its own Region only; put the ${what} there, or let EventBridge send the events of the bucket to the other Region. `
    + 'An imported bucket is assumed to be in the Region of its stack; specify another with Bucket.fromBucketAttributes().';
}

/** A problem where the policy of a key in another stack cannot name the account of a source. */
function accountProblems(source: ServiceSource, { scope, what, key }: SourceTarget): Problem[] {
  return unless(key === undefined || !refersElsewhere(source._bind(scope).sourceAccount, Stack.of(key)), () => ({
    prop: '',
    got: 'a sourceAccount only known at deployment, and a customer key of another stack',
    allowed: `a sourceAccount of 12 digits, or a key in the stack of the ${what}`,
    fix: 'The policy of the key contains the account, so the two stacks would depend on each other; specify the account as a literal.',
  }));
}
