"""Processes the messages of a queue until the process receives SIGTERM."""

import json
import logging
import os
import signal
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import boto3

QUEUE_URL = os.environ["QUEUE_URL"]
ECS_AGENT_URI = os.environ.get("ECS_AGENT_URI")
# A FIFO queue keeps the order of a message group only if its messages are processed one at a time.
MAX_MESSAGES = 1 if QUEUE_URL.endswith(".fifo") else 10
# Often enough for a protection of an hour.
MAX_HEARTBEAT_SECONDS = 600

# The credentials are those of the role of the task.
sqs = boto3.client("sqs", region_name=os.environ["AWS_REGION"])


def run(work):
    """Calls `work` once for each message that is received.

    A message is deleted when it returns, and received again when it raises. The same message can be received more than once, even if it returns.
    """
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    attributes = sqs.get_queue_attributes(QueueUrl=QUEUE_URL, AttributeNames=["VisibilityTimeout"])["Attributes"]
    visibility_timeout = int(attributes["VisibilityTimeout"])

    with ThreadPoolExecutor(MAX_MESSAGES) as threads:
        while not stopping.is_set():
            if not protect(True):
                # ECS may be about to stop this task. Received messages would be processed twice.
                time.sleep(1)
                continue
            try:
                work_on_messages(work, visibility_timeout, threads)
            except Exception:
                logging.exception("nothing was received")
                time.sleep(1)
            protect(False)


def work_on_messages(work, visibility_timeout, threads):
    messages = sqs.receive_message(QueueUrl=QUEUE_URL, MaxNumberOfMessages=MAX_MESSAGES, WaitTimeSeconds=20).get("Messages", [])
    in_progress = {message["MessageId"]: message for message in messages}
    done = threading.Event()
    heartbeat = threading.Thread(target=keep, args=(in_progress, visibility_timeout, done))
    heartbeat.start()
    try:
        list(threads.map(lambda message: work_on(message, work, in_progress), messages))
    finally:
        done.set()
        heartbeat.join()


def work_on(message, work, in_progress):
    try:
        work(message)
        del in_progress[message["MessageId"]]
        sqs.delete_message(QueueUrl=QUEUE_URL, ReceiptHandle=message["ReceiptHandle"])
    except Exception:
        # It is received again after its visibility timeout, and becomes a dead letter after too many receives.
        in_progress.pop(message["MessageId"], None)
        logging.exception("message %s is not processed", message["MessageId"])


def keep(in_progress, visibility_timeout, done):
    """Extends the visibility timeouts, at a third of the timeout, so that one heartbeat may fail."""
    while not done.wait(min(visibility_timeout / 3, MAX_HEARTBEAT_SECONDS)):
        protect(True)
        for message in list(in_progress.values()):
            try:
                sqs.change_message_visibility(
                    QueueUrl=QUEUE_URL, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=visibility_timeout
                )
            except Exception:
                logging.exception("message %s was not extended", message["MessageId"])


def protect(enabled):
    """Turns the protection of this task on or off. Elsewhere than in Amazon ECS there is nothing to protect."""
    if not ECS_AGENT_URI:
        return True
    state = {"ProtectionEnabled": enabled, **({"ExpiresInMinutes": 60} if enabled else {})}
    request = urllib.request.Request(
        f"{ECS_AGENT_URI}/task-protection/v1/state", json.dumps(state).encode(), {"Content-Type": "application/json"}, method="PUT"
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            # Anything else, such as `failure` or `error`, means that nothing has changed.
            return "protection" in json.load(answer)
    except Exception:
        logging.exception("the protection of the task was not changed")
        return False
