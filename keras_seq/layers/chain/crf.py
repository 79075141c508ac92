import keras
import numpy as np
from keras import ops

from keras_seq.layers.numbers import require_at_least
from keras_seq.ops import chain


@keras.saving.register_keras_serializable("keras_seq")
class CRF(keras.layers.Layer):
    """Linear-chain conditional random field: tags of a sentence are chosen together, not word by word.

        score(tags) = start[tags_0] + Σ_t logits[t, tags_t] + Σ_t transition[tags_{t-1}, tags_t]
                      + end[tags_last]
        p(tags)     = exp(score(tags)) / Σ over all tag sequences of exp(score)

    The layer adds the transitions and gives all of it as one tensor, a chain. `ChainLikelihood` trains it by
    the exact likelihood, `ViterbiDecoder` finds its best tags, `keras_seq.ops.chain` does the rest.

    Args:
        num_tags: N.
        allowed: bool `(N, N)`, whether tag j may follow tag i; None: every one. `allowed_transitions` of
            `keras_seq.text` knows those of BIO and its like, in this order: start, end, matrix.
        allowed_start: bool `(N,)`, whether a sentence may begin with a tag; None: with every one.
        allowed_end: bool `(N,)`, whether it may end with one; None: with every one.
        initializer: of transition `(N, N)`; start and end `(N,)` begin at zero.

    Call arguments:
        inputs: logits `(B, T, N)`.
        mask: bool `(B, T)`, True = keep; Keras fills it.

    Returns:
        A chain `(B, N + 2 + T, N)`: rows of transitions, of start, of end, then of the words. Float32, or
        wider, under every dtype policy.

    Masking: words that the mask drops have no possible tag in the chain, which is how it says that no word
    stands there. So no mask travels beside it (its rows are not words), and a chain that was stored, or
    predicted in batches, still knows its padding. Padding stands on the right.

    Numerics: what is not allowed has the score -32768, and everything below -16384 counts as that; it is left
    out of sums and maxima, never added, so that neither loss nor gradient grows by it.

    Cost: B·(N + T)·N to write the chain; see `ChainLikelihood` and `ViterbiDecoder`.

    Raises:
        ValueError: wrong rank or width; allowed of a wrong shape; no sequence of tags that is allowed.

    Example:

    >>> import keras
    >>> from keras_seq.layers import ViterbiDecoder
    >>> from keras_seq.losses import ChainLikelihood
    >>> words = keras.Input((None,), dtype="int32")
    >>> states = keras.layers.Embedding(50, 8, mask_zero=True)(words)
    >>> chain = CRF(3)(keras.layers.Dense(3)(states))
    >>> tagger = keras.Model(words, chain)
    >>> tagger.compile("adam", ChainLikelihood())
    >>> token_ids, tag_ids = [[4, 7, 9], [5, 6, 0]], [[0, 1, 2], [0, 1, -1]]  # padding: 0 and -1
    >>> token_ids, tag_ids = keras.ops.array(token_ids), keras.ops.array(tag_ids)
    >>> history = tagger.fit(token_ids, tag_ids, epochs=2, verbose=0)
    >>> decoder = keras.Model(words, ViterbiDecoder()(chain))
    >>> decoder.predict(token_ids, verbose=0).shape
    (2, 3)

    References: Lafferty et al. 2001, Conditional Random Fields: Probabilistic Models for Segmenting and
    Labeling Sequence Data; over a recurrent network: Huang et al. 2015, Bidirectional LSTM-CRF Models for
    Sequence Tagging.
    """

    def __init__(
        self,
        num_tags,
        allowed=None,
        allowed_start=None,
        allowed_end=None,
        initializer="zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        require_at_least(1, num_tags=num_tags)
        if self.compute_dtype in ("float16", "bfloat16"):
            self.dtype_policy = "float32"  # sums over sentences need it
        self.num_tags = num_tags
        self.allowed = _bools("allowed", allowed, (num_tags, num_tags))
        self.allowed_start = _bools("allowed_start", allowed_start, (num_tags,))
        self.allowed_end = _bools("allowed_end", allowed_end, (num_tags,))
        self._check_that_some_sequence_is_allowed()
        self.initializer = keras.initializers.get(initializer)
        self.supports_masking = True

    def build(self, inputs_shape):
        if len(inputs_shape) != 3 or inputs_shape[-1] != self.num_tags:
            raise ValueError(
                f"CRF takes a logit for each tag of each word: (batch, length, {self.num_tags}). "
                f"Received: inputs of shape {tuple(inputs_shape)}. "
                f"Put keras.layers.Dense({self.num_tags}) before it"
            )
        for name, size in (("transitions", 2), ("start", 1), ("end", 1)):
            initializer = self.initializer if name == "transitions" else "zeros"
            setattr(
                self, name, self.add_weight(name=name, shape=(self.num_tags,) * size, initializer=initializer)
            )

    def call(self, inputs, mask=None):
        return chain.pack(
            _only(self.transitions, self.allowed),
            _only(self.start, self.allowed_start),
            _only(self.end, self.allowed_end),
            inputs,
            mask,
        )

    def compute_mask(self, inputs, previous_mask=None):
        return None

    def compute_output_shape(self, inputs_shape):
        batch, length, num_tags = inputs_shape
        return (batch, None if length is None else num_tags + 2 + length, num_tags)

    def get_config(self):
        lists = {
            name: None if value is None else value.tolist()
            for name, value in (
                ("allowed", self.allowed),
                ("allowed_start", self.allowed_start),
                ("allowed_end", self.allowed_end),
            )
        }
        return {
            **super().get_config(),
            "num_tags": self.num_tags,
            **lists,
            "initializer": keras.initializers.serialize(self.initializer),
        }

    def _check_that_some_sequence_is_allowed(self):
        every = np.ones(self.num_tags, bool)
        reached = every if self.allowed_start is None else self.allowed_start
        follows = np.outer(every, every) if self.allowed is None else self.allowed
        for _ in range(self.num_tags):
            reached = reached | (reached @ follows)
        if not (reached & (every if self.allowed_end is None else self.allowed_end)).any():
            raise ValueError(
                "No sequence of tags is allowed: no way leads from a tag that may stand first to one that "
                f"may stand last. Received: allowed_start={self.allowed_start}, "
                f"allowed_end={self.allowed_end} and {int(follows.sum())} allowed transitions"
            )


def _bools(name, values, shape):
    if values is None:
        return None
    values = np.asarray(values)
    if values.shape != shape or values.dtype != bool:
        raise ValueError(
            f"{name} says True or False for each tag: booleans of shape {shape}. "
            f"Received: {name} of shape {values.shape} and dtype {values.dtype}"
        )
    return values


def _only(scores, allowed):
    scores = ops.convert_to_tensor(scores)
    return scores if allowed is None else ops.where(allowed, scores, chain.FORBIDDEN)
