"""The pictures on the layers' pages: what each attention looks at once it has learnt a small task.

    python tools/pictures.py [LAYER …]        draw again; all of them without names (a few minutes)

The task is to align: the keys are words, the queries are the same words in another language and order, the
value of a key is its word, and each query is to bring back its own word. A layer trains for seconds on random
sentences of it and is drawn on one that it has not seen; two keys there are padding. Self-attention is drawn
on a sentence that says some words twice.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402

from keras_seq import layers  # noqa: E402
from keras_seq.layers.attention.scopes import WindowedScope  # noqa: E402
from keras_seq.viz import WeightMap  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
ENGLISH = ["I", "we", "saw", "heard", "a", "one", "big", "small", "cat", "dog", "yesterday", "today"]
CHINESE = ["我", "我们", "看见", "听见", "一只", "一个", "大", "小", "猫", "狗", "昨天", "今天"]
KEYS = ["I", "saw", "a", "big", "cat", "yesterday"]
QUERIES = ["我", "昨天", "看见", "一只", "大", "猫"]
TWICE = ["the", "cat", "saw", "the", "dog", "and", "the", "dog", "saw", "the", "cat"]
WIDTH, PADDING = 16, 2
NUMBER = len(ENGLISH)

_random = np.random.default_rng(1)
_MEANING = _random.normal(size=(NUMBER, WIDTH)).astype("float32") / 2
IN_ENGLISH = _MEANING + 0.1 * _random.normal(size=_MEANING.shape).astype("float32")
IN_CHINESE = _MEANING + 0.1 * _random.normal(size=_MEANING.shape).astype("float32")


def sentences(count: int, seed: int) -> dict[str, np.ndarray]:
    """Random sentences of the task: queries in an order near that of the keys, and padded keys."""
    random = np.random.default_rng(seed)
    length = len(KEYS)
    keys = random.permuted(np.tile(np.arange(NUMBER), (count, 1)), axis=1)[:, :length]
    moved = np.argsort(np.arange(length) + random.uniform(0, 2.5, (count, length)), axis=1)
    return _task(np.take_along_axis(keys, moved, axis=1), keys)


def shown() -> dict[str, np.ndarray]:
    """The sentence that is drawn."""
    return _task(
        np.array([[CHINESE.index(w) for w in QUERIES]]), np.array([[ENGLISH.index(w) for w in KEYS]])
    )


def _task(queries, keys):
    padded = ((0, 0), (0, PADDING), (0, 0))
    return {
        "query": IN_CHINESE[queries],
        "value": np.pad(np.eye(NUMBER, dtype="float32")[keys], padded),
        "key": np.pad(IN_ENGLISH[keys], padded),
        "value_mask": np.pad(np.ones(keys.shape, "bool"), padded[:2]),
        "answer": np.eye(NUMBER, dtype="float32")[queries],
    }


def aligned(layer, steps: int = 300) -> np.ndarray:
    """The weights `(T, S)`, or `(H, T, S)`, of a layer that has learnt the task."""
    examples = sentences(64 * steps, seed=2)
    answers = examples.pop("answer")
    inputs = {
        name: keras.Input(array.shape[1:], dtype=array.dtype, name=name) for name, array in examples.items()
    }
    context = layer(**inputs)
    if layer.trainable_weights:
        if context.shape[-1] != NUMBER:
            context = keras.layers.Dense(NUMBER)(context)
        model = keras.Model(inputs, context)
        model.compile(keras.optimizers.Adam(0.02), "mse")
        model.fit(examples, answers, batch_size=64, verbose=0)
    sentence = shown()
    del sentence["answer"]
    return np.array(layer(**sentence, return_attention_scores=True)[1])[0]


def to_itself(layer, steps: int = 600) -> np.ndarray:
    """The weights of a self-attention on a sentence with words said twice, `(T, T)` or `(H, T, T)`.

    One with weights has learnt before to tell which word stands in front of each (of the first: itself); one
    that gives fewer vectors than there are words, which words are there at all.
    """
    known = sorted(set(TWICE))
    random = np.random.default_rng(4)
    vectors = random.normal(size=(len(known), WIDTH)).astype("float32") / 2
    words = random.integers(0, len(known), (64 * steps, len(TWICE)))
    said = np.eye(len(known), dtype="float32")[words]  # (B, T, words)
    inputs = keras.Input((len(TWICE), WIDTH))
    outputs = layer(inputs)
    if layer.trainable_weights:
        if outputs.shape[1] == len(TWICE):
            answers, loss = said[:, [0, *range(len(TWICE) - 1)]], "categorical_crossentropy"
            outputs = keras.layers.Dense(len(known), activation="softmax")(outputs)
        else:
            answers, loss = said.max(axis=1), "binary_crossentropy"
            outputs = keras.layers.Dense(len(known), activation="sigmoid")(keras.layers.Flatten()(outputs))
        model = keras.Model(inputs, outputs)
        model.compile(keras.optimizers.Adam(0.005), loss)
        model.fit(vectors[words], answers, batch_size=64, verbose=0)
    shown = vectors[[known.index(word) for word in TWICE]][None]
    return np.array(layer(shown, return_attention_scores=True)[1])[0]


ALIGNED = {
    "attention/attention": lambda: layers.Attention("general", normalizer="sparsemax"),
    "attention/additive_attention": lambda: layers.AdditiveAttention(32),
    "attention/concat_attention": lambda: layers.ConcatAttention(32),
    "attention/cosine_attention": lambda: layers.CosineAttention(temperature=0.1),
    "attention/coverage_attention": lambda: layers.CoverageAttention(32),
    "attention/dot_product_attention": layers.DotProductAttention,
    "attention/general_attention": layers.GeneralAttention,
    "attention/hard_attention": lambda: layers.HardAttention("scaled_dot"),
    "attention/local_attention": lambda: layers.LocalAttention(window=2),
    "attention/location_attention": lambda: layers.LocationAttention(max_length=8),
    "attention/monotonic_attention": layers.MonotonicAttention,
    "attention/multi_head_attention": lambda: layers.MultiHeadAttention(num_heads=2, key_dim=8),
}
TO_ITSELF = {
    "attention/self_attention": lambda: layers.SelfAttention(scope="causal"),
    "attention/multi_head_self_attention": lambda: layers.MultiHeadSelfAttention(
        num_heads=2, scope=WindowedScope(2, 1)
    ),
    "attention/structured_self_attention": lambda: layers.StructuredSelfAttention(16, hops=4),
}


def draw(name: str) -> None:
    """Draw one picture and write it beside the layer's code."""
    keras.utils.set_random_seed(0)
    if name in ALIGNED:
        weights, queries = aligned(ALIGNED[name]()), QUERIES
        keys = [*KEYS, *["[PAD]"] * PADDING]
    else:
        weights, queries, keys = to_itself(TO_ITSELF[name]()), TWICE, TWICE
    if weights.ndim == 3:  # a head below the other
        queries = [f"{word} · {head + 1}" for head in range(len(weights)) for word in queries]
        weights = np.concatenate(weights)
    if len(weights) != len(queries):
        queries = [f"hop {hop + 1}" for hop in range(len(weights))]
    room, stem = name.split("/")
    folder = ROOT / "keras_seq/layers" / room / "pictures"
    folder.mkdir(exist_ok=True)
    WeightMap(weights, queries, keys).save_svg(folder / f"{stem}.svg")


def draw_all(names=()) -> None:
    """Draw the pictures of these names; all without names."""
    for name in names or [*ALIGNED, *TO_ITSELF]:
        draw(name)
        print(name)


if __name__ == "__main__":
    draw_all(sys.argv[1:])
