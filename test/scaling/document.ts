import { Design } from './design';
import { Timeline, play } from './simulator';
import { LONG, SHORT, SubjectName, designs } from './subjects';
import { START, TRACES, Trace, USUAL } from './traces';

/** What was played: each trace on all of the workers. */
export type Played = Map<Trace, Record<SubjectName, Timeline>>;

/** Plays a trace on workers that are written in a template. */
export function playTrace(design: Design, trace: Trace): Timeline {
  return play(design, { ...USUAL, ...START[design.service], ...trace.given });
}

/** Plays all traces. */
export function playAll(): Played {
  const [short, long] = [designs(SHORT), designs(LONG)];
  return new Map(TRACES.map(trace => {
    const rows = Object.entries(trace.name === 'long work' ? long : short).map(([name, design]) => [name, playTrace(design, trace)]);
    return [trace, Object.fromEntries(rows) as Record<SubjectName, Timeline>];
  }));
}

/** The time within which a share of the messages is deleted, in seconds; undefined without messages. */
export function percentile(timeline: Timeline, share: number): number | undefined {
  const sorted = [...timeline.latencies].sort((a, b) => a - b);
  return sorted.length === 0 ? undefined : Math.round(60 * sorted[Math.ceil(share * sorted.length) - 1]);
}

const AUTO_SCALING = 'https://docs.aws.amazon.com/autoscaling/ec2/userguide';
const CLOUDWATCH = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring';

const HEAD = `# Scaling

<!-- Generated from test/scaling by \`npm run docs:scaling\`; the tests fail when it is not current. -->

A simulator reads the scaling policies, alarms and schedules of synthesized templates, and plays them over traces of messages. It is deterministic. Nothing of this was measured in an account:
compare the rows with each other, and not with a clock.

All workers have a maximum of 20, and the others their defaults. A worker processes one message at a time, in 6 seconds. The acceptable latency is 5 minutes, so the target is 50 messages for each worker.
In \`long work\` it is 10 minutes, 1 hour and 6 messages.

- \`Ec2Workers\`, \`FargateWorkers\`: \`QueueScaling.onLatency()\`, with a minimum of 0 unless the table says otherwise. \`onSteps\` has 1, 2, 5, 10 and 20 workers, each for half the target.
- the example of AWS: a script publishes the number of waiting messages for each instance in service, which [target tracking](${AUTO_SCALING}/scale-sqs-queue-cli.html) keeps at the same target. The minimum is 1.
- \`QueueProcessingFargateService\` of \`aws-cdk-lib/aws-ecs-patterns\`, as it is synthesized: steps on the waiting messages, and target tracking at a CPU utilization of 50 percent. The minimum is 1.
`;

const KNOWN = `## What the documentation of AWS says

| rule | source |
|---|---|
| an alarm invokes its policy every minute while it is in \`ALARM\`; one with a longer period looks at the last minutes, every minute | [alarm actions](${CLOUDWATCH}/alarm-actions.html), [alarm evaluation](${CLOUDWATCH}/alarm-evaluation.html) |
| datapoints that are missing are passed over as far as the alarm reads back, and then treated as the alarm says | [missing data](${CLOUDWATCH}/alarms-and-missing-data.html) |
| target tracking adds and removes in proportion, rounds up what it adds and down what it removes, does nothing without data, and scales in when the metric is usually more than 10% below the target | [target tracking](${AUTO_SCALING}/as-scaling-target-tracking.html) |
| instances that warm up are not counted when a group scales out, and the group does not scale in meanwhile | [step scaling](${AUTO_SCALING}/as-scaling-simple-step.html) |
| the cooldown of a policy of a service counts what the policy has added as added, and blocks the next scale-in | [step scaling of services](https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html) |
| the policy that leaves the most workers wins; target tracking scales in when all of its policies do | [multiple policies](${AUTO_SCALING}/as-scale-based-on-demand.html) |
| SQS publishes no metrics of a queue that nobody has used for 6 hours, and returns up to 15 minutes late | [metrics of SQS](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html) |
| \`FILL\` fills what has not arrived, and the alarm looks at it again later | [metric math](${CLOUDWATCH}/using-metric-math.html) |

## What is assumed

- The alarms that target tracking creates have 3 of 3 datapoints above the target and 15 of 15 below 90% of it. AWS does not document these numbers for customized metrics.
- An alarm reads 2 datapoints more than it needs, and \`REPEAT\` finds a value that is up to 4 datapoints older.
- The metrics of SQS are a minute late, and those of the workers are not. Container Insights publishes the number of running tasks at zero too.
- An instance is in service 30 seconds after its launch and receives after 75; a task runs after 30 seconds and receives after 36. Capacity is always available.
- The cooldown of a service begins when its new tasks run, and target tracking counts from the desired count.
- The workers that started first end first. Workers of this library finish their message, as the lifecycle hook and the task protection have it. The instances of the example end at once, and the tasks of the pattern 30 seconds after \`SIGTERM\`.
- A worker that works uses all of its CPU, which is what the pattern scales on. A worker that waits for other services uses less, and the pattern has fewer tasks then.
- Workers extend the visibility timeout while they work.
`;

const COLUMNS = ['workers', 'p50', 'p95', 'p99', 'longest', 'worker-hours', 'most workers', 'turns', 'received again', 'dead letters'];

/** docs/scaling.md. */
export function scalingDocument(played: Played): string {
  return [HEAD, READING, ...[...played].map(([trace, rows]) => tableOf(trace, rows)), KNOWN].join('\n');
}

const READING = `## Results

The latency is the time from being sent to being deleted, in seconds, without the messages that become dead letters. \`worker-hours\` are billed. \`turns\` is how often the wanted number of workers turns from rising to falling or back.
\`received again\` counts messages, other than those that always fail, whose worker ended before it had finished. In all rows, each message is deleted or a dead letter at the end.
`;

function tableOf({ name, text }: Trace, rows: Record<string, Timeline>): string {
  const line = (cells: unknown[]) => `| ${cells.join(' | ')} |`;
  return [
    `### ${name}`,
    '',
    `${text.charAt(0).toUpperCase()}${text.slice(1)}.`,
    '',
    line(COLUMNS),
    `|${COLUMNS.map(() => '---').join('|')}|`,
    ...Object.entries(rows).map(([workers, timeline]) => line([
      workers,
      ...[0.5, 0.95, 0.99, 1].map(share => percentile(timeline, share)?.toLocaleString('en-US') ?? ''),
      (timeline.instanceMinutes / 60).toFixed(1),
      Math.max(...timeline.wanted),
      timeline.turns,
      timeline.redelivered,
      timeline.deadLetters,
    ])),
    '',
  ].join('\n');
}
