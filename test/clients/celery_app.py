"""A Celery app on SQS, as in src/workers/README.md; run with the number of tasks to send, or by the worker of Celery."""

import os
import random
import sys
import time

from celery import Celery

QUEUE_URL = os.environ["QUEUE_URL"]
QUEUE = QUEUE_URL.rsplit("/", 1)[-1]

# The credentials are those of the role.
app = Celery("jobs", broker="sqs://")
app.conf.task_default_queue = QUEUE
app.conf.broker_transport_options = {
    "region": os.environ["AWS_REGION"],
    "wait_time_seconds": 1,
    "polling_interval": 0,
    **({"predefined_queues": {QUEUE: {"url": QUEUE_URL}}} if os.environ["PREDEFINED"] == "yes" else {}),
}
# Remote control and events would need queues of their own.
app.conf.worker_enable_remote_control = False
app.conf.worker_send_task_events = False
# A message is deleted after its task, and not before.
app.conf.task_acks_late = True
app.conf.task_reject_on_worker_lost = True
app.conf.worker_prefetch_multiplier = 1


@app.task(name="work", acks_on_failure_or_timeout=False)
def work(number, millis, failing):
    if random.random() < failing:
        raise RuntimeError(f"{number} fails")
    time.sleep(millis / 1000)
    with open(os.environ["WORK_LOG"], "a") as log:
        log.write(f"{number}\n")


if __name__ == "__main__":
    for number in range(int(sys.argv[1])):
        group = {"MessageGroupId": str(number % 3)} if QUEUE.endswith(".fifo") else {}
        work.apply_async((number, 10, 1 if number == 4 and not group else 0), **group)
