import { Duration } from 'aws-cdk-lib';
import type { InFlightProtection } from '../in-flight-protection';
import { FOLDER, METADATA, seconds } from './instance-scripts';

/**
 * The turning on and off of the scale-in protection: on before a receive, off when the queue had no message.
 *
 * The pause after that is the time in which the group can end the instance.
 */
const PROTECTION = `protection=
protect() {
  [ "$protection" = "$1" ] && return
  aws autoscaling set-instance-protection --"$1" --instance-ids "$(metadata instance-id)" \\
    --auto-scaling-group-name "$(metadata tags/instance/aws:autoscaling:groupName)" && protection=$1
}
before_receive() { protect protected-from-scale-in; }
when_idle() { protect no-protected-from-scale-in; sleep 5; }`;

const NO_PROTECTION = `before_receive() { :; }
when_idle() { :; }`;

/** Whether the worker has to turn the scale-in protection of its instance on and off. */
export function protectsInstance({ actions }: InFlightProtection): boolean {
  return actions.includes('autoscaling:SetInstanceProtection');
}

/** How the poller treats a message. */
export interface PollerOptions {
  /** The time after which the command is stopped. */
  readonly timeout: Duration;
  /** Whether the poller turns the scale-in protection of its instance on and off. */
  readonly protection: boolean;
}

/**
 * Receives one message at a time, runs the command for it, and deletes it when the command succeeds.
 *
 * - `SIGTERM` sets a variable alone: bash runs a trap when the program in the foreground has ended, so the message in work is finished.
 * - The heartbeat reads from a pipe that the poller holds open. It ends with the poller, however that ends: a message of a poller that is gone is not
 *   hidden any longer.
 * - A message stays hidden for the visibility timeout of the queue, and for at least 30 seconds, in which there are several heartbeats.
 * - Of the text that the AWS CLI prints, only the body, which comes last, may contain tabs and line breaks. The line with a period keeps those at its end.
 * - The body does not pass through the arguments or the environment of a program, which Linux limits to 128 KiB each.
 */
export function poller({ timeout, protection }: PollerOptions): string {
  return `#!/bin/bash
# Receives one message at a time, runs the command for it, and deletes it when the command succeeds.
${protection ? `${METADATA}
${PROTECTION}` : NO_PROTECTION}
FIELDS="Messages[0].[ReceiptHandle, MessageId, Attributes.ApproximateReceiveCount, Attributes.MessageGroupId || '',
  to_string(MessageAttributes || '{}'), Body]"
receive() {
  message=$(aws sqs receive-message --queue-url "$QUEUE_URL" --wait-time-seconds 20 --max-number-of-messages 1 --visibility-timeout "$lease" \\
    --attribute-names ApproximateReceiveCount MessageGroupId --message-attribute-names All --output text --query "$FIELDS" && echo .) || return
  message=\${message%$'\\n.'}
}
next() {
  field=\${message%%$'\\t'*}
  message=\${message#*$'\\t'}
}
keep_hidden() {
  while read -rt $((lease / 3)); [ $? -gt 128 ]; do
    aws sqs change-message-visibility --queue-url "$QUEUE_URL" --receipt-handle "$receipt" --visibility-timeout "$lease"
  done
}
work() {
  local heartbeat status
  exec 3> >(keep_hidden)
  heartbeat=$!
  printf %s "$message" 2>/dev/null 3>&- | MESSAGE_ID=$id RECEIVE_COUNT=$count MESSAGE_GROUP_ID=$group MESSAGE_ATTRIBUTES=$attributes \\
    timeout --kill-after=10 ${seconds(timeout)} ${FOLDER}/command 3>&-
  status=$?
  exec 3>&-
  wait "$heartbeat"
  return $status
}
delete() {
  for pause in 1 2 5 0; do
    aws sqs delete-message --queue-url "$QUEUE_URL" --receipt-handle "$receipt" && return
    sleep $pause
  done
  echo "Message $id was processed and could not be deleted. It is received again."
}
stopping=
trap 'stopping=1' TERM
until lease=$(aws sqs get-queue-attributes --queue-url "$QUEUE_URL" --attribute-names VisibilityTimeout --query Attributes.VisibilityTimeout --output text); do
  [ -n "$stopping" ] && exit
  sleep 5
done
[ "$lease" -lt "\${LEAST_LEASE:=30}" ] && lease=$LEAST_LEASE
while [ -z "$stopping" ]; do
  if ! before_receive || ! receive; then
    sleep 5
    continue
  fi
  if [ -z "$message" ] || [ "$message" = None ]; then
    when_idle
    continue
  fi
  next; receipt=$field
  next; id=$field
  next; count=$field
  next; group=$field
  next; attributes=$field
  if work; then
    delete
  else
    echo "Message $id failed with exit code $? at receive $count. It is visible again within $lease seconds."
  fi
done
`;
}
