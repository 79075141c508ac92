"""Time and memory of the app translation as sentences and vocabularies grow.

    python tools/benchmark_growth.py --grow length
    python tools/benchmark_growth.py --grow vocabulary
    python tools/benchmark_growth.py --grow length --architectures rnn --values 10 20 --steps 2     small

For each architecture a training step, and decoding with a beam, of a batch of random words that are all
equally long, source and target; decoding takes as many steps as the source has words. --grow length has 8,000
words in each vocabulary, --grow vocabulary sentences of 25. Widths are the settings' own, with one level of
encoder and decoder (rnn) or three (conv_s2s, transformer).

Each number comes from a process of its own. Milliseconds are the median of some steps after two that are not
counted; memory is the most that the process ever held (ru_maxrss), less what it held before the model was
built. Where "ms a word" stays the same the time grows as the words do. Beside it stands the size of one
tensor of float32 logits of the batch, which a training step cannot do without.
"""

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable

from side_by_side.conditions import cpu_only, told
from side_by_side.contenders import Contender
from side_by_side.speeds import print_head, print_row

from keras_seq.application.tensorflow_start import start_tensorflow

ARCHITECTURES = {
    "rnn": {"num_layers": 1, "attention.score": "additive"},
    "conv_s2s": {"num_layers": 3},
    "transformer": {"num_layers": 3},
}
VALUES = {"length": [10, 25, 50, 100, 200, 400], "vocabulary": [8_000, 16_000, 32_000, 64_000]}
END, BEAM = 2, 5
MEBIBYTE = 2**20


# What runs in a process of its own --------------------------------------------------------------------------


def model_at_work(
    architecture: str, batch: int, length: int, vocabulary: int, steps: int
) -> dict[str, Callable]:
    """A translator that learns, or that decodes: each gives milliseconds, and MiB of memory."""
    start_tensorflow()
    import keras
    import numpy as np
    import tensorflow as tf
    from keras_seq.apps import Translation

    from keras_seq.decoding import beam_search
    from keras_seq.models import Translator, build_translator
    from keras_seq.training import compile_model

    before = peak()
    keras.utils.set_random_seed(0)
    settings = {"shared_vocabulary": False, "tied": "none", "averaging": 0.0, **ARCHITECTURES[architecture]}
    app = Translation("base", architecture=architecture, **settings)
    model = build_translator(app.settings, vocabulary, vocabulary)
    ids = np.random.default_rng(0).integers(END + 1, vocabulary, (3, batch, length), dtype="int32")

    def measured(call):
        times = []
        for _ in range(2 + steps):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        return 1000 * statistics.median(times[2:]), (peak() - before) / MEBIBYTE

    def training():
        compile_model(model, app.settings, 1000, app.loss(), [])
        example = ({"source_ids": ids[0], "target_ids": ids[1]}, ids[2])
        stream = iter(tf.data.Dataset.from_tensors(example).repeat())
        model.make_train_function()
        return measured(lambda: float(model.train_function(stream)["loss"]))

    def decoding():
        translator = Translator(model, END)

        @tf.function(autograph=False)
        def search(source_ids):
            step, cache = translator.start(source_ids, length, copies=BEAM)
            options = {"beam_width": BEAM, "max_length": length, "start_id": END, "end_id": -1}  # none ends
            moves = {"branch": translator.branched, "reorder": translator.reordered}
            return beam_search(step, cache, batch, **moves, **options).scores

        source_ids = tf.constant(ids[0])
        return measured(lambda: search(source_ids).numpy())

    return {"training": training, "decoding": decoding}


def peak() -> int:
    """The most memory that this process ever held, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


# What is measured and printed -------------------------------------------------------------------------------


def compare(architecture: str, given) -> None:
    """A table: a row for each value, what a step of training and a whole decoding take."""
    columns = [f"{what}: {each}" for what in ("training", "decoding") for each in ("ms", "ms a word", "MiB")]
    print_head(f"{architecture}, {given.grow}", *columns, "logits of a batch: MiB")
    for value in given.values:
        sizes = {"batch": given.batch, "length": 25, "vocabulary": 8_000, given.grow: value}
        cells, words = [], sizes["batch"] * sizes["length"]
        for what in ("training", "decoding"):
            title = f"{architecture}, {what}, {given.grow} {value}"
            worker = Contender(title, model_at_work, architecture, *sizes.values(), given.steps)
            milliseconds, mebibytes = worker.ask(what)[0]
            worker.close()
            cells += [f"{milliseconds:,.0f}", f"{milliseconds / words:.3f}", f"{mebibytes:,.0f}"]
        print_row(f"{value:,}", *cells, f"{4 * words * sizes['vocabulary'] / MEBIBYTE:,.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--grow", choices=VALUES, default="length", help="what is varied")
    parser.add_argument("--values", nargs="+", type=int, help="sizes of it, instead of the usual ones")
    parser.add_argument("--architectures", nargs="+", choices=ARCHITECTURES, default=list(ARCHITECTURES))
    parser.add_argument("--batch", type=int, help="sentences; 16 as lengths grow, 64 as vocabularies do")
    parser.add_argument("--steps", type=int, default=5, help="measured, in each process")
    given = parser.parse_args()
    given.values = given.values or VALUES[given.grow]
    given.batch = given.batch or {"length": 16, "vocabulary": 64}[given.grow]
    cpu_only()
    with told(f"batch {given.batch}, beam {BEAM}, {given.steps} steps"):
        for architecture in given.architectures:
            compare(architecture, given)


if __name__ == "__main__":
    main()
