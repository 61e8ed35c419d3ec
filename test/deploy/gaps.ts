import type { EngineName } from './engine';

/** Something that AWS does and an engine does not. The check of it stays, and is skipped as long as it fails in this way. */
export interface Gap {
  readonly engine: EngineName;
  /** The check that is skipped, as the summary names it. */
  readonly check: string;
  /** What the engine does instead. */
  readonly instead: string;
  /** What the failing check says, so that it is not skipped for another reason. */
  readonly symptom: RegExp;
}

export const GAPS = {
  topicDeduplication: {
    engine: 'LocalStack',
    check: 'a FIFO topic drops a duplicate for its standard subscribers too',
    instead: 'The topic passes duplicates on, and only FIFO queues drop them.',
    symptom: /Expected values to be strictly deep-equal[^]*twice[^]*twice/,
  },
  fifoRedrive: {
    engine: 'LocalStack',
    check: 'a redrive brings a dead letter of a FIFO queue back',
    instead: 'The message keeps its deduplication ID, and the source queue drops it as a duplicate.',
    symptom: /no message in \S+ after/,
  },
  redriveAllowPolicy: {
    engine: 'LocalStack',
    check: 'a dead-letter queue refuses a source queue that its redrive allow policy does not name',
    instead: '`RedriveAllowPolicy` is stored and not enforced.',
    symptom: /Missing expected rejection/,
  },
} satisfies Record<string, Gap>;

/** What is not tried at all, because the engine could not be started with it or has nothing to try. */
export const LEFT_OUT: readonly Pick<Gap, 'engine' | 'check' | 'instead'>[] = [
  {
    engine: 'LocalStack',
    check: 'the example stream-delivery is deployed',
    instead: 'The Kinesis backend is downloaded at its first use and listens at all addresses, so the engine is started without Kinesis and Firehose.',
  },
  {
    engine: 'LocalStack',
    check: 'the examples ec2-workers and order-processing are deployed',
    instead: 'This edition has no launch templates and no Auto Scaling.',
  },
];
