import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import { Problem } from '../../private/problems';
import { CAPACITY } from '../private/delivery-bounds';

/**
 * The capacity of a data stream.
 *
 * Mode and number of shards can be changed later without replacing the stream; the mode twice in 24 hours.
 *
 * @see https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html
 */
export class SourceCapacity {
  /**
   * On-demand: 4 MB a second at first, growing with the traffic. Billed by the hour and by the GB, even while no records arrive.
   */
  public static onDemand(): SourceCapacity {
    return new SourceCapacity();
  }

  /**
   * A number of shards, each of which takes in 1 MB or 1,000 records a second. Billed by shard and hour, even while no records arrive.
   *
   * The number can at most be doubled or halved in one change, 10 times in 24 hours: Kinesis refuses other changes.
   *
   * @param shards 1 or more; the account's shard quota is the upper bound
   * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html
   */
  public static provisioned(shards: number): SourceCapacity {
    return new SourceCapacity({ shards });
  }

  private constructor(private readonly provisioned?: { readonly shards: number }) {}

  /** Whether the stream is on-demand or provisioned. */
  public get streamMode(): kinesis.StreamMode {
    return this.provisioned ? kinesis.StreamMode.PROVISIONED : kinesis.StreamMode.ON_DEMAND;
  }

  /** The number of shards; undefined for an on-demand stream. */
  public get shardCount(): number | undefined {
    return this.provisioned?.shards;
  }

  /** @internal */
  public _check(): Problem[] {
    return CAPACITY.shardCount.check('', this.shardCount);
  }

  /** @internal */
  public _props(): kinesis.StreamProps {
    return { streamMode: this.streamMode, shardCount: this.shardCount };
  }
}
