#!/bin/bash
metadata() {
  local base=http://169.254.169.254/latest token
  token=$(curl -sfX PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $base/api/token)
  curl -sf -H "X-aws-ec2-metadata-token: $token" "$base/meta-data/$1"
}

until [ "$(metadata autoscaling/target-lifecycle-state)" = Terminated ]; do
  message=$(aws sqs receive-message --queue-url "$QUEUE_URL" --wait-time-seconds 20 --max-number-of-messages 1 \
    --query 'Messages[0].[ReceiptHandle,Body]' --output text) || { sleep 5; continue; }
  [[ -z "$message" || "$message" = None ]] && continue
  IFS=$'\t' read -r receipt body <<< "$message"

  echo "transcoding $body" || continue # YOUR WORK GOES HERE; a message that fails is not deleted and comes back

  aws sqs delete-message --queue-url "$QUEUE_URL" --receipt-handle "$receipt"
done

# Fails until the termination has reached the hook, which is a moment later than the metadata says so.
until aws autoscaling complete-lifecycle-action --lifecycle-action-result CONTINUE --lifecycle-hook-name finish-work \
  --auto-scaling-group-name "$(metadata tags/instance/aws:autoscaling:groupName)" --instance-id "$(metadata instance-id)"
do sleep 5; done
