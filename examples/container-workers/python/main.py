from worker import run


def work(message):
    # Your work takes the place of this line. It may take longer than the visibility timeout.
    print(f"working on {message['Body']}", flush=True)


run(work)
