import { Duration } from 'aws-cdk-lib';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { IConstruct } from 'constructs';
import { checkBounds } from '../../private/bounds';
import { describe } from '../../private/describe';
import { Problem, blankProblems, unless } from '../../private/problems';
import { sortedEntries } from '../../private/sorted';
import { MAX_QUERY_KEYS, MAX_QUERY_LENGTH, PARTITIONING, PARTITION_KEYS } from '../private/delivery-bounds';
import { literalParts } from '../private/prefixes';
import { metadataExtractionQuery } from '../private/processors';

/**
 * Options of dynamic partitioning.
 */
export interface DynamicPartitioningOptions {
  /**
   * How long a write to a partition is repeated before its records go to the error prefix: 0 to 7,200 seconds.
   *
   * @default Duration.seconds(300)
   */
  readonly retryDuration?: Duration;

  /**
   * Splits records that hold several before the keys are taken.
   *
   * @default - each record is one
   * @see https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-multirecord-deaggergation.html
   */
  readonly deaggregation?: firehose.RecordDeAggregationProcessor;
}

/**
 * Sorts records into S3 prefixes by their content. Billed by volume and by object, with at most 500 partitions active at
 * once (adjustable).
 *
 * It is turned on or off when the delivery stream is created and cannot be changed on an existing one: CloudFormation tries it in
 * place, Firehose refuses, and the deployment is rolled back. Add a second `FirehoseStream` that reads the same data stream, and remove
 * the first when it has delivered everything. The buffer is 60 seconds and 64 MiB or more.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html
 */
export class DynamicPartitioning {
  /**
   * By values that jq 1.6 queries find in JSON records. In a prefix they are `!{partitionKeyFromQuery:name}`.
   *
   * The order in which the keys are given does not count: the default prefix has them in alphabetical order (that of UTF-16 code units).
   * Write a prefix for another order.
   *
   * @param queries jq query of each partition key: 1 to 50 keys, such as `{ customer: '.customer_id' }`
   */
  public static fromQuery(queries: Record<string, string>, options: DynamicPartitioningOptions = {}): DynamicPartitioning {
    return new DynamicPartitioning(options, queries, undefined);
  }

  /**
   * By `metadata.partitionKeys` that the `transform` function returns with each record. In a prefix they are
   * `!{partitionKeyFromLambda:name}`.
   *
   * @param keys the names the function returns: at least one; the default prefix has them in this order
   */
  public static fromTransform(keys: string[], options: DynamicPartitioningOptions = {}): DynamicPartitioning {
    return new DynamicPartitioning(options, undefined, keys);
  }

  /**
   * By both: some keys from jq queries, some from the `transform` function. The default prefix has those of the queries first, in
   * alphabetical order, then those of the function, in the order of the list.
   *
   * @param queries jq query of each partition key: 1 to 50 keys
   * @param keys the names the function returns: at least one
   */
  public static fromQueryAndTransform(
    queries: Record<string, string>, keys: string[], options: DynamicPartitioningOptions = {},
  ): DynamicPartitioning {
    return new DynamicPartitioning(options, queries, keys);
  }

  private constructor(
    private readonly options: DynamicPartitioningOptions,
    private readonly queries: Record<string, string> | undefined,
    private readonly keys: string[] | undefined,
  ) {}

  /** The partition keys that jq queries find, sorted; an empty list without queries. */
  public get queryKeys(): string[] {
    return Object.keys(this.queries ?? {}).sort();
  }

  /** The partition keys that the `transform` function returns; an empty list when it returns none. */
  public get transformKeys(): string[] {
    return this.keys ?? [];
  }

  /** @internal */
  public get _retryDuration(): Duration {
    return this.options.retryDuration ?? PARTITIONING.retryDuration.default;
  }

  /** @internal */
  public get _deaggregation(): firehose.RecordDeAggregationProcessor | undefined {
    return this.options.deaggregation;
  }

  /**
   * Name and query of each key, in an order that does not depend on that of the map.
   * @internal
   */
  public _queries(scope: IConstruct): [string, string][] {
    return sortedEntries(scope, this.queries ?? {});
  }

  /** @internal */
  public get _needsTransform(): boolean {
    return this.keys !== undefined;
  }

  /** @internal */
  public _check(scope: IConstruct): Problem[] {
    return [...this.checkQueries(this._queries(scope)), ...this.checkKeys(), ...checkBounds(PARTITIONING, this.options)];
  }

  private checkQueries(queries: [string, string][]): Problem[] {
    if (this.queries === undefined) return [];
    const fix = 'Specify a jq query for each partition key.';
    const length = literalParts(metadataExtractionQuery(queries)).length;
    return [
      ...unless(queries.length >= 1 && queries.length <= MAX_QUERY_KEYS, () => ({
        prop: 'queries', got: `${queries.length} keys`, allowed: `1 to ${MAX_QUERY_KEYS} keys (inclusive)`, fix,
      })),
      ...queries.flatMap(([name, query]) => [...checkKeyName('queries', name), ...blankProblems(`queries.${name}`, query, fix)]),
      ...unless(length <= MAX_QUERY_LENGTH, () => ({
        prop: 'queries',
        got: `${length} characters in all`,
        allowed: `at most ${MAX_QUERY_LENGTH} characters in all`,
        fix: 'Shorten the queries, or find the keys in a transform function.',
      })),
    ];
  }

  private checkKeys(): Problem[] {
    return [...PARTITION_KEYS.transformKeys.check('keys', this.keys), ...this.transformKeys.flatMap(name => checkKeyName('keys', name))];
  }
}

/** A name stands in `!{namespace:name}`, which ends at the first brace. */
function checkKeyName(prop: string, name: string): Problem[] {
  return unless(/^[^{}]+$/.test(literalParts(name)), () => ({
    prop, got: describe(name), allowed: 'names that are not empty and have no braces', fix: 'Rename the partition key.',
  }));
}
