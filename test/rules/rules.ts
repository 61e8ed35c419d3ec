import type { Topic } from './rule';
import { TOPICS_OF_SNS } from './rules-of-sns';
import { TOPICS_OF_SQS } from './rules-of-sqs';

/** The rules of Amazon SQS and Amazon SNS that concern a queue, a topic, or what is connected with them. */
export const RULES: readonly { readonly service: string; readonly topics: readonly Topic[] }[] = [
  { service: 'Amazon SQS', topics: TOPICS_OF_SQS },
  { service: 'Amazon SNS', topics: TOPICS_OF_SNS },
];
