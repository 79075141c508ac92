"""What a translator's own Keras model says about a given translation."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from keras_seq.decoding import penalties
from keras_seq.models import Translate

__all__ = ["Hypotheses", "Hypothesis"]


class Hypothesis(NamedTuple):
    """A translation, judged.

    Attributes:
        log_prob: Σ_t log p(word_t | …), nats.
        score: as the search ranks it.
        weights: `(n, S)`, where each word looked; None without attention.
        steps: words that were said, the end counted where it was said.
    """

    log_prob: float
    score: float
    weights: np.ndarray | None
    steps: int


class Hypotheses:
    """Judges translations in one pass over all their words, without a search.

    Args:
        translate: of `keras_seq.models.translating_model`: the model, and how its search scores.
    """

    def __init__(self, translate: Translate):
        self._translate = translate
        ids = tf.TensorSpec((None,), tf.int32)
        self._judge = tf.function(self._judged, [ids, ids], autograph=False, jit_compile=False)

    def __call__(self, source_ids: Sequence[int], target_ids: Sequence[int]) -> Hypothesis:
        """One translation, without its end, of one source, with its end."""
        with tf.device("CPU:0"):
            log_prob, score, steps, *weights = self._judge(
                tf.constant(source_ids, tf.int32), tf.constant(target_ids, tf.int32)
            )
        looked = weights[0].numpy()[: len(target_ids)] if weights else None
        return Hypothesis(float(log_prob), float(score), looked, int(steps))

    def _judged(self, source_ids, target_ids):
        translate, source_ids = self._translate, source_ids[None]
        # What was cut off at its limit has not ended.
        steps = tf.minimum(tf.size(target_ids) + 1, translate.limits(source_ids)[0])
        said = tf.concat([target_ids, [translate.end_id]], 0)[:steps]
        read = tf.concat([[translate.end_id], target_ids], 0)[None, :steps]
        logits = translate.model({"source_ids": source_ids, "target_ids": read}, training=False)[0]
        log_prob = tf.reduce_sum(tf.gather(tf.nn.log_softmax(logits), said, batch_dims=1))
        weights = translate.translator.weights(source_ids, read)  # (1, steps, S)
        alpha, beta = (translate.options.get(f"{name}_penalty", 0.0) for name in ("length", "coverage"))
        score = log_prob / penalties.length_penalty(steps, alpha)
        if beta:
            coverage = tf.reduce_sum(weights, axis=1, keepdims=True)  # (1, 1, S)
            score += penalties.coverage_penalty(coverage, source_ids != 0, beta)[0, 0]
        if weights is None:
            return log_prob, score, steps
        is_word = said[:, None] != 0  # `Translate` shows no weights where the model says padding
        return log_prob, score, steps, tf.where(is_word, weights[0], 0.0)
