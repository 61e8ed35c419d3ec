"""A function with Powertools for AWS Lambda (Python): one invocation for each line of the input, as JSON."""

import json
import sys

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
    process_partial_response,
)

PROCESSORS = {
    "standard": BatchProcessor(event_type=EventType.SQS),
    "fifo": SqsFifoPartialProcessor(),
    "fifo, by group": SqsFifoPartialProcessor(skip_group_on_error=True),
}
failed_once = set()
processed = []


def work(record):
    if "poison" in record.body:
        raise ValueError(record.body)
    if "once" in record.body and record.body not in failed_once:
        failed_once.add(record.body)
        raise ValueError(f"{record.body} fails the first time")
    processed.append(record.body)


for line in sys.stdin:
    invocation = json.loads(line)
    processed.clear()
    try:
        answer = {"response": process_partial_response(
            event=invocation["event"], record_handler=work, processor=PROCESSORS[invocation["processor"]], context=None
        )}
    except Exception as error:
        answer = {"error": repr(error)}
    print(json.dumps({**answer, "processed": processed}), flush=True)
