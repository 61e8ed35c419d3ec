// What a million messages cost on each kind of worker, as the table in src/workers/README.md says.

/** US dollars, us-east-1, Linux on Arm, On-Demand, as src/workers/README.md quotes them. */
export const PRICES = {
  lambdaGigabyteSecond: 0.0000133334,
  lambdaMillionRequests: 0.2,
  fargateVcpuHour: 0.03238,
  fargateGigabyteHour: 0.00356,
  t4gSmallHour: 0.0168,
  volumeGigabyteMonth: 0.08,
  sqsMillionRequests: 0.4,
};

const HOURS_A_MONTH = 730;
/** The volume of Amazon Linux 2023. */
const VOLUME_GIGABYTES = 8;
/** What a message needs in all three, in GB. */
const MEMORY = 0.5;
const FARGATE_VCPU = 0.25;
/** How many messages an instance with 2 GiB processes at once. */
const AT_ONCE = 4;
const BATCH = 10;

export interface Costs {
  readonly lambda: number;
  readonly fargate: number;
  readonly ec2: number;
  readonly sqs: number;
}

/** The costs of a million messages, each of which takes so many seconds. The workers are busy all the time. */
export function costsOfMillion(seconds: number): Costs {
  const hours = 1e6 * seconds / 3600;
  const fargateHour = FARGATE_VCPU * PRICES.fargateVcpuHour + MEMORY * PRICES.fargateGigabyteHour;
  const instanceHour = PRICES.t4gSmallHour + VOLUME_GIGABYTES * PRICES.volumeGigabyteMonth / HOURS_A_MONTH;
  return {
    lambda: 1e6 * seconds * MEMORY * PRICES.lambdaGigabyteSecond + PRICES.lambdaMillionRequests / BATCH,
    fargate: hours * fargateHour,
    ec2: hours / AT_ONCE * instanceHour,
    // Each message is sent by itself, and received and deleted in batches.
    sqs: (1 + 2 / BATCH) * PRICES.sqsMillionRequests,
  };
}
