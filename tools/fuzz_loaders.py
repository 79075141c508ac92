"""Spoils whatever a stranger may hand over, and looks that nobody is hurt.

    python tools/fuzz_loaders.py --times 10000 --seed 1
    python tools/fuzz_loaders.py --seed 1 --only 4711      # one case again, with its traceback

makes toy runs, exports and data files once, and then so many times spoils one file of a copy: blindly, or as
somebody would who knows the format (a Lambda, a link, a bomb, an operator that writes files), most often with
checksums that are right again. Then the file is loaded and the app answers. Right is the same answer; where
checksums were made anew, or where there are none, another one; or a refusal, an InputError of three lines at
most. All else is a fault: another error, a death of the process, more than 20 seconds of processor time, a
gigabyte of memory, or one byte read or written beside the folder. The exit status says whether there was one.

The cases are run in processes forked from this one, many in each. For Linux and macOS.
"""

import argparse
import collections
import hashlib
import json
import os
import random
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from fuzzing import mutations
from fuzzing.loaders import LOADERS
from fuzzing.toys import OWN, make_toys

BATCH = 250  # cases of one process
SECONDS, MEBIBYTES = 20, 1024  # of processor time and of memory that a case may take
ROOM = 12 * 2**30  # of addresses for one process, so that the machine is never hurt
WAIT = 300  # seconds without a word, for a case that waits for something


class Fault(Exception):
    """What must not be."""


class Watch:
    """Hears which files Python opens, and remembers what is none of a case's business."""

    def __init__(self, bait):
        self.bait, self.case, self.seen = str(bait), None, []

    def __call__(self, event, arguments):
        if self.case is None or event not in (
            "open",
            "os.remove",
            "os.rename",
            "os.mkdir",
            "subprocess.Popen",
            "os.system",
        ):
            return
        if event in ("subprocess.Popen", "os.system"):
            self.seen.append(f"runs {str(arguments[0])[:80]}")
            return
        path = arguments[0]
        if not isinstance(path, str | bytes | os.PathLike):
            return
        path = os.path.realpath(os.fspath(path) if isinstance(path, os.PathLike) else path)
        path = os.fsdecode(path)
        writes = event != "open" or (
            isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        )
        outside = not path.startswith((self.case, tempfile.gettempdir() + os.sep, os.devnull))
        if path.startswith(self.bait) or (writes and outside):
            self.seen.append(f"{event} {path}")


def copied(source, target):
    """A folder again, its files linked: a file that is spoilt is replaced."""
    shutil.copytree(source, target, copy_function=os.link)


def files_of(folder, patterns):
    return sorted({path for pattern in patterns.split() for path in folder.glob(pattern) if path.is_file()})


def spoil(path, chance, bait, loader):
    """Do something to a file; gives what, in a word."""
    known = [mutations.text] if loader in ("parts", "run", "--config", "data", "vectors") else []
    choices = [*mutations.BLIND, *3 * known]
    if path.suffix == ".tflite":
        choices += [
            mutations.word,
            mutations.word,
            *[mutations.lite_structure] * (4 if path.stat().st_size < 60_000 else 1),
        ]
    elif path.suffix == ".keras":
        choices += 3 * mutations.IN_KERAS
    elif path.suffix == ".pb":
        choices += [mutations.graph] * 12
    elif path.suffix == ".npz":
        choices += [mutations.npz] * 4
    elif path.suffix == ".json":
        choices += [mutations.text] * 4
    if loader in ("parts", "run", "SavedModel", ".keras", ".tflite") and chance.random() < 0.03:
        return f"{mutations.in_place_of(path, chance, bait)} in its place"
    mutation, content = chance.choice(choices), bytearray(path.read_bytes())
    if not content:
        mutation = mutations.insert
    if mutation in mutations.IN_KERAS:  # with checksums that are right
        mutations.in_archive(content, chance, mutation, bait)
    elif mutation is mutations.graph:
        mutation(content, chance, bait)
    else:
        mutation(content, chance)
    path.unlink()
    path.write_bytes(content)
    return mutation.__name__


def sealed_again(folder):
    """Whether checksums were made that are right again, as an attacker would."""
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 2**30
    )
    old = (folder / "checksums.txt").read_text(encoding="utf-8").splitlines()
    sealed = [line[66:] for line in old]
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in names
        if name in sealed
    ]
    (folder / "checksums.txt").unlink()
    (folder / "checksums.txt").write_text("".join(lines), encoding="utf-8")


def draw(number, seed, loaders):
    """What case number n is about: its chance, loader, toy, files and reader."""
    chance = random.Random(f"{seed}/{number}")
    names = list(loaders)
    loader = chance.choices(names, [loaders[name][0] for name in names])[0]
    toy, patterns, read = chance.choice(loaders[loader][1])
    return chance, loader, toy, patterns, read


def run_case(number, seed, toys, place, watch, loaders, expected):
    """One case; gives loader, mutation, what came of it.

    Raises:
        Fault, or whatever the loader raised that is no InputError.
    """
    from keras_seq.errors import InputError

    chance, loader, toy, patterns, read = draw(number, seed, loaders)
    folder = place / "case"
    shutil.rmtree(folder, ignore_errors=True)
    copied(toys / toy, folder)
    path = chance.choice(files_of(folder, patterns))
    relative, kind = path.relative_to(folder), f"{path.name}: "
    kind += spoil(path, chance, watch.bait and Path(watch.bait), loader)
    has_seal = (path.parent if loader == "checkpoints" else folder) / "checksums.txt"
    again = has_seal.is_file() and path.name != "checksums.txt" and chance.random() < 0.75
    if again:
        sealed_again(has_seal.parent)
    app = toy.partition("-")[0]
    call = (lambda: read(folder / relative)) if toy == "data" else (lambda: read(app, folder))
    began, watch.case, watch.seen = time.process_time(), str(folder), []
    try:
        found = repr(call())
    except InputError as error:
        lines = str(error).splitlines()
        if not 1 <= len(lines) <= 3 or len(str(error)) > 3000:
            raise Fault(f"a refusal of {len(lines)} lines, {len(str(error))} characters") from error
        came = "refused"
    else:
        may_differ = (
            again or toy == "data" or path.name in ("metrics.json", "checksums.txt") or "keras_" in kind
        )
        came = "same" if found == expected.get((toy, str(relative) if toy == "data" else loader)) else "other"
        if came == "other" and not may_differ and loader != "checkpoints" and "in its place" not in kind:
            raise Fault(f"another answer: {found[:300]}")
    finally:
        watch.case = None
    if watch.seen:
        raise Fault(watch.seen[0])
    if time.process_time() - began > SECONDS:
        raise Fault(f"{time.process_time() - began:.0f} s of processor time")
    return loader, kind, came


def expected_answers(toys, loaders):
    """What the untouched files give."""
    found = {}
    for loader, (_, sources) in loaders.items():
        for toy, patterns, read in sources:
            if toy != "data":
                found[toy, loader] = repr(read(toy.partition("-")[0], toys / toy))
                continue
            for path in files_of(toys / toy, patterns):
                found[toy, str(path.relative_to(toys / toy))] = repr(read(path))
    return found


def work(numbers, seed, toys, place, bait, loaders, expected, out):
    """In a fork: run cases and report each in a line of JSON."""
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir(place)
    watch = Watch(bait)
    sys.addaudithook(watch)
    size = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # noqa: E731
    most = size()
    for number in numbers:
        said = {"number": number, "begun": True}
        os.write(out, (json.dumps(said) + "\n").encode())
        try:
            loader, kind, came = run_case(number, seed, toys, place, watch, loaders, expected)
            grown, most = size() - most, size()
            if grown > MEBIBYTES:
                raise Fault(f"{grown} MiB of memory")
        except BaseException as error:
            loader, kind = draw(number, seed, loaders)[1], "?"
            came = f"FAULT {type(error).__name__}: {error}"[:400]
        os.write(out, (json.dumps({"number": number, "row": [loader, kind, came]}) + "\n").encode())
    os._exit(0)


def try_all(times, seed, toys, place, loaders):
    """Run cases 0 … times - 1.

    Yields:
        Number, loader, mutation, and what came of it: `same`, `other`, `refused`, `FAULT …`.
    """
    bait = make_bait(place)
    before = contents(bait)
    expected = in_a_fork(lambda: expected_answers(toys, loaders))
    left = list(range(times))
    while left:
        begun = None
        for said in forked(left[:BATCH], seed, toys, place, bait, loaders, expected):
            if "row" in said:
                begun = None
                left.remove(said["number"])
                yield said["number"], *said["row"]
            elif "begun" in said:
                begun = said["number"]
            elif begun is not None:
                left.remove(begun)
                yield begun, draw(begun, seed, loaders)[1], "?", f"FAULT {said['ended']}"
        if contents(bait) != before:
            raise SystemExit(
                f"One of the cases up to {left[0] - 1 if left else times} wrote beside its folder."
            )


def forked(numbers, *arguments):
    """The reports of a process that runs some cases, then how it ended unless well."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        try:
            work(numbers, *arguments, writing)
        finally:
            os._exit(1)
    os.close(writing)
    rest, ended = b"", None
    while True:
        ready, _, _ = select.select([reading], [], [], WAIT)
        if not ready:
            os.kill(process, signal.SIGKILL)
            ended = f"no word for {WAIT} s"
            break
        data = os.read(reading, 65536)
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        yield from map(json.loads, lines)
    os.close(reading)
    _, status = os.waitpid(process, 0)
    if ended or status:
        yield {
            "ended": ended
            or f"ended by {signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else status}"
        }


def in_a_fork(function):
    """What a function gives, without starting TensorFlow here: a process that computes must not be forked."""
    with tempfile.NamedTemporaryFile() as file:
        process = os.fork()
        if process == 0:
            status = 1
            try:
                Path(file.name).write_text(repr(function()), encoding="utf-8")
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        if os.waitpid(process, 0)[1]:
            raise SystemExit("The toys themselves cannot be read.")
        import ast

        return ast.literal_eval(Path(file.name).read_text(encoding="utf-8"))


def make_bait(place):
    """Files that nobody may read or write."""
    import h5py

    bait = place / "bait"
    bait.mkdir(exist_ok=True)
    for suffix in (".txt", ".json", ".yaml", ".tflite", ".pb", ".keras"):
        (bait / f"bait{suffix}").write_text("secret\n")
    with h5py.File(bait / "bait.h5", "w") as file:
        file["data"] = [1.0, 2.0]
    return bait


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*"))}


def table(rows):
    """Counts by loader and mutation, for a person; faults first."""
    counts = collections.Counter(
        (loader, kind.rpartition(": ")[2], came.split(" ")[0]) for _, loader, kind, came in rows
    )
    lines = [f"{'loader':12} {'mutation':24} {'same':>6} {'other':>6} {'refused':>8} {'faults':>7}"]
    for loader in LOADERS:
        kinds = sorted({kind for name, kind, _ in counts if name == loader})
        for kind in [*kinds, "all"]:
            numbers = [
                sum(
                    n
                    for (name, k, came), n in counts.items()
                    if name == loader and kind in ("all", k) and came == what
                )
                for what in ("same", "other", "refused", "FAULT")
            ]
            if kinds:
                lines.append(
                    f"{loader:12} {kind:24} {numbers[0]:6} {numbers[1]:6} {numbers[2]:8} {numbers[3]:7}"
                )
    return "\n".join(lines)


def prepare():
    """Import what forks need, without starting it."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras_seq.export  # noqa: F401
    import keras_seq.training.checkpoints  # noqa: F401
    from keras_seq import apps  # noqa: F401


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="run this case alone, and show what it raises")
    parser.add_argument("--toys", type=Path, help="a folder for the toys; those that stand there are taken")
    parser.add_argument("--app", choices=OWN, help="the toys of one app alone")
    given = parser.parse_args()
    loaders = {
        name: (share, [source for source in sources if source[0].startswith((given.app or "", "data"))])
        for name, (share, sources) in LOADERS.items()
    }
    prepare()
    place = Path(tempfile.mkdtemp(prefix="fuzz-loaders-"))
    toys = given.toys or place / "toys"
    if not toys.exists():
        in_a_fork(lambda: make_toys(toys, [given.app] if given.app else OWN))
    if given.only is not None:
        watch = Watch(make_bait(place))
        expected = in_a_fork(lambda: expected_answers(toys, loaders))
        print(run_case(given.only, given.seed, toys, place, watch, loaders, expected))
        return
    rows, began = [], time.monotonic()
    for row in try_all(given.times, given.seed, toys, place, loaders):
        rows.append(row)
        if row[3].startswith("FAULT"):
            print(f"case {row[0]}, {row[1]}, {row[2]}: {row[3]}", flush=True)
    faults = sum(row[3].startswith("FAULT") for row in rows)
    print(table(rows))
    print(f"{len(rows):,} cases in {time.monotonic() - began:.0f} s, {faults} faults")
    shutil.rmtree(place, ignore_errors=True)
    if faults:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
