"""A short training of each app without chance in it, for tests that train it in several places.

    python -m tests.apps.small_trainings PLACE OUTPUT [PLACE OUTPUT …]

PLACE is `single`, `mirrored` or `multi_worker`; OUTPUT an `.npz` for the weights.
"""

import sys

import numpy as np
from keras_seq.apps import Sentiment, Tagging, Translation

STEPS = 50
# 7 sentences a batch: two devices take 4 each, one of which is no sentence.
COMMON = {
    "batch_size": 7,
    "epochs": 2,
    "patience": 9,
    "embedding_dim": 6,
    "units": 4,
    "dropout": 0.0,
    "word_dropout": 0.0,
    "learning_rate": 0.01,
    "gradient_clip": 0.1,  # at nearly every step
}
WORDS = {"good": "bad", "up": "down", "old": "new", "left": "right", "hot": "cold"}


def sentences(count):
    """Sentences of 1 to 9 words, each word from WORDS, on either side."""
    random = np.random.default_rng(3)
    both = [*WORDS, *WORDS.values()]
    return [[both[k] for k in random.integers(0, len(both), random.integers(1, 10))] for _ in range(count)]


def columns(name, count):
    """The columns of an app's examples."""
    words = sentences(count)
    if name == "translation":
        other = {**WORDS, **{value: key for key, value in WORDS.items()}}
        return [" ".join(each) for each in words], [" ".join(other[word] for word in each) for each in words]
    labels = ["yes" if each[0] in WORDS else "no" for each in words]
    if name == "sentiment":
        return [" ".join(each) for each in words], labels
    return words, [["B-X" if word in WORDS else "O" for word in each] for each in words], labels


OWN = {
    "sentiment": {"num_layers": 0, "context_dropout": 0.0, "averaging": 0.9},
    "tagging": {"cell": "simple", "head": "crf", "characters": "none", "state_dropout": 0.0},
    "translation": {"tokenizer": "words", "architecture": "conv_s2s", "label_smoothing": 0.1},
}


def app_of(name, **settings):
    """An untrained app."""
    kind = {"sentiment": Sentiment, "tagging": Tagging, "translation": Translation}[name]
    return kind("toy", **{**COMMON, **OWN[name], **settings})


def trained(name, place=None, **settings):
    """The app after STEPS steps, and the scores of its validations."""
    app = app_of(name, **settings)
    examples = columns(name, 7 * STEPS // 2 - 3)
    validation = columns(name, 11) if name == "sentiment" else None  # which needs no other graph
    history = app.fit(*examples, validation_data=validation, place=place, verbose=0)
    return app, {key: values for key, values in history.history.items() if key.startswith("val_")}


def main(*places_and_outputs):
    """Train all three in each place."""
    import tensorflow as tf

    from keras_seq.training import Computing, computing_on

    if "mirrored" in places_and_outputs:
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    for where, output in zip(places_and_outputs[::2], places_and_outputs[1::2], strict=True):
        found = {}
        with computing_on(Computing(strategy=where)) as place:
            for name in OWN:
                app, scores = trained(name, place)
                found |= {f"{name}/{k}": each for k, each in enumerate(app.model.get_weights())}
                found |= {f"{name}/{key}": values for key, values in scores.items()}
                found[f"{name}/steps"] = app.model.optimizer.iterations.numpy()
        if place.is_chief:
            np.savez(output, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
