"""Speed of the app tagging beside spaCy's tagger: training, and tagging of the test split.

    python tools/benchmark_tagging.py                                      models as the training leaves them
    python tools/benchmark_tagging.py --run runs/pos-base runs/pos-small   trained ones, so with their quality
    python tools/benchmark_tagging.py --sentences 200 --words 2000 --rounds 3     small: to see that it works

Training: presets of the app, and spaCy's pipeline as `spacy init config --pipeline tagger` writes it (tok2vec
and tagger), take steps on the same split. spaCy learns from batches of as many words as that configuration
ends with, which makes it fastest. All are given tokens; nothing is cut or read while the clock runs.

Tagging: lists of tokens in, names of tags out. On the one side `app.predict`, which also says where each
token stands; on the other `nlp.pipe` for all sentences at once, each side with its own batch size, and `nlp`
for one. Without --run the models are those that the training has left: trained for so few words, only their
speed means something.

All runs on the CPU. Each contender is a process of its own and they take turns, so that a machine that slows
down slows all. Printed are medians, and the median of the ratios within a round: above 1, keras_seq is the
faster. By the clock TensorFlow may use all cores, where spaCy uses one; words a second of processor time add
up what all cores did, and other work on the machine disturbs them less.
"""

import argparse
import importlib.util
import itertools
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from side_by_side.conditions import cpu_only, told
from side_by_side.contenders import SPAWN, Contender
from side_by_side.speeds import Speeds, print_head, print_row

from keras_seq.application import RunFolder
from keras_seq.application.tensorflow_start import start_tensorflow
from keras_seq.errors import InputError

SPACY = "spaCy"
EXPORTS = {
    "TFLite": {"format": "tflite"},
    "TFLite int8": {"format": "tflite", "quantize": "int8"},
    "SavedModel": {"format": "saved_model"},
}
LITE = ("TFLite", "TFLite int8")
WAYS = {"batch": "all at once", "one": "one by one"}


# What runs in a contender's process -------------------------------------------------------------------------


def splits(data: str, data_dir: str | None) -> dict[str, tuple[list, list]]:
    """Tokens and tags of the training and the test sentences."""
    start_tensorflow()
    from keras_seq.data import load_data

    examples = {split: load_data(data, "tagging", split, data_dir=data_dir) for split in ("train", "test")}
    return {split: (each["tokens"], each["tags"]) for split, each in examples.items()}


def learning_app(preset: str, train: tuple[list, list]) -> dict[str, Callable]:
    """A preset of the app, trained by the step that `fit` takes."""
    start_tensorflow()
    import keras
    import numpy as np
    from keras_seq.apps import Tagging

    from keras_seq.application.app import NO_TARGET
    from keras_seq.data import Batches
    from keras_seq.training import compile_model

    app = Tagging(preset)
    settings = app.settings
    keras.utils.set_random_seed(settings.seed)
    examples = app.ready(app.examples(*train))
    app.prepare(examples)
    inputs, targets = app.encode(examples)
    app.set_model(app.build_model(inputs, targets))
    options = {"batch_size": settings.batch_size, "max_length": settings.max_length, "seed": settings.seed}
    batches = Batches(inputs, targets, shuffle=True, target_padding=NO_TARGET, **options)
    steps = batches.steps * settings.epochs
    compile_model(app.model, settings, steps, app.loss(), app.metrics(), app.loss_weights())
    app.model.make_train_function()
    lengths = np.minimum([len(rows) for rows in inputs], settings.max_length)

    def words_of_steps():
        stream = iter(batches.stream())
        for epoch in itertools.count():
            for indices in batches.order(epoch):
                app.model.train_function(stream)
                yield int(lengths[indices].sum())

    def save(folder):
        app.record(data="of the benchmark")
        app.save(folder)

    return {"train": for_words(words_of_steps()), "save": save}


def exporting_app(run: str, target: Path) -> dict[str, Callable]:
    """A run that can be exported in all ways."""
    start_tensorflow()
    from keras_seq.apps import Tagging

    app = Tagging.load(run)
    return {"export": lambda name: app.export(target / name, **EXPORTS[name]) and None}


def tagging_app(folder: Path, threads: int, sentences: tuple[list, list]) -> dict[str, Callable]:
    """A run or an exported folder that tags."""
    if not (folder / "model.tflite").exists():
        start_tensorflow()
    from keras_seq.apps import Tagging

    app = Tagging.load(folder, num_threads=threads)
    tokens, tags = sentences
    return {
        "batch": lambda: app.predict(tokens) and None,
        "one": lambda: [app.predict([each])[0]["tags"] for each in tokens] and None,
        "scores": lambda: app.evaluate(tokens, tags),
    }


def spacy_tagger(
    train: tuple[list, list], sentences: tuple[list, list], seed: int = 0
) -> dict[str, Callable]:
    """spaCy's tagger, trained and tagging."""
    import spacy
    from spacy.cli.init_config import init_config
    from spacy.tokens import Doc
    from spacy.training import Example, minibatch_by_words

    spacy.util.fix_random_seed(seed)
    nlp = spacy.util.load_model_from_config(init_config(lang="en", pipeline=["tagger"]), auto_fill=True)
    examples = [
        Example(Doc(nlp.vocab, words=tokens), Doc(nlp.vocab, words=tokens, tags=tags))
        for tokens, tags in zip(*train, strict=True)
    ]
    nlp.initialize(lambda: examples)
    training = nlp.config["training"]
    optimizer = spacy.registry.resolve({"optimizer": training["optimizer"]})["optimizer"]
    size = training["batcher"]["size"]["stop"]
    tokens, tags = sentences

    def words_of_steps():
        while True:
            random.Random(seed).shuffle(examples)
            for batch in minibatch_by_words(examples, size):
                nlp.update(batch, drop=training["dropout"], sgd=optimizer)
                optimizer.step_schedules()
                yield sum(len(example.reference) for example in batch)

    def docs():
        return (Doc(nlp.vocab, words=each) for each in tokens)

    def batch():
        return [[token.tag_ for token in doc] for doc in nlp.pipe(docs())]

    def scores():
        pairs = [
            pair for found, true in zip(batch(), tags, strict=True) for pair in zip(found, true, strict=True)
        ]
        return {"token_accuracy": sum(one == other for one, other in pairs) / len(pairs)}

    return {
        "train": for_words(words_of_steps()),
        "batch": lambda: batch() and None,
        "one": lambda: [[token.tag_ for token in nlp(doc)] for doc in docs()] and None,
        "scores": scores,
    }


def for_words(words_of_steps: Iterator[int]) -> Callable[[int], int]:
    """Training steps, as the words of each -> what takes steps for so many words, and says for how many."""

    def train(wanted):
        done = 0
        while done < wanted:
            done += next(words_of_steps)
        return done

    return train


# What is measured and printed -------------------------------------------------------------------------------


def compare_training(contenders: list[Contender], words: int, rounds: int) -> None:
    """Let all take turns at learning, and print a row for each."""
    speeds = Speeds((each.name for each in contenders), SPACY)
    learnt = {}
    for contender in contenders:
        learnt[contender.name] = list(contender.ask("train", words))[:2]  # compiles, and is not counted
    for _ in range(rounds):
        for contender in contenders:
            done, clock, processor = contender.ask("train", words)
            speeds.add(contender.name, done, clock, processor)
            learnt[contender.name] = [learnt[contender.name][0] + done, learnt[contender.name][1] + clock]
    print_head(
        "training", "words/s", "× spaCy", "words/s of processor time", "× spaCy", "trained on words", "s"
    )
    for name, (done, seconds) in learnt.items():
        print_row(name, *speeds.row(name), f"{done:,}", f"{seconds:.0f}")


def compare_tagging(
    name: str, contenders: list[Contender], sentences: tuple[list, list], rounds: int
) -> None:
    """Let all take turns at tagging, and print two rows for each."""
    words = sum(map(len, sentences[0]))
    speeds = {way: Speeds((each.name for each in contenders), SPACY) for way in WAYS}
    for counted in (False, *[True] * rounds):
        for way, of_way in speeds.items():
            for contender in contenders:
                _, *times = contender.ask(way)
                if counted:
                    of_way.add(contender.name, words, *times)
    columns = ("words/s", "sentences/s", "× spaCy", "words/s of processor time", "× spaCy")
    print_head(name, "sentences", *columns)
    for contender in contenders:
        for way, said in WAYS.items():
            cells = speeds[way].row(contender.name, len(sentences[0]) / words)
            print_row(contender.name, said, *cells)


def print_quality(contenders: list[Contender]) -> None:
    """What each gets right of the same sentences."""
    scores = {each.name: each.ask("scores")[0] for each in contenders}
    metrics = list(dict.fromkeys(metric for each in scores.values() for metric in each))
    print_head("right", *metrics)
    for name, each in scores.items():
        print_row(name, *(f"{each[metric]:.4f}" if metric in each else "–" for metric in metrics))


def print_size_and_delay(folders: list[Path]) -> None:
    """Sizes, and the time of a sentence of 20 words on one thread: by tools/benchmark_export.py."""
    tool = Path(__file__).with_name("benchmark_export.py")
    command = [sys.executable, tool, *folders, "--tokens", "20", "--json"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    print_head("20 words, 1 thread", "model.tflite, bytes", "ms, median", "ms, p95")
    for folder, row in zip(folders, json.loads(done.stdout), strict=True):
        print_row(folder.name, f"{row['model_bytes']:,}", f"{row['median_ms']:.2f}", f"{row['p95_ms']:.2f}")


def measure_run(run: Path, spacy: list[Contender], sentences: tuple[list, list], given, room: Path) -> None:
    """All about one run: it is exported in all ways, and they and spaCy tag."""
    exporter = Contender(str(run), exporting_app, run, room / run.name)
    for name in EXPORTS:
        exporter.ask("export", name)
    exporter.close()
    folders = {name: room / run.name / name for name in EXPORTS}
    lite = {
        (name, threads): Contender(
            f"{name}, {threads} thread{'s' * (threads > 1)}", tagging_app, folders[name], threads, sentences
        )
        for name in LITE
        for threads in given.threads
    }
    contenders = [
        Contender("the run, by Keras", tagging_app, run, 1, sentences),
        Contender("SavedModel", tagging_app, folders["SavedModel"], 1, sentences),
        *lite.values(),
    ]
    compare_tagging(run.name, [*contenders, *spacy], sentences, given.rounds)
    print_quality([*(lite[name, given.threads[0]] for name in LITE), *spacy])
    for contender in contenders:
        contender.close()
    print_size_and_delay([folders[name] for name in LITE])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--run", nargs="+", type=Path, default=[], help="trained run folders of the app tagging"
    )
    parser.add_argument("--presets", nargs="*", default=["base", "small"], help="whose training is measured")
    parser.add_argument("--data", default="tfds:universal_dependencies/en_ewt", help="named data")
    parser.add_argument("--data-dir", help="folder of TensorFlow Datasets")
    parser.add_argument(
        "--sentences", type=int, help="of the test split, from its start; all of them otherwise"
    )
    parser.add_argument("--words", type=int, default=20_000, help="trained on in a round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], help="of LiteRT")
    given = parser.parse_args()
    if not (given.run or given.presets):
        parser.error("give a --run, or --presets to train")
    cpu_only()

    with SPAWN.Pool(1) as pool:
        try:
            for run in given.run:
                RunFolder(run).read_config()  # what is wrong with a folder is said at once
            data = pool.apply(splits, (given.data, given.data_dir))
        except InputError as error:
            raise SystemExit(str(error)) from None
    train, sentences = data["train"], tuple(column[: given.sentences] for column in data["test"])
    has_spacy = importlib.util.find_spec("spacy") is not None
    packages = ("tensorflow", "ai-edge-litert", *(["spacy"] if has_spacy else []))
    measured = (
        f"{given.data}, {len(sentences[0]):,} sentences, {sum(map(len, sentences[0])):,} words",
        f"{given.rounds} rounds",
    )
    with told(*measured, packages=packages):
        if not has_spacy:
            print("spaCy is not installed, so nothing stands beside it: pip install 'keras_seq[bench]'")

        learners = {preset: Contender(preset, learning_app, preset, train) for preset in given.presets}
        spacy = [Contender(SPACY, spacy_tagger, train, sentences)] if has_spacy else []
        if learners or spacy:
            compare_training([*learners.values(), *spacy], given.words, given.rounds)
        with tempfile.TemporaryDirectory() as room:
            runs = given.run
            if not runs:
                print("\nWithout --run these models follow, trained for so few words: only speed is meant.")
                runs = [Path(room) / "runs" / preset for preset in learners]
                for preset, learner in learners.items():
                    learner.ask("save", Path(room) / "runs" / preset)
            for learner in learners.values():
                learner.close()
            for run in runs:
                measure_run(run, spacy, sentences, given, Path(room) / "exports")


if __name__ == "__main__":
    main()
