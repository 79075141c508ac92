"""A translator model at work: what is computed once a source, one step, alignments, whole translations."""

import keras
from keras import ops

from keras_seq import decoding
from keras_seq.errors import InputError, nearest
from keras_seq.ops.exporting import is_for_export

__all__ = ["Translator"]

_METHODS = {"greedy": decoding.greedy, "beam": decoding.beam_search, "sample": decoding.sample}
_COPIES = {"beam": "beam_width", "sample": "num_samples"}  # which option says how many rows a source has


class Translator:
    """What a model of `build_translator` can do besides training: whole translations, and their single steps.

    For a model just built, trained or loaded from a file. It reads the model's weights as they are at the
    time; everything runs eagerly, in graphs, under XLA, on JAX, and converts to LiteRT inside of
    `keras_seq.ops.exporting.for_export`.

    B batch, S source length, T target length, V target vocabulary, N rows: B, or B · K with K hypotheses.

    Args:
        model: of `build_translator`.
        end_id: the symbol that stands before the first and behind the last word of a target.

    Raises:
        InputError: the model is no translator.
    """

    def __init__(self, model: keras.Model, end_id: int = 2):
        named = {layer.name: layer for layer in model.layers}
        self._embedding = named.get("target_embedding") or named.get("embedding")
        if not {"encoder", "decoder"} <= set(named) or self._embedding is None:
            raise InputError(f"The model {model.name!r} is no translator: it has no encoder and decoder.")
        self.model = model
        self.end_id = end_id
        self._decoder, self._readout, self._logits = (
            named.get(name) for name in ("decoder", "readout", "logits")
        )
        # The encoder with what stands before it.
        self._encode = keras.Model(model.input["source_ids"], named["encoder"].output, name="encode")

    @property
    def attends(self) -> bool:
        """Whether there are weights over the source."""
        return self._decoder.attends

    @property
    def vocabulary_size(self) -> int:
        """V."""
        return self.model.output.shape[-1]

    def start(self, source_ids, max_length, copies: int = 1):
        """What is computed once a source.

        Args:
            source_ids: int32 `(B, S)`, 0 = padding.
            max_length: steps that there will be at most, an int or an int32 scalar tensor.
            copies: K, hypotheses that each source will have; see `branched`.

        Returns:
            step: `(token_ids int32 (N,), cache, t) -> logits (N, V), weights (N, S) or None, cache`.
            cache: for step 0, of one hypothesis a source; nested tensors.
        """
        prepared = self.prepare(source_ids)
        cache, project = self.initial_cache(prepared, max_length, copies), self._projection()

        def step(token_ids, cache, t):
            prepared, past = cache
            logits, weights, past = self.step(token_ids, prepared, past, t, project)
            return logits, weights, (prepared, past)

        return step, (prepared, cache)

    def read(self, source_ids):
        """What the encoder makes of a source, a list of `(B, S, …)`, and its mask `(B, S)`."""
        source_ids = ops.cast(source_ids, "int32")
        memory = keras.tree.flatten(self._encode(source_ids, training=False))
        return memory, ops.not_equal(source_ids, 0)

    def prepare(self, source_ids):
        """What all steps read of a source: nested tensors `(B, …)`."""
        memory, mask = self.read(source_ids)
        return self._decoder.prepare(*memory, memory_mask=mask)

    def initial_cache(self, prepared, max_length, copies: int = 1):
        """What the first step reads of those before it; see `start`."""
        return self._decoder.initial_cache(prepared, max_length, copies)

    def branched(self, cache, copies):
        """What `start` or the first step gave, where source b has K hypotheses: the k-th is row b · K + k."""
        prepared, past = cache
        return self._decoder.repeated(prepared, copies), self._decoder.branched(past, copies)

    def reordered(self, cache, rows):
        """What `branched` gave, where row n goes on from what was row `rows[n]` of the same source."""
        prepared, past = cache
        return prepared, self._decoder.reordered(past, rows)

    def step(self, token_ids, prepared, cache, t, project=None):
        """One step as `start` gives it; `prepared` as from `prepare`, for N = B."""
        words = self._embedding(token_ids)  # (N, D)
        states, weights, cache = self._decoder.step(words, prepared, cache, t)
        answers = states if self._readout is None else self._readout(states)
        return (project or self._projection())(answers), weights, cache

    def weights(self, source_ids, target_ids):
        """Where the decoder looks for each word of a given target, in one pass.

        Args:
            source_ids: int32 `(B, S)`.
            target_ids: int32 `(B, T)`: the decoder's inputs, `end_id` first. 0 is a word as others here: an
                untrained model may say it.

        Returns:
            weights `(B, T, S)`: in row t those by which the word behind target_ids_t is told; zeros on
            padding of the source. None where the decoder has no attention.
        """
        if not self.attends:
            return None
        memory, mask = self.read(source_ids)
        _, weights = self._decoder(
            self._embedding(target_ids),
            *memory,
            memory_mask=mask,
            return_attention_scores=True,
            training=False,
        )
        return weights

    def translate(
        self, source_ids, method: str = "greedy", *, max_length, limits=None, aligned=False, **options
    ):
        """Whole translations.

        Args:
            source_ids: int32 `(B, S)`, 0 = padding.
            method: `"greedy"`, `"beam"` or `"sample"`.
            max_length: words of a translation at most, its end included; an int or an int32 scalar tensor.
            limits: int32 `(B,)`, at most so many for each source; None: max_length.
            aligned: whether to tell where the best one looked too, where the model attends.
            options: of the function of `keras_seq.decoding`: `beam_width`, `length_penalty`, `temperature`, …

        Returns:
            `keras_seq.decoding.Decoded`: token_ids int32 `(B, n, L)`, lengths, scores, weights.

        Raises:
            InputError: an unknown method, options that do not go together.
        """
        if method not in _METHODS:
            raise InputError(f"There is no way of decoding {method!r}. Known: {nearest(method, _METHODS)}.")
        copies = options.get(_COPIES.get(method), 1)
        step, cache = self.start(source_ids, max_length, copies)
        if aligned and self.attends:
            options["source_length"] = ops.shape(source_ids)[1]
        if method == "beam":
            options["reorder"] = self.reordered
        if method in _COPIES:
            options["branch"] = self.branched
        if options.get("coverage_penalty"):
            options["value_mask"] = ops.not_equal(source_ids, 0)
        return _METHODS[method](
            step,
            cache,
            ops.shape(source_ids)[0],
            max_length=max_length,
            start_id=self.end_id,
            end_id=self.end_id,
            limits=limits,
            **options,
        )

    def _projection(self):
        """What makes logits float32 `(N, V)` of answers `(N, W)`; for many steps, made once."""
        if self._logits is not None:
            return self._logits
        if is_for_export():
            return lambda answers: self._embedding(answers, reverse=True)
        # To turn the table round costs a step of few rows as much as the product itself.
        turned = ops.cast(ops.transpose(self._embedding.embeddings), "float32")  # (W, V)
        return lambda answers: ops.matmul(ops.cast(answers, "float32"), turned)
