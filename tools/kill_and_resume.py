"""Kills a training at random moments, goes on each time, and compares the end with one that was left alone.

    python tools/kill_and_resume.py --app translation --kills 100 --seed 1

trains a toy run in a process of its own and kills that by SIGKILL: at a random time; or exactly before it
opens, renames or removes one of the run's files, often in the middle of a checkpoint; or shortly after that.
`--resume` goes on, again and again; a run that has come to its end makes place for the next, until there were
as many kills. Each end must be, bit by bit, that of the run that was never touched: the weights of
model.keras; of the last checkpoint weights, optimizer, random states, best weights, patience; and all that
TensorBoard shows, each thing once. The exit status says whether it was.

A start costs little: TensorFlow and Keras are imported once, and each training is forked from that. For
Linux and macOS.
"""

import argparse
import io
import json
import os
import random
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import zipfile
from pathlib import Path

# Toy runs of some seconds, in which there is dropout to draw, weights to average, and much to log.
RUNS = {
    "sentiment": {"embedding_dim": 8, "units": 4, "batch_size": 50, "epochs": 3, "averaging": 0.5},
    "tagging": {"embedding_dim": 8, "units": 4, "batch_size": 50, "epochs": 2, "averaging": 2.0},
    "translation": {"embedding_dim": 8, "units": 8, "batch_size": 50, "epochs": 2, "dropout": 0.2},
}
EXAMPLES = {"train": 1000, "validation": 100}
# Minutes between two checkpoints within an epoch: none, one after some steps, one after each step.
MINUTES = (0.0, 0.005, 1e-9)
FILE_EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link"}
MOST_EVENTS = 120  # into the life of a process, where it is killed at one of its files


def write_data(app, folder) -> dict:
    """A few of the app's toy examples as files, which each process reads sooner than it makes the many.

    Returns:
        The settings that say where they are.
    """
    from keras_seq.data import load_data

    paths = {}
    for split, count in EXAMPLES.items():
        examples = load_data(app.default_data["toy"], app.task, split=split).head(count)
        if app.task == "tagging":
            paths[split] = folder / split
            paths[split].mkdir()
            _write_lines(paths[split] / "seq.in", map(" ".join, examples["tokens"]))
            _write_lines(paths[split] / "seq.out", map(" ".join, examples["tags"]))
            _write_lines(paths[split] / "label", examples["intent"])
        else:
            paths[split] = folder / f"{split}.tsv"
            _write_lines(paths[split], map("\t".join, zip(*examples.columns.values(), strict=True)))
    return {"train": str(paths["train"]), "valid": str(paths["validation"])}


def _write_lines(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


class Killer:
    """Kills its own process where it touches the run folder for the n-th time.

    Args:
        folder: the run folder.
        number: n.
        delay: seconds after that; 0 is just before it.
    """

    def __init__(self, folder, number, delay=0.0):
        self.folder, self.left, self.delay = str(folder), number, delay

    def __call__(self, event, arguments):
        if event not in FILE_EVENTS or not str(arguments[0]).startswith(self.folder):
            return
        self.left -= 1
        if self.left == 0 and self.delay:
            signal.setitimer(signal.ITIMER_REAL, self.delay)  # as sudden: nobody handles that signal
        elif self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def train(app, folder, settings, killer, report):
    """In a fork: begin or go on, and leave with 0; what is said goes to a file."""
    out = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    status = 1
    try:
        from keras_seq.application import verbs
        from keras_seq.application.run_folder import RunFolder

        if killer is not None:
            sys.addaudithook(killer)
        if RunFolder(folder).config.exists():
            verbs.train(app, run=folder, changes={}, resume=True)
        else:
            verbs.train(app, run=folder, preset="toy", changes=settings)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def run_once(app, folder, settings, killer=None, seconds=None):
    """Train until the end or the kill; gives whether it came to the end.

    Raises:
        SystemExit: it ended otherwise.
    """
    report = Path(f"{folder}.txt")
    process = os.fork()
    if process == 0:
        train(app, folder, settings, killer, report)
    if seconds is not None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            done, status = os.waitpid(process, os.WNOHANG)
            if done:
                break
            time.sleep(0.002)
        else:
            os.kill(process, signal.SIGKILL)
            _, status = os.waitpid(process, 0)
    else:
        _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGALRM):
        return False
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"A training failed:\n{report.read_text()[-3000:]}")
    return True


def arrays_of(folder) -> dict:
    """All weights and states that a run has left, by name; those of a zip of HDF5 and of NumPy alike."""
    import h5py
    import numpy as np

    found = {}

    def add(origin):
        def visit(name, node):
            if isinstance(node, h5py.Dataset):
                found[f"{origin}/{name}"] = node[()].tobytes()

        return visit

    folder = Path(folder)
    latest = max(folder.glob("checkpoints/epoch-*"))
    for path in (folder / "model.keras", latest / "model.keras"):
        with zipfile.ZipFile(path) as archive:
            file = io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(file) as weights:
            weights.visititems(add(path.relative_to(folder)))
    for path in latest.glob("*.npz"):
        with np.load(path) as arrays:
            found |= {f"{path.relative_to(folder)}/{name}": arrays[name].tobytes() for name in arrays}
    state = json.loads((latest / "state.json").read_text())
    del state["callbacks"]["logs"], state["seconds"]
    found["state"] = json.dumps(state, sort_keys=True).encode()
    return found


def logged_in(folder) -> dict:
    """All that TensorBoard shows but the graph: (folder, tag, epoch) -> the values; one, if all is well."""
    from tensorboard.compat.proto.event_pb2 import Event

    found = {}
    for path in sorted(Path(folder, "logs").rglob("*.tfevents.*")):
        data, place = path.read_bytes(), 0
        while place < len(data):
            (length,) = struct.unpack_from("<Q", data, place)
            if len(data) < place + length + 16:
                raise SystemExit(f"{path} ends in the middle of an event.")
            event = Event.FromString(data[place + 12 : place + 12 + length])
            place += length + 16
            for value in event.summary.value:
                key = (path.parent.name, value.tag, event.step)
                found[key] = [*found.get(key, []), value.tensor.SerializeToString()]
    return found


def differences(one: dict, other: dict) -> list:
    """The names of what is not the same in both."""
    return sorted(str(name) for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--app", choices=RUNS, default="sentiment")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="settings of the run")
    given = parser.parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

    # Imported once, and not started: a process that computes already must not be forked.
    import keras_seq.application.trainer
    import keras_seq.application.verbs
    import keras_seq.export  # noqa: F401
    from keras_seq import apps
    from keras_seq.settings import parse_assignments

    app = getattr(apps, given.app.capitalize())
    chance = random.Random(given.seed)
    place = Path(tempfile.mkdtemp(prefix="kill-and-resume-"))
    settings = RUNS[given.app] | write_data(app, place) | parse_assignments(given.set)
    begun = time.monotonic()
    run_once(app, place / "whole", {**settings, "checkpoint_minutes": 0.0})
    seconds = time.monotonic() - begun
    expected = arrays_of(place / "whole"), logged_in(place / "whole")
    print(f"{given.app}: uninterrupted {seconds:.1f} s, {len(expected[0])} arrays, {len(expected[1])} logged")

    kills, at_files, runs, wrong = 0, 0, 0, []
    while kills < given.kills:
        folder = place / f"run-{runs}"
        own = {**settings, "checkpoint_minutes": chance.choice(MINUTES)}
        ended = False
        while not ended:
            if kills >= given.kills:
                ended = run_once(app, folder, own)
                continue
            by_file = chance.random() < 0.75
            if by_file:
                delay = chance.choice((0.0, 0.0, chance.uniform(1e-4, 0.05)))
                ended = run_once(app, folder, own, Killer(folder, chance.randint(1, MOST_EVENTS), delay))
            else:
                ended = run_once(app, folder, own, seconds=chance.uniform(0, seconds))
            kills += not ended
            at_files += by_file and not ended
        found = arrays_of(folder), logged_in(folder)
        for one, other in zip(expected, found, strict=True):
            wrong += [f"run {runs}: {name}" for name in differences(one, other)]
        shutil.rmtree(folder)
        runs += 1
    print(
        f"{kills} kills, {at_files} of them at files of the run; {runs} runs came to their end "
        f"in {time.monotonic() - begun:.0f} s: {'NOT ' if wrong else ''}bit by bit the same"
    )
    if wrong:
        raise SystemExit("\n".join(wrong[:20]))
    shutil.rmtree(place)


if __name__ == "__main__":
    main()
