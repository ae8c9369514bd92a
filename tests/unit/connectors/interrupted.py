"""A deploy whose operation is interrupted twice: while it has the log's lock, and while it waits."""

import logging
import os
import signal
import sys
import time

from pyinfra.context import ctx_state
from pyinfra.operations import python

from lakestead.connectors.terminal import end_cleanly

state = ctx_state.get()
end_cleanly(state)


def busy() -> None:
    handler = logging.getLogger("pyinfra").handlers[0]
    handler.acquire()
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(1000):
        pass  # A signal's handler runs between two of these.
    handler.release()
    time.sleep(60)
    sys.exit("the operation was not ended")


python.call(name="Busy", function=busy)
python.call(name="Never", function=print)
