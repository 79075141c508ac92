"""What data cost as they grow, from the file to the training step: time, memory, disk, and waiting.

    python tools/benchmark_data.py --grow lines
    python tools/benchmark_data.py --grow length
    python tools/benchmark_data.py --grow vocabulary
    python tools/benchmark_data.py --grow lines --values 1000 2000 --apps tagging --steps 5     small

For each app a file of made-up sentences is written into a temporary folder (TMPDIR says where): words by
Zipf's law, a number of them by Poisson's. A process of its own reads it as `train --train FILE` does, holds
examples out, learns the vocabulary, encodes, builds the model of the preset "small", and trains it. --grow
lines has sentences of 20 words, of 50,000 different ones; the others have 100,000 lines.

Seconds are the processor's, but for those to the first batch, which a person waits for. Memory is the most
that the process ever held (VmHWM); disk is what it put aside. Steps are taken in turns with a process whose
data lie in memory, of a file of 10,000 lines that is otherwise alike: tokens a second are those of the median
step, "of it" is the median of the ratios within a turn. Waiting is the share of a step that passes until its
batch is there, measured inside the graph: in the median step, and in all of them together. Beside it stands
the same where the batch is always one, kept in memory: so much is not the data's.
"""

import argparse
import itertools
import operator
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

from side_by_side.conditions import cpu_only, told
from side_by_side.contenders import Contender
from side_by_side.speeds import print_head, print_row

VALUES = {
    "lines": [10_000, 100_000, 1_000_000, 5_000_000],
    "length": [10, 20, 40, 80, 160],
    "vocabulary": [1_000, 10_000, 100_000, 1_000_000],
}
USUAL = {"lines": 100_000, "length": 20, "vocabulary": 50_000}
IN_MEMORY = 10_000  # lines
SETTINGS = {  # over those of the preset "small"
    "sentiment": {},
    "tagging": {"characters.reader": "none"},
    "translation": {"tokenizer": "words", "batch_size": 32},
}
LINES_AT_ONCE = 10_000
COLUMNS = ("reading", "holding out", "vocabulary", "encoding", "building", "first batch")


# The corpus -------------------------------------------------------------------------------------------------


def words_of(count):
    """Different made-up words, the shorter ones first."""
    import numpy as np

    syllables = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]

    def word(number):
        spelt = ""
        while number or not spelt:
            number, rest = divmod(number, len(syllables))
            spelt += syllables[rest]
        return spelt + "n" * (spelt[-1] == spelt[0])

    return np.array([word(number) for number in range(count)], dtype=object)


def sentences(lines, length, vocabulary):
    """So many sentences, the same every time: their word numbers and their words."""
    import numpy as np

    rng = np.random.default_rng(lines)
    words = words_of(vocabulary)
    chance = 1 / (np.arange(vocabulary) + 2.7)
    up_to = np.cumsum(chance / chance.sum())
    for first in range(0, lines, LINES_AT_ONCE):
        lengths = 1 + rng.poisson(length - 1, min(LINES_AT_ONCE, lines - first))
        numbers = np.searchsorted(up_to, rng.random(lengths.sum()) * up_to[-1])
        ends = np.cumsum(lengths)
        for start, end in zip(ends - lengths, ends, strict=True):
            yield numbers[start:end], words[numbers[start:end]].tolist()


def write_sentiment(file, numbers, words):
    file.write(f"{' '.join(words)}\t{'pos' if numbers[0] % 2 else 'neg'}\n")


def write_tagging(file, numbers, words):
    rows = (f"{word}\tT{number % 17}\n" for number, word in zip(numbers.tolist(), words, strict=True))
    file.write("".join(rows) + "\n")


def write_translation(file, numbers, words):
    file.write(f"{' '.join(words)}\t{' '.join(word[::-1] for word in words)}\n")


WRITERS = {
    "sentiment": (".tsv", write_sentiment),
    "tagging": (".conll", write_tagging),
    "translation": (".tsv", write_translation),
}


def corpus(folder, app, sizes) -> Path:
    """The file, written unless it is there."""
    suffix, write = WRITERS[app]
    path = Path(folder, f"{app}-{'-'.join(map(str, sizes.values()))}{suffix}")
    if not path.exists():
        with path.open("w", encoding="utf-8") as file:
            for sentence in sentences(**sizes):
                write(file, *sentence)
    return path


# What runs in a process of its own --------------------------------------------------------------------------


def training_on(app_name, path):
    """Functions that prepare an app for a file, and train it some steps."""
    from keras_seq.application.tensorflow_start import start_tensorflow

    start_tensorflow()
    import tensorflow as tf

    from keras_seq import apps
    from keras_seq.application.trainer import batches_of
    from keras_seq.data import hold_out, read_examples
    from keras_seq.training import compile_model

    app = getattr(apps, app_name.capitalize())("small", **SETTINGS[app_name])
    state = {}

    def prepare():
        seconds, before = {}, [time.process_time(), time.time()]

        def done(name):
            now = [time.process_time(), time.time()]
            seconds[name] = now[name == "first batch"] - before[name == "first batch"]
            before[:] = now

        examples = read_examples(path, app.task)
        app.check(examples)
        done("reading")
        examples = app.ready(hold_out(examples)[0])
        done("holding out")
        app.prepare(examples)
        done("vocabulary")
        inputs, targets = app.encode(examples)
        batches = batches_of(app, inputs, targets, shuffle=True)
        done("encoding")
        app.set_model(app.build_model(inputs, targets))
        compile_model(app.model, app.settings, 100_000, app.loss(), app.metrics(), app.loss_weights())
        done("building")
        stream = iter(batches.stream())
        batch = next(stream)
        done("first batch")
        again = tf.data.Dataset.from_tensors(batch).repeat().prefetch(tf.data.AUTOTUNE)
        state.update(data=stream, one=iter(again), step=tf.function(step, reduce_retracing=True))
        for source in ("data", "one"):
            state["step"](state[source])
        return seconds, disk()

    def step(source):
        """As Keras does it; gives the seconds until the batch is there, and the tokens of it."""
        asked = tf.timestamp()
        with tf.control_dependencies([asked]):
            batch = next(source)
        with tf.control_dependencies(tf.nest.flatten(batch)):
            waited = tf.timestamp() - asked
        with tf.control_dependencies([waited]):
            loss = app.model.train_step(batch)["loss"]
        ids = tf.nest.flatten(batch[0])[0]
        return waited, tf.math.count_nonzero(ids if ids.shape.rank < 3 else ids[..., 0]), loss

    def train(steps, source):
        """Seconds and tokens of each step, and the seconds of it that were waited."""
        rows = []
        for _ in range(steps):
            begun = time.perf_counter()
            waited, tokens, _ = (float(each) for each in state["step"](state[source]))
            rows.append((time.perf_counter() - begun, tokens, waited))
        return rows

    return {"prepare": prepare, "train": train, "peak": peak}


def peak() -> int:
    """The most memory that this process ever held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says may be that of the process which started this one
        return 1024 * int(status.read_text().split("VmHWM:")[1].split()[0])
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def disk() -> int:
    """Bytes in open files without a name."""
    found = 0
    for number in range(3, 4096):
        try:
            status = os.fstat(number)
        except OSError:
            continue
        found += status.st_size * (status.st_nlink == 0)
    return found


# What is measured and printed -------------------------------------------------------------------------------


def speed(rows):
    """Tokens a second, of the median step."""
    return statistics.median(tokens / seconds for seconds, tokens, _ in rows)


def waiting(rows):
    """The share of a step that is waited: in the median step, and in all of them together."""
    seconds, _, waited = zip(*rows, strict=True)
    return statistics.median(map(operator.truediv, waited, seconds)), sum(waited) / sum(seconds)


def compare(app, given, folder) -> None:
    """A table of one app: a row for each value."""
    seconds = [f"{name}, s" for name in COLUMNS]
    measured = ("peak, MB", "disk, MB", "tokens/s", "of it", "waiting", "one batch")
    print_head(f"{app}, {given.grow}", "file, MB", *seconds, *measured)
    for value in given.values:
        sizes = {**USUAL, given.grow: value}
        path = corpus(folder, app, sizes)
        small = Contender(
            f"{app} in memory", training_on, app, corpus(folder, app, {**sizes, "lines": IN_MEMORY})
        )
        small.ask("prepare")
        worker = Contender(f"{app}, {given.grow} {value}", training_on, app, path)
        took, on_disk = worker.ask("prepare")[0]
        ratios, rows, again = [], [], []
        for _ in range(given.rounds):
            beside = small.ask("train", given.steps, "data")[0]
            rows.append(worker.ask("train", given.steps, "data")[0])
            again += worker.ask("train", given.steps, "one")[0]
            ratios.append(speed(rows[-1]) / speed(beside))
        rows = list(itertools.chain(*rows))
        held = worker.ask("peak")[0]
        worker.close()
        small.close()
        print_row(
            f"{value:,}",
            f"{path.stat().st_size / 1e6:,.0f}",
            *(f"{took[name]:,.1f}" for name in COLUMNS),
            f"{held / 1e6:,.0f}",
            f"{on_disk / 1e6:,.0f}",
            f"{speed(rows):,.0f}",
            f"{statistics.median(ratios):.2f}",
            *(f"{usual:.1%}, {mean:.1%}" for usual, mean in map(waiting, (rows, again))),
        )
        path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--grow", choices=VALUES, default="lines", help="what is varied")
    parser.add_argument("--values", nargs="+", type=int, help="sizes of it, instead of the usual ones")
    parser.add_argument("--apps", nargs="+", choices=WRITERS, default=list(WRITERS))
    parser.add_argument("--steps", type=int, default=40, help="of training, in each turn")
    parser.add_argument("--rounds", type=int, default=7, help="turns")
    given = parser.parse_args()
    given.values = given.values or VALUES[given.grow]
    cpu_only()
    with told(f"{given.rounds} turns of {given.steps} steps"):
        for app in given.apps:
            with tempfile.TemporaryDirectory() as folder:
                compare(app, given, folder)


if __name__ == "__main__":
    main()
