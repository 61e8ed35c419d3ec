import { Duration, Tokenization } from 'aws-cdk-lib';
import { InFlightProtection } from '../in-flight-protection';

/** Where the files of the worker are on an instance. */
export const FOLDER = '/opt/worker';

/** Reads an item of the instance metadata, with IMDSv2. */
export const METADATA = `metadata() {
  local base=http://169.254.169.254/latest token
  token=$(curl -sfX PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $base/api/token)
  curl -sf -H "X-aws-ec2-metadata-token: $token" "$base/meta-data/$1"
}`;

/** A time as a shell takes it. It may only be known at deployment. */
export function seconds(time: Duration): string {
  return Tokenization.stringifyNumber(time.toSeconds());
}

/**
 * Tells Amazon EC2 Auto Scaling that the instance still works, and when it has finished.
 *
 * The last call fails until the termination has reached the hook (`Terminating:Wait`), a moment after the metadata says `Terminated`.
 */
function hookScript(timeout: Duration): string {
  return `hook() {
  aws autoscaling "$@" --lifecycle-hook-name ${InFlightProtection.HOOK_NAME} --instance-id "$(metadata instance-id)" \\
    --auto-scaling-group-name "$(metadata tags/instance/aws:autoscaling:groupName)"
}
told=$SECONDS
while kill -0 $stop 2>/dev/null; do
  if [ $((SECONDS - told)) -ge $((${seconds(timeout)} / 3)) ] && hook record-lifecycle-action-heartbeat; then told=$SECONDS; fi
  sleep 5
done
until hook complete-lifecycle-action --lifecycle-action-result CONTINUE; do sleep 5; done
`;
}

/**
 * Stops the workers when their instance is about to be terminated by its group or as a Spot instance, and waits until they have finished.
 *
 * @param units the units of the workers
 * @param timeout that of the lifecycle hook; undefined without one
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/retrieving-target-lifecycle-state-through-imds.html
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
 */
export function finishWork(units: string, timeout: Duration | undefined): string {
  return `#!/bin/bash
# Stops the workers when their instance is about to be terminated, and waits until they have finished.
${METADATA}
until [ "$(metadata autoscaling/target-lifecycle-state)" = Terminated ] || metadata spot/instance-action > /dev/null; do sleep 5; done
systemctl stop '${units}' &
stop=$!
${timeout ? hookScript(timeout) : 'wait $stop\n'}`;
}
