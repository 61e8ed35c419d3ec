import { checkBounds } from '../private/bounds';
import { Problem, unless } from '../private/problems';
import { FUNCTION_CONCURRENCY, PROVISIONED_POLLERS } from './private/function-bounds';

/** The pollers of a source in provisioned mode. */
export interface ProvisionedPollersOptions {
  /**
   * The number of pollers that always run: 2 to 200, and at most `maximumPollers`. They are billed while they run, with or without messages.
   *
   * @default 2
   */
  readonly minimumPollers?: number;

  /**
   * The number of pollers that the source scales to: 2 to 2000. If you specify less than 200, specify `minimumPollers` accordingly.
   *
   * @default 200
   */
  readonly maximumPollers?: number;
}

/**
 * How many invocations of a function a source runs at the same time.
 *
 * It is either a maximum or a number of pollers: Lambda accepts no source with both. On a FIFO queue, it is also limited to the number of message
 * groups with messages.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export class FunctionConcurrency {
  /**
   * At most this many invocations at the same time. It is free, and protects what the function calls, such as a database with a limited number of connections.
   *
   * It is not reserved: other functions of the account can use the concurrency. The reserved concurrency of the function must be at least the sum for
   * all of its sources, or messages are throttled and return to the queue.
   *
   * @param maximum a whole number from 2 to 1000
   */
  public static maximum(maximum: number): FunctionConcurrency {
    return new FunctionConcurrency(maximum, undefined, checkBounds(FUNCTION_CONCURRENCY, { maximum }));
  }

  /**
   * Provisioned mode: pollers that are always ready, for less latency and more than 1250 invocations at the same time.
   *
   * Each poller handles up to 10 invocations at a time and 1 MB per second. It has an idle cost: the pollers are billed by the hour.
   */
  public static provisionedPollers(options: ProvisionedPollersOptions = {}): FunctionConcurrency {
    const pollers = {
      minimumPollers: options.minimumPollers ?? PROVISIONED_POLLERS.minimumPollers.default,
      maximumPollers: options.maximumPollers ?? PROVISIONED_POLLERS.maximumPollers.default,
    };
    return new FunctionConcurrency(undefined, pollers, [...checkBounds(PROVISIONED_POLLERS, options), ...orderProblems(pollers)]);
  }

  private constructor(
    /** The greatest number of invocations at the same time; undefined in provisioned mode. */
    public readonly maxConcurrency: number | undefined,
    /** The pollers, with both numbers; undefined unless in provisioned mode. */
    public readonly pollers: ProvisionedPollersOptions | undefined,
    private readonly problems: Problem[],
  ) {}

  /**
   * What is wrong with it.
   *
   * @internal
   */
  public _check(): Problem[] {
    return this.problems;
  }
}

function orderProblems({ minimumPollers, maximumPollers }: Required<ProvisionedPollersOptions>): Problem[] {
  const least = PROVISIONED_POLLERS.minimumPollers.known(minimumPollers);
  const most = PROVISIONED_POLLERS.maximumPollers.known(maximumPollers);
  return unless(least === undefined || most === undefined || least <= most, () => ({
    prop: 'minimumPollers', got: `${least}`, allowed: `at most maximumPollers, which is ${most}`, fix: 'Lower the minimum or raise the maximum.',
  }));
}
