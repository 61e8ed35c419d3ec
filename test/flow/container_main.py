"""The same as container-main.cjs, for the worker in Python."""

import importlib.util
import json
import os
import random
import time

spec = importlib.util.spec_from_file_location("worker", os.environ["WORKER"])
worker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(worker)


def note(what):
    with open(os.environ["WORK_LOG"], "a") as log:
        log.write(f"{os.environ['AWS_ACCESS_KEY_ID']} {what}\n")


def work(message):
    task = json.loads(message["Body"])
    note(f"begins {task['number']}")
    if random.random() < task["failing"]:
        raise RuntimeError(f"{task['number']} fails this time")
    time.sleep(task["millis"] / 1000)
    note(task["number"])


worker.run(work)
note("stopped")
