"""A translator as a model that answers: source ids -> translations, the search inside."""

import keras
import numpy as np
from keras import ops

from keras_seq.models.decoding_settings import DecodingSettings
from keras_seq.models.translating import Translator

__all__ = ["Translate", "translating_model"]


def translating_model(
    model: keras.Model, settings: DecodingSettings, end_id: int, most_words: int | None = None
) -> keras.Model:
    """The model that is taken away: token ids int32 `(B, S)` -> what `Translate` gives, by name.

    Args:
        model: of `build_translator`.
        settings: how to search.
        end_id: the symbol at both ends of a target.
        most_words: of a translation, its end included, where the model knows no more places.
    """
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    translate = Translate(
        model,
        end_id,
        method=settings.method,
        words_per_word=settings.words_per_word,
        words_besides=settings.words_besides,
        most_words=most_words,
        options=settings.options(),
        name="translate",
    )
    return keras.Model(token_ids, translate(token_ids), name=f"{model.name}_translating")


@keras.saving.register_keras_serializable("keras_seq")
class Translate(keras.layers.Layer):
    """Searches for the translations of source ids, and says where the best one looked.

    B batch, S source length, n translations of each, L the longest.

    Args:
        model: of `build_translator`.
        end_id: the symbol at both ends of a target.
        method: `"greedy"`, `"beam"` or `"sample"`.
        words_per_word, words_besides: a source of m ids has translations of at most
            words_per_word · m + words_besides ids,
        most_words: and of at most so many; None: of any number.
        options: of the method, see `keras_seq.decoding`.

    Call arguments:
        token_ids: int32 `(B, S)`, 0 = padding.

    Returns:
        target_ids int32 `(B, n, L)`, lengths int32 `(B, n)`, scores float32 `(B, n)`, as in
        `keras_seq.decoding.Decoded`; where the model attends, alignment float32 `(B, L, S)`: by which weights
        each word of the first translation was told, zeros behind its end.
    """

    def __init__(
        self,
        model,
        end_id,
        method="greedy",
        words_per_word=2.0,
        words_besides=10,
        most_words=None,
        options=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.model = keras.saving.deserialize_keras_object(model) if isinstance(model, dict) else model
        self.end_id = end_id
        self.method = method
        self.words_per_word = words_per_word
        self.words_besides = words_besides
        self.most_words = most_words
        self.options = dict(options or {})
        self.translator = Translator(self.model, end_id)
        # Its own, so that it is taken away with the model: Keras' is not.
        self._drawing = {"seed": keras.random.SeedGenerator()} if method == "sample" else {}

    @property
    def several(self) -> int:
        """n."""
        return self.options.get("n_best") or self.options.get("num_samples") or 1

    def limits(self, token_ids):
        """How many steps a translation of each source takes at most, its end included: int32 `(B,)`."""
        length = ops.sum(ops.cast(ops.not_equal(token_ids, 0), "int32"), axis=1)
        limits = ops.cast(self.words_per_word * ops.cast(length, "float32"), "int32") + self.words_besides
        return limits if self.most_words is None else ops.minimum(limits, self.most_words)

    def call(self, token_ids):
        limits, source_length = self.limits(token_ids), token_ids.shape[1]
        longest = ops.max(limits) if source_length is None else self.longest(source_length)
        found = self.translator.translate(
            token_ids,
            self.method,
            max_length=longest,
            limits=limits,
            aligned=True,
            **self._drawing,
            **self.options,
        )
        target_ids, weights = found.token_ids, found.weights
        if source_length is None:  # L is open: no longer than what was found
            longest = ops.maximum(ops.max(found.lengths), 1)
            target_ids = target_ids[:, :, :longest]
            weights = None if weights is None else weights[:, :longest]
        outputs = {"target_ids": target_ids, "lengths": found.lengths, "scores": found.scores}
        if weights is not None:
            is_word = ops.expand_dims(ops.not_equal(target_ids[:, 0], 0), -1)  # an untrained model may say 0
            outputs["alignment"] = ops.where(is_word, weights, 0.0)
        return outputs

    def longest(self, source_length: int) -> int:
        """How many steps there are at most for a source of so many ids; browsers' LiteRT must know it."""
        longest = int(np.float32(self.words_per_word) * np.float32(source_length)) + self.words_besides
        return longest if self.most_words is None else min(longest, self.most_words)

    def compute_output_spec(self, token_ids):
        batch, source = token_ids.shape
        shapes = {"target_ids": (batch, self.several, None), "lengths": (batch, self.several)}
        outputs = {name: keras.KerasTensor(shape, "int32") for name, shape in shapes.items()}
        outputs["scores"] = keras.KerasTensor((batch, self.several), "float32")
        if self.translator.attends:
            outputs["alignment"] = keras.KerasTensor((batch, None, source), "float32")
        return outputs

    def get_config(self):
        return {
            **super().get_config(),
            "model": keras.saving.serialize_keras_object(self.model),
            "end_id": self.end_id,
            "method": self.method,
            "words_per_word": self.words_per_word,
            "words_besides": self.words_besides,
            "most_words": self.most_words,
            "options": self.options,
        }
