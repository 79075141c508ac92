"""Damages a run folder, file by file, and looks that nobody is given a wrong answer or a traceback.

    python tools/damage_a_run.py --app tagging --times 1000 --seed 1

trains a toy run, and then so many times flips a bit of one of its files, cuts it off, empties it, removes
it, or overwrites a part. Each time the app is loaded and answers; where it is a checkpoint's file or a log's,
the newest whole checkpoint is looked for and read. The app must answer as before, or refuse with an
InputError; the checkpoint must be the newest or the one before, as it was written. The exit status says
whether it was so.
"""

import argparse
import collections
import os
import random
import shutil
import tempfile
from pathlib import Path

from fuzzing.toys import OWN, settings_of

TEXTS = ["a good film", "很好 bad"]


def damage(path: Path, chance: random.Random) -> str:
    """Do something to a file; gives what."""
    content = bytearray(path.read_bytes())
    what = chance.choice(("flip", "flip", "cut", "overwrite", "empty", "remove"))
    place = chance.randrange(len(content)) if content else 0
    if what == "flip" and content:
        content[place] ^= 1 << chance.randrange(8)
    elif what == "cut":
        del content[place:]
    elif what == "overwrite":
        content[place : place + 20] = chance.randbytes(chance.randint(1, 20))
    elif what == "empty":
        content.clear()
    path.unlink()  # a file may have two names: only this one is damaged
    if what != "remove":
        path.write_bytes(content)
    return what


def answers(app, folder):
    """What the app of a run answers."""
    loaded = app.load(folder)
    loaded.card_facts()
    return loaded.predict(TEXTS)


def make_run(app, place):
    """A toy run in a folder, of two epochs: with a checkpoint at the end of each."""
    from keras_seq.application import verbs

    changes = {**settings_of(app.name, place), "epochs": 2}
    verbs.train(app, run=str(place / "run"), preset="toy", changes=changes)
    return place / "run"


def resumed(folder, logs):
    """The whole of the checkpoint that a training would go on from: its step, and all that is in it."""
    from keras_seq.errors import InputError
    from keras_seq.training import LogFiles
    from keras_seq.training.checkpoints import latest_checkpoint, load_checkpoint

    checkpoint, faults = latest_checkpoint(folder / "checkpoints")
    if checkpoint is None:
        raise InputError(faults[0])
    model, state, arrays = load_checkpoint(checkpoint)
    if logs:
        LogFiles(folder / "logs").put_back(state["callbacks"]["logs"], arrays)
    variables = [each.numpy().tobytes() for each in (*model.variables, *model.optimizer.variables)]
    kept = {name: [array.tobytes() for array in values] for name, values in arrays.items()}
    return checkpoint.path.name, variables, state, kept


def try_all(app, run: Path, times: int, seed: int):
    """Damage copies of a run.

    Yields:
        The file's path inside the run, what was done to it, and what came of it: `right`, `refused`, or what
        is wrong.
    """
    from keras_seq.errors import InputError

    chance = random.Random(seed)
    files = sorted(path.relative_to(run) for path in run.rglob("*") if path.is_file())
    expected = answers(app, run)
    newest = resumed(run, logs=False)
    older = run.with_name("older")
    shutil.copytree(run, older)
    shutil.rmtree(older / "checkpoints" / newest[0])
    possible = [newest, resumed(older, logs=False)]
    for _ in range(times):
        file = chance.choice(files)
        copy = run.with_name("damaged")
        shutil.copytree(run, copy, copy_function=os.link)
        what, came = damage(copy / file, chance), "right"
        try:
            if file.parts[0] in ("checkpoints", "logs"):
                if resumed(_with_own(copy / "logs").parent, logs=True) not in possible:
                    came = "WRONG checkpoint"
            elif answers(app, copy) != expected:
                came = "WRONG answer"
        except InputError:
            came = "refused"
        except Exception as error:
            came = f"WRONG {type(error).__name__}: {error}"[:300]
        shutil.rmtree(copy)
        yield file.as_posix(), what, came


def _with_own(folder):
    """The folder with files of its own, where they were links: they will be cut."""
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--app", choices=OWN, default="sentiment")
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    from keras_seq import apps

    app = getattr(apps, given.app.capitalize())
    place = Path(tempfile.mkdtemp(prefix="damage-a-run-"))
    run = make_run(app, place)
    counts, wrong = collections.Counter(), []
    for file, what, came in try_all(app, run, given.times, given.seed):
        counts[came.split(" ")[0]] += 1
        if came.startswith("WRONG"):
            wrong.append(f"{file}, {what}: {came}")
    print(", ".join(f"{number} {came}" for came, number in sorted(counts.items())))
    shutil.rmtree(place)
    if wrong:
        raise SystemExit("\n".join(wrong[:20]))


if __name__ == "__main__":
    main()
