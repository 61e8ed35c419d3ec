import { Duration } from 'aws-cdk-lib';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { IConstruct } from 'constructs';
import { checkInterface, isText, literalParts } from './private/checks';
import { describe } from '../private/describe';
import { Problems } from '../private/problems';
import { sortedEntries } from '../private/sorted';

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

/** The limit CDK applies to a query as well. */
const MAX_QUERY_KEYS = 50;

/**
 * Sorts records into S3 prefixes by their content. Billed by volume and by object, with at most 500 partitions active at
 * once (adjustable).
 *
 * It is turned on or off when the delivery stream is created and cannot be changed on an existing one: CloudFormation tries it in
 * place, Firehose refuses, and the deployment is rolled back. Add a second `StreamDelivery` that reads the same data stream, and remove
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
    return new DynamicPartitioning(options ?? {}, queries, undefined);
  }

  /**
   * By `metadata.partitionKeys` that the `transform` function returns with each record. In a prefix they are
   * `!{partitionKeyFromLambda:name}`.
   *
   * @param keys the names the function returns: at least one; the default prefix has them in this order
   */
  public static fromTransform(keys: string[], options: DynamicPartitioningOptions = {}): DynamicPartitioning {
    return new DynamicPartitioning(options ?? {}, undefined, keys);
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
    return new DynamicPartitioning(options ?? {}, queries, keys);
  }

  private constructor(
    private readonly options: DynamicPartitioningOptions,
    private readonly queries: Record<string, string> | undefined,
    private readonly keys: string[] | undefined,
  ) {}

  /** The partition keys that jq queries find, sorted; an empty list without queries. */
  public get queryKeys(): string[] {
    return isRecord(this.queries) ? Object.keys(this.queries).sort() : [];
  }

  /** The partition keys that the `transform` function returns; an empty list when it returns none. */
  public get transformKeys(): string[] {
    return Array.isArray(this.keys) ? this.keys.filter(isText) : [];
  }

  /** @internal */
  public get _retryDuration(): Duration | undefined {
    return this.options.retryDuration;
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
    return isRecord(this.queries) ? sortedEntries(scope, this.queries) : [];
  }

  /** @internal */
  public get _needsTransform(): boolean {
    return this.keys !== undefined;
  }

  /** @internal */
  public _check(problems: Problems, scope: IConstruct): void {
    if (this.queries !== undefined || this.keys === undefined) this.checkQueries(problems, scope);
    if (this.keys !== undefined) this.checkKeys(problems);
    problems.seconds('partitioning.retryDuration', this.options.retryDuration, {
      min: Duration.seconds(0), max: Duration.seconds(7200), fix: 'Give a time in this range, or leave it out for 300 seconds.',
    });
    if (this.options.deaggregation !== undefined) {
      checkInterface(problems, 'partitioning.deaggregation', this.options.deaggregation, 'bind', 'firehose.RecordDeAggregationProcessor.json() or .delimited()', 'Leave it out when each record is one.');
    }
  }

  private checkQueries(problems: Problems, scope: IConstruct) {
    const queries = this._queries(scope);
    const fix = 'Give each partition key a jq query.';
    if (!isRecord(this.queries)) {
      problems.add({ prop: 'partitioning.queries', got: describe(this.queries), allowed: 'a jq query by partition key, such as { customer: \'.customer_id\' }', fix });
      return;
    }
    problems.require(queries.length >= 1 && queries.length <= MAX_QUERY_KEYS, {
      prop: 'partitioning.queries', got: `${queries.length} keys`, allowed: `1 to ${MAX_QUERY_KEYS} keys (inclusive)`, fix,
    });
    for (const [name, query] of queries) {
      checkKeyName(problems, 'partitioning.queries', name);
      if (isText(query)) problems.text(`partitioning.queries.${name}`, query, fix);
      else problems.add({ prop: `partitioning.queries.${name}`, got: describe(query), allowed: 'a text that is not empty', fix });
    }
  }

  private checkKeys(problems: Problems) {
    problems.require(Array.isArray(this.keys) && this.keys.length >= 1, {
      prop: 'partitioning.keys', got: describe(this.keys), allowed: 'a list of at least one name', fix: 'List the names that the transform function returns in metadata.partitionKeys.',
    });
    if (Array.isArray(this.keys)) this.keys.forEach(name => checkKeyName(problems, 'partitioning.keys', name));
  }
}

function isRecord(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A name stands in `!{namespace:name}`, which ends at the first brace. */
function checkKeyName(problems: Problems, prop: string, name: string) {
  problems.require(isText(name) && /^[^{}]+$/.test(literalParts(name)), {
    prop, got: describe(name), allowed: 'names that are not empty and have no braces', fix: 'Rename the partition key.',
  });
}
