"""Speed of the app translation beside JoeyNMT and CTranslate2: training, and translating a test set.

    python tools/benchmark_translation.py --train DATA/train --source-language en --target-language de
    python tools/benchmark_translation.py --test DATA/test --source-language en --target-language de --run RUN
    python tools/benchmark_translation.py … --peer-python OTHER/bin/python      beside the other two

Data are pairs of files PREFIX.LANG, or what else the app reads. The other two live in an environment of
their own, which needs nothing of ours; without it the tool measures ours alone (on Linux or macOS):

    python3 -m venv other && other/bin/pip install joeynmt==2.3.0 importlib-metadata ctranslate2

Training, with --train: a network as JoeyNMT has it, from words to words with a vocabulary for each side:
embeddings 256, one bidirectional GRU of 256, a GRU of 512 with input feeding and additive attention, batches
of 64, dropout 0.2, Adam, gradients clipped. In our settings that is cell=luong, score=additive: JoeyNMT
attends with the state of this step. Both begin with the same weights; first the loss of one batch is
compared. The formulas are the same but for a bias inside the attentional vector, which JoeyNMT trains, one
symbol more in its softmax, and where dropout acts: there on the fed vector and under the attentional one too,
here on words and above it. Each takes the batches that it makes: the app those of sentences of like length,
JoeyNMT any 64 of all sentences. How fast it would be with the app's batches is a row of its own.

Translating, with --test: texts in, texts out by `app.predict`, with beam search inside; the others are given
ids and give ids, which saves them the cutting of words. Each gets our weights:

- JoeyNMT those of a recurrent run that is built as above, of any width. Without --run these are the weights
  that the training has left, and only speed is meant.
- CTranslate2 those of a Transformer with sinusoidal positions. Its queries, keys and values are one product,
  and its table of positions is ours, which alternates sines and cosines; nothing else differs. float32.

Their searches differ in when they stop, CTranslate2's also in the length penalty, |Y|^α and not
((5 + |Y|) / 6)^α: so the table says how long translations are and how many are the same as the run's.
CTranslate2 is told our patience, how many hypotheses must have ended, and our penalty; --patience and
--length-penalty change them for both. Without a penalty both rank alike. What the app gives says where each
word looked; a row of its own shows CTranslate2 asked for that too.

All runs on the CPU, with as many threads as it has cores for this process: `taskset` narrows them. Each
contender is a process of its own and they take turns, so that a machine that slows down slows all. Printed
are medians, and the median of the ratios within a round: above 1, keras_seq is the faster. Words a second of
processor time add up what all cores did, and other work on the machine disturbs them less.
"""

import argparse
import itertools
import random
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from side_by_side.conditions import cpu_only, told, usable_cores
from side_by_side.contenders import Contender, Peer, has
from side_by_side.speeds import Speeds, print_head, print_row

from keras_seq.application import RunFolder
from keras_seq.application.tensorflow_start import start_tensorflow
from keras_seq.errors import InputError
from keras_seq.settings import parse_assignments

OURS = "keras_seq"
KERAS = "the run, by Keras"
EXPORTS = {"SavedModel": "saved_model", "TFLite": "tflite"}
MODULES = {"JoeyNMT": "joeynmt_peer", "CTranslate2": "ctranslate2_peer"}
SETTINGS = {
    "tokenizer": "words", "shared_vocabulary": False, "tied": "none", "architecture": "rnn", "num_layers": 1,
    "embedding_dim": 256, "units": 256, "decoder_units": 512, "cell": "gru", "batch_size": 64,
    "dropout": 0.2, "state_dropout": 0.2, "label_smoothing": 0.0, "averaging": 0.0, "gradient_clip": 1.0,
    "attention.cell": "luong", "attention.score": "additive", "attention.input_feeding": True,
}  # fmt: skip


# What runs in a contender's process -------------------------------------------------------------------------


def learning_app(data: tuple, vocabulary_sizes: list[int], changes: dict) -> dict[str, Callable]:
    """A translator that is trained by the step that `fit` takes.

    Args:
        data: of `read_pairs`.
        vocabulary_sizes: of the source, of the target.
        changes: settings, over those of the benchmark.
    """
    start_tensorflow()
    import keras
    from keras_seq.apps import Translation

    from keras_seq.application.trainer import batches_of
    from keras_seq.data import pad
    from keras_seq.text import TextEncoder
    from keras_seq.training import compile_model

    app = Translation("base", **{**SETTINGS, **changes})
    settings = app.settings
    keras.utils.set_random_seed(settings.seed)
    pairs = read_pairs(*data)
    app.source_encoder, app.target_encoder = (
        TextEncoder.fit(texts, tokenizer=settings.tokenizer, vocabulary_size=size, keep_spaces=True, end=True)
        for texts, size in zip(pairs, vocabulary_sizes, strict=True)
    )
    inputs, targets = app.encode(app.examples(*pairs))
    app.set_model(app.build_model(inputs, targets))
    batches = batches_of(app, inputs, targets, shuffle=True)
    compile_model(app.model, settings, 30 * batches.steps, app.loss(), [])
    app.model.make_train_function()
    stream = iter(batches.stream())
    order = (indices for epoch in itertools.count() for indices in batches.order(epoch))
    columns, shuffling = (inputs["source_ids"], targets), random.Random(settings.seed)
    next_ones = []

    def ids_of(indices):
        return tuple([column[index] for index in indices] for column in columns)

    def next_batches(steps):
        """The ids of the next batches, which the next `train` takes."""
        next_ones[:] = map(ids_of, itertools.islice(order, steps))
        return next_ones

    def any_batches(steps):
        """As many of sentences of any length."""
        return [ids_of(shuffling.sample(range(len(targets)), settings.batch_size)) for _ in range(steps)]

    def loss():
        """Of the first of them, without dropout: nats a token."""
        sources, wanted = next_ones[0]
        begun = [[wanted[0][-1], *ids[:-1]] for ids in wanted]
        logits = app.model({"source_ids": pad(sources), "target_ids": pad(begun)}, training=False)
        words = pad([[each + 1 for each in ids] for ids in wanted]) - 1  # where nothing stands: NO_TARGET
        return float(app.loss()(words, logits))

    def train():
        logs = {}
        for _ in next_ones:
            logs = app.model.train_function(stream)
        float(logs["loss"])  # waits for it
        return sum(len(ids) for _, wanted in next_ones for ids in wanted)

    def save(folder):
        app.record(data="of the benchmark")
        app.save(folder)

    return {
        "sizes": lambda: sizes_of(app)[1],
        "next": next_batches,
        "any": any_batches,
        "loss": loss,
        "train": train,
        "weights": lambda file: write_weights(app, file),
        "save": save,
    }


def exporting_app(run: Path, beam: dict) -> dict[str, Callable]:
    """A run that can be exported, and tell another what it needs to translate alike."""
    app = loaded(run, beam)
    end = app.source_encoder.vocabulary.end_id
    search = ("beam_width", "length_penalty", "patience", "words_per_word", "words_besides")
    return {
        "sizes": lambda: sizes_of(app),
        "weights": lambda file: write_weights(app, file),
        "ids": lambda texts: [[*app.source_encoder.encode(text), end] for text in texts],
        "search": lambda: {name: getattr(app.settings.decoding, name) for name in search},
        "export": lambda folder, format: app.export(folder, format) and None,
    }


def translating_app(folder: Path, beam: dict, texts: list[str], threads: int) -> dict[str, Callable]:
    """A run or an exported folder that translates; an export has its search inside."""
    app = loaded(folder, beam, threads)
    ids = {token: number for number, token in enumerate(app.target_encoder.vocabulary.tokens)}
    answers = []

    def translate():
        answers[:] = app.predict(texts)

    return {
        "translate": translate,
        "found": lambda: [[ids[token] for token in answer["tokens"]] for answer in answers],
    }


def loaded(folder, beam, threads=1):
    """An app that searches with a beam of these settings."""
    if not (Path(folder) / "model.tflite").exists():
        start_tensorflow()
    from keras_seq.apps import Translation

    from keras_seq.settings import updated

    app = Translation.load(folder, num_threads=threads)
    chosen = {"method": "beam", "n_best": 1, "coverage_penalty": 0.0, **beam}
    app.settings = updated(app.settings, {f"decoding.{name}": value for name, value in chosen.items()})
    return app


def sizes_of(app) -> tuple[str | None, dict | str]:
    """Which other program can compute what this app's model does, and what it must know; None: and why."""
    settings = app.settings
    if settings.architecture == "transformer":
        if settings.positions != "sinusoidal":
            return None, f"CTranslate2 is compared with sinusoidal positions, not {settings.positions} ones."
        names = ("num_layers", "decoder_layers", "heads", "norm_first")
        sizes = {name: getattr(settings, name) for name in names}
        return "CTranslate2", {**sizes, "decoder_layers": settings.decoder_layers or settings.num_layers}
    attention = settings.attention
    given = {
        "architecture": settings.architecture,
        "context": settings.context,
        "cell": settings.cell,
        "bidirectional": settings.bidirectional,
        "num_layers": settings.num_layers,
        "decoder_layers": settings.decoder_layers or settings.num_layers,
        "tied": settings.tied,
        "decoder_units": settings.decoder_units or 2 * settings.units,
        "attention.cell": attention.cell,
        "attention.score": attention.score,
        "attention.input_feeding": attention.input_feeding,
        "attention.scope": attention.scope,
        "attention.normalizer": attention.normalizer,
        "attention.selection": attention.selection,
    }
    wanted = {
        "architecture": "rnn", "context": "attention", "cell": "gru", "bidirectional": True, "num_layers": 1,
        "decoder_layers": 1, "tied": "none", "decoder_units": 2 * settings.units, "attention.cell": "luong",
        "attention.score": "additive", "attention.input_feeding": True, "attention.scope": "global",
        "attention.normalizer": "softmax", "attention.selection": "soft",
    }  # fmt: skip
    unlike = {name: value for name, value in given.items() if value != wanted[name]}
    if unlike:
        return (
            None,
            f"JoeyNMT has no equal of {', '.join(f'{name}={each}' for name, each in unlike.items())}.",
        )
    names = ("embedding_dim", "units", "dropout", "learning_rate", "gradient_clip")
    return "JoeyNMT", {
        **{name: getattr(settings, name) for name in names},
        "decoder_units": given["decoder_units"],
        "source_vocabulary": len(app.source_encoder.vocabulary),
        "target_vocabulary": len(app.target_encoder.vocabulary),
    }


def write_weights(app, file) -> None:
    """All weights by their paths in a model just built; for one out of a file Keras has others."""
    import numpy as np

    from keras_seq.models import build_translator

    sizes = (len(encoder.vocabulary) for encoder in (app.source_encoder, app.target_encoder))
    counted = re.compile(r"\b(luong_cell|gru_cell|attention|additive_score)_\d+/")
    paths = [counted.sub(r"\1/", each.path) for each in build_translator(app.settings, *sizes).weights]
    np.savez(file, **dict(zip(paths, app.model.get_weights(), strict=True)))


def read_pairs(prefix: str, source_language: str, target_language: str) -> tuple[list[str], list[str]]:
    """Source and target texts."""
    from keras_seq.data import read_examples

    examples = read_examples(
        prefix, "translation", source_language=source_language, target_language=target_language
    )
    return examples["source"], examples["target"]


# What is measured and printed -------------------------------------------------------------------------------


def compare_training(app: Contender, peer: Peer | None, steps: int, rounds: int, room: Path) -> None:
    """Let both take turns at learning, and print a row for each, and one for the peer with our batches."""
    name = None if peer is None else peer.name
    given = f"{name}, batches of {app.name}"
    speeds = Speeds([app.name] if peer is None else [app.name, name, given], name)
    if peer is not None:
        app.ask("weights", room / "begin.npz")
        peer.ask("load", room / "begin.npz")
    for turn in range(1 + rounds):
        batches = app.ask("next", steps)[0]
        turns = [(app.name, app, None)]
        if peer is not None:
            turns += [(given, peer, batches), (name, peer, app.ask("any", steps)[0])]
        for row, contender, theirs in turns:
            if theirs is not None:
                contender.ask("batches", theirs)
            if not turn and theirs is batches:
                losses = (f"{each.name} {each.ask('loss')[0]:.5f}" for each in (app, peer))
                print(f"\nLoss of the same batch by the same weights: {', '.join(losses)}")
            done, clock, processor = contender.ask("train")
            if turn:  # the first compiles
                speeds.add(row, done, clock, processor)
    ratio = f"× {name}"
    print_head("training", "target tokens/s", ratio, "target tokens/s of processor time", ratio)
    for row in speeds.rounds:
        print_row(row, *speeds.row(row))


def compare_translating(
    title: str,
    contenders: list[Contender],
    arguments: dict,
    beside: str | None,
    limits: list[int],
    rounds: int,
) -> None:
    """Let all take turns at translating, and print a row for each; the first is the run itself.

    Of what another says about a sentence, so many tokens are compared as the run may say: `limits`.
    """
    speeds, found = Speeds((each.name for each in contenders), beside), {}
    for turn in range(1 + rounds):
        for contender in contenders:
            _, *times = contender.ask("translate", *arguments.get(contender.name, ()))
            if not turn:  # the first compiles
                found[contender.name] = contender.ask("found")[0]
            else:
                speeds.add(contender.name, sum(map(len, found[contender.name])), *times)
    ratio = f"× {beside}"
    columns = ("tokens/s", "sentences/s", ratio, "tokens/s of processor time", ratio)
    print_head(title, *columns, "tokens a sentence", "same as the run")
    as_run = found[contenders[0].name]
    for contender in contenders:
        own = found[contender.name]
        length = sum(map(len, own)) / len(own)
        cut = (ids[:limit] for ids, limit in zip(own, limits, strict=True))
        same = sum(one == other for one, other in zip(cut, as_run, strict=True)) / len(own)
        print_row(contender.name, *speeds.row(contender.name, 1 / length), f"{length:.2f}", f"{same:.1%}")


def measure_run(run: Path, texts: list[str], given, peers: dict[str, str], room: Path) -> None:
    """Everything about one run: it is exported, and it, its exports and the other program translate."""
    room.mkdir(parents=True)
    told = {"patience": given.patience, "length_penalty": given.length_penalty}
    beam = {"beam_width": given.beam, **{name: each for name, each in told.items() if each is not None}}
    exporter = Contender(str(run), exporting_app, run, beam)
    named, sizes = exporter.ask("sizes")[0]
    search, threads = exporter.ask("search")[0], usable_cores()
    ids = exporter.ask("ids", texts)[0]
    limits = [int(search["words_per_word"] * len(each)) + search["words_besides"] for each in ids]
    contenders, arguments = [Contender(KERAS, translating_app, run, beam, texts, threads)], {}
    for name in given.exports:
        exporter.ask("export", room / name, EXPORTS[name])
        contenders.append(Contender(name, translating_app, room / name, beam, texts, threads))
    if named in peers:
        exporter.ask("weights", room / "weights.npz")
        if named == "JoeyNMT":
            contenders.append(Peer(named, given.peer_python, MODULES[named], sizes, threads))
            contenders[-1].ask("load", room / "weights.npz")
            arguments[named] = (ids, given.peer_batch, search)
        else:
            file = str(room / "weights.npz")
            for name, alignments in ((named, False), (f"{named}, with alignments", True)):
                contenders.append(Peer(name, given.peer_python, MODULES[named], sizes, file, threads))
                arguments[name] = (ids, given.peer_batch, search, alignments)
    elif named is None:
        print(f"\n{sizes}")
    exporter.close()
    beside = named if named in peers else None
    title = f"{run.name}, beam {given.beam}"
    compare_translating(title, contenders, arguments, beside, limits, given.rounds)
    for contender in contenders:
        contender.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train", help="training is measured on these pairs")
    parser.add_argument("--test", help="translating is measured on the sources of these pairs")
    parser.add_argument("--source-language", required=True, help="what is translated")
    parser.add_argument("--target-language", required=True, help="what it is translated into")
    parser.add_argument("--run", nargs="+", type=Path, default=[], help="trained run folders")
    parser.add_argument("--peer-python", help="Python of an environment with joeynmt and ctranslate2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20, help="of training in a round")
    parser.add_argument(
        "--vocabulary", nargs=2, type=int, default=[7700, 9600], help="sizes, of source and target"
    )
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="settings of the training")
    parser.add_argument("--sentences", type=int, help="of the test, from its start; all of them otherwise")
    parser.add_argument("--beam", type=int, default=5, help="width of the search; 1 is a greedy one")
    parser.add_argument("--patience", type=float, help="of the search; that of the run otherwise")
    parser.add_argument("--length-penalty", type=float, help="of the search; that of the run otherwise")
    parser.add_argument("--peer-batch", type=int, default=32, help="sentences in a batch of the others")
    parser.add_argument(
        "--exports", nargs="*", choices=EXPORTS, default=["SavedModel"], help="that translate too"
    )
    given = parser.parse_args()
    if not given.train and not (given.test and given.run):
        parser.error("give --train, or --test and a --run")
    cpu_only()
    languages = given.source_language, given.target_language
    peers = {}
    if given.peer_python:
        versions = {name: has(given.peer_python, name.lower()) for name in MODULES}
        peers = {name: each for name, each in versions.items() if each}
        for name in MODULES.keys() - peers.keys():
            print(f"{given.peer_python} has no {name}: pip install {name.lower()}")
    try:
        changes = parse_assignments(given.set)
        for run in given.run:
            RunFolder(run).read_config()  # what is wrong with a folder is said at once
        texts = read_pairs(given.test, *languages)[0][: given.sentences] if given.test else []
    except InputError as error:
        raise SystemExit(str(error)) from None
    measured = (
        *([f"training on {given.train}, {given.steps} steps a round"] if given.train else []),
        *([f"translating {given.test}, {len(texts):,} sentences"] if texts else []),
    )
    others = tuple(" ".join(each) for each in peers.items())
    with told(*measured, f"{given.rounds} rounds", others=others), tempfile.TemporaryDirectory() as folder:
        room, runs = Path(folder), given.run
        if given.train:
            data = (given.train, *languages)
            app = Contender(OURS, learning_app, data, given.vocabulary, changes)
            peer = None
            if "JoeyNMT" in peers:
                sizes = app.ask("sizes")[0]
                peer = Peer("JoeyNMT", given.peer_python, MODULES["JoeyNMT"], sizes, usable_cores())
            compare_training(app, peer, given.steps, given.rounds, room)
            if texts and not runs:
                print("\nWithout --run the weights are what this training left: only speed is meant.")
                runs = [room / "runs" / "trained here"]
                app.ask("save", runs[0])
            for contender in (app, peer):
                if contender is not None:
                    contender.close()
        for run in runs if texts else ():
            measure_run(run, texts, given, peers, room / "measured" / run.name)


if __name__ == "__main__":
    main()
