"""The process of a contender: what comes in is done, what goes out is the answer and the time it took.

Needs nothing but Python, so that it runs in an environment that has another package and none of ours:

    python serving.py DESCRIPTOR MODULE

MODULE stands beside this file; its `contender(*arguments)` gives what can be asked for, by name.
"""

import importlib
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection

READY, ANSWER, STOPPED = "ready", "answer", "stopped"


def serve(connection, make: Callable, arguments: tuple) -> None:
    """Answer as long as somebody asks; what is wrong is said to the one who asks."""
    try:
        functions = make(*arguments)
        connection.send((READY, None))
        while True:
            name, given = connection.recv()
            clock, processor = time.perf_counter(), time.process_time()
            answer = functions[name](*given)
            times = time.perf_counter() - clock, time.process_time() - processor
            connection.send((ANSWER, (answer, *times)))
    except EOFError:
        pass  # nobody asks any more
    except Exception as error:
        is_letter = type(error).__name__ == "InputError"
        connection.send((STOPPED, str(error) if is_letter else traceback.format_exc()))


def main() -> None:
    connection, module = Connection(int(sys.argv[1])), sys.argv[2]
    serve(
        connection,
        lambda *arguments: importlib.import_module(module).contender(*arguments),
        connection.recv(),
    )


if __name__ == "__main__":
    main()
