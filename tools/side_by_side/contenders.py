"""Contenders, each in a process of its own, that take turns: a machine that slows down slows all."""

import multiprocessing
import subprocess
from collections.abc import Callable
from pathlib import Path

from side_by_side.serving import STOPPED, serve

__all__ = ["Contender", "Peer", "has"]

SPAWN = multiprocessing.get_context("spawn")


class Contender:
    """A process that does what it is asked, and nothing meanwhile.

    Args:
        name: what the tables call it.
        make: with the arguments gives functions by name; it can be imported.
    """

    def __init__(self, name: str, make: Callable, *arguments):
        self.name = name
        self._pipe, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=serve, args=(theirs, make, arguments), daemon=True)
        self._process.start()
        theirs.close()
        self._answer()

    def ask(self, what: str, *arguments):
        """The answer, seconds by the clock, seconds of processor time."""
        self._pipe.send((what, arguments))
        return self._answer()

    def close(self) -> None:
        self._pipe.close()
        self._wait()

    def _wait(self):
        self._process.join()

    def _answer(self):
        try:
            kind, answer = self._pipe.recv()
        except (EOFError, ConnectionError):
            raise SystemExit(f"{self.name} stopped.") from None
        if kind == STOPPED:
            raise SystemExit(f"{self.name}: {answer}")
        return answer


class Peer(Contender):
    """A contender of another environment, which need not have our packages.

    Args:
        name: what the tables call it.
        python: that environment's interpreter.
        module: of this folder; its `contender(*arguments)` gives functions by name.
    """

    def __init__(self, name: str, python: str, module: str, *arguments):
        self.name = name
        self._pipe, theirs = SPAWN.Pipe()
        command = [python, Path(__file__).with_name("serving.py"), theirs.fileno(), module]
        self._process = subprocess.Popen([*map(str, command)], pass_fds=[theirs.fileno()])
        theirs.close()
        self._pipe.send(arguments)
        self._answer()

    def _wait(self):
        self._process.wait()


def has(python: str, package: str) -> str | None:
    """The version of a package in an environment; None: it is not there."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    except OSError as error:
        raise SystemExit(f"{python} is no Python: {error.strerror}.") from None
    return done.stdout.strip() if done.returncode == 0 else None
