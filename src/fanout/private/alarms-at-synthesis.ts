import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ALARMS, Wiring, customerKeyFix, named, refusingKey } from './topic-wiring';
import { knownApart } from '../../private/environment';
import { Problem } from '../../private/problems';
import { letsIn } from '../../private/statements';

/** Alarms that the policy of the topic does not allow. An explicit policy replaces the default one, which allows the account of the topic. */
export function refusedAlarms({ topic, policies, publish, alarms }: Wiring): CfnResource[] {
  return alarms.filter(alarm => {
    const account = known(Stack.of(alarm).account);
    return policies.length === 0 ? isForeign(topic, account) : !publish.some(statement => letsIn(statement, ALARMS, account));
  });
}

function isForeign(topic: sns.ITopic, account: string | undefined): boolean {
  return account !== undefined && knownApart(account, topic.env.account);
}

/** One problem for each account. It also names the key if that refuses the alarms, because the fix is the same. */
export function alarmProblems(wiring: Wiring, refused: CfnResource[]): Problem[] {
  const { topic, created, awsManagedKey } = wiring;
  const key = refusingKey(wiring, ALARMS);
  const accounts = [...new Set(refused.map(alarm => known(Stack.of(alarm).account)))];
  return accounts.map(account => {
    const foreign = isForeign(topic, account) ? account : undefined;
    const source = foreign ? `ServiceSource.of({ service: '${ALARMS}', sourceArn: 'arn:aws:cloudwatch:<Region>:${foreign}:alarm:*' })` : 'ServiceSource.alarms()';
    const alarms = named(refused.filter(alarm => known(Stack.of(alarm).account) === account), 'alarm');
    const policy = `the policy of '${topic.node.path}'`;
    return {
      prop: 'allowService(source)',
      got: `${alarms}${foreign ? ` of account ${foreign}` : ''}, which ${key ? `neither ${policy} nor ${key} lets publish` : `${policy} does not let publish`}`,
      allowed: `alarms that the policy of the topic lets publish${key ? ', and that of a customer key' : ''}${foreign ? `, of account ${foreign} as well` : ''}`,
      fix: awsManagedKey && (!created || topic.masterKey) ? customerKeyFix(wiring, ALARMS)
        : `${awsManagedKey ? 'Set encryption to Encryption.customerManaged(), and call' : 'Call'} allowService(${source}).`,
    };
  });
}

/**
 * CloudWatch refuses an action in another Region than that of the alarm. No permission changes that.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
export function alarmRegionProblems({ topic, alarmsElsewhere }: Wiring): Problem[] {
  const regions = [...new Set(alarmsElsewhere.map(alarm => Stack.of(alarm).region))];
  return regions.map(region => ({
    prop: 'topic',
    got: `'${topic.node.path}' in Region ${topic.env.region}, which ${named(alarmsElsewhere.filter(alarm => Stack.of(alarm).region === region), 'alarm')} in Region ${region} notifies`,
    allowed: `alarms in Region ${topic.env.region}`,
    fix: `CloudWatch notifies only topics of its own Region. Create a FanOut in Region ${region} for these alarms, and subscribe the same queues to it.`,
  }));
}

function known(account: string): string | undefined {
  return Token.isUnresolved(account) ? undefined : account;
}
