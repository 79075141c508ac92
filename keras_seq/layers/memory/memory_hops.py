import keras
from keras import ops

from keras_seq.errors import nearest
from keras_seq.layers import recording
from keras_seq.layers.initializers import fresh
from keras_seq.layers.numbers import require_at_least
from keras_seq.layers.shapes import require_rank
from keras_seq.layers.traced_layer import TracedLayer
from keras_seq.ops import masking
from keras_seq.ops import memory as memories

_TYINGS = ("adjacent", "layer_wise")


@keras.saving.register_keras_serializable("keras_seq")
class MemoryHops(TracedLayer):
    """Several hops over a memory: each reads it by attention and asks again with what it found.

        key^k_n   = A^k memory_n + T_A^k(age_n)         value^k_n = C^k memory_n + T_C^k(age_n)
        weights^k = softmax over n of u^k · key^k_n     o^k = Σ_n weights^k_n · value^k_n
        u^1 = B query,  u^{k+1} = u^k + o^k             (H u^k + o^k when tied layer-wise)

    B batch, N memories, D width of a memory, U units, K hops.

    Args:
        units: width U of keys, values and state.
        hops: K, at least 1.
        tying: which weights are the same. `"adjacent"`: a hop's values are the next one's keys,
            A^{k+1} = C^k, T_A^{k+1} = T_C^k, and B = A^1: K + 1 matrices. `"layer_wise"`: all hops share A,
            C, T_A and T_C, as an RNN its steps; B and H `(U, U)` are matrices of their own.
        max_age: how many ages the temporal encoding T knows; what is older counts as the oldest. The last
            memory that is kept is the most recent. None: no temporal encoding, the memory is a set.
        softmax: False: the scores themselves are the weights. (Training may start so, "linear start": set
            `layer.softmax`, compile again.)
        initializer: of all weights.

    Call arguments:
        query: float `(B, D)`, or with `"layer_wise"` of any width.
        memory: float `(B, N, D)`, in order of time.
        memory_mask: bool `(B, N)`, True = keep; Keras fills it.
        return_attention_scores: also return the weights.

    Returns:
        u^{K+1} `(B, U)`; with `return_attention_scores` the pair (u^{K+1}, weights `(B, K, N)`).

    Masking: a memory that is not kept gets weight 0 and no age. From an empty memory nothing is read: o = 0.
    The result has no mask.

    Numerics: scores and softmax in float32 or wider.

    Cost: B·N·D·U for each of the K + 1 (or 2) projections, 2·B·N·U for each hop.

    Raises:
        ValueError: an unknown tying, a size below 1, wrong ranks, unequal widths that are tied.

    Example:

    >>> import keras
    >>> query, memory = keras.Input((8,)), keras.Input((None, 8))
    >>> state, weights = MemoryHops(16, hops=3)(query, memory, return_attention_scores=True)
    >>> state.shape, weights.shape
    ((None, 16), (None, 3, None))

    Reference: Sukhbaatar et al. 2015, End-To-End Memory Networks, sections 2.1 and 2.2, equations 1, 2 and 4;
    linear start: section 4.2.
    """

    def __init__(
        self,
        units,
        hops=3,
        tying="adjacent",
        max_age=None,
        softmax=True,
        initializer="random_normal",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if tying not in _TYINGS:
            raise ValueError(f"Unknown tying. Expected {nearest(tying, _TYINGS)}. Received: tying={tying!r}")
        require_at_least(1, units=units, hops=hops)
        require_at_least(1, max_age=max_age, none="no encoding of time")
        self.supports_masking = True
        self.units = units
        self.hops = hops
        self.tying = tying
        self.max_age = max_age
        self.softmax = softmax
        self.initializer = keras.initializers.get(initializer)

    def build(self, query_shape, memory_shape):
        self._check_shapes(query_shape, memory_shape)
        widths = [memory_shape[-1]] * self._encodings
        if self.tying == "layer_wise":
            widths.append(query_shape[-1])
        self._build_tables(widths)
        self.built = True

    def call(self, query, memory, memory_mask=None, return_attention_scores=False):
        memory = masking.zero_masked(memory, memory_mask, "memory_mask")
        encoded = [ops.matmul(memory, self.tables[k]) for k in range(self._encodings)]  # each (B, N, U)
        state = ops.matmul(query, self.tables[self._question])  # (B, U)
        state, weights = self._hop(state, encoded, memory_mask)
        return (state, weights) if return_attention_scores else state

    def compute_mask(self, query, memory, previous_mask=None):
        return None

    def compute_output_shape(self, query_shape, memory_shape):
        return (query_shape[0], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "hops": self.hops,
            "tying": self.tying,
            "max_age": self.max_age,
            "softmax": self.softmax,
            "initializer": keras.initializers.serialize(self.initializer),
        }

    @property
    def _encodings(self):
        """How many different encodings of the memory there are: A^1, C^1 … C^K, or A and C."""
        return self.hops + 1 if self.tying == "adjacent" else 2

    @property
    def _question(self):
        """Which table is B: A^1, or the one after A and C."""
        return 0 if self.tying == "adjacent" else 2

    def _build_tables(self, widths):
        """A, C … and B `(width, U)`, in `tables`; T_A, T_C … in `times`; H."""
        self.tables = [self._weight(f"table_{k}", (width, self.units)) for k, width in enumerate(widths)]
        self.times = []
        if self.max_age is not None:
            self.times = [
                self._weight(f"time_{k}", (self.max_age, self.units)) for k in range(self._encodings)
            ]
        if self.tying == "layer_wise":
            self.between_hops = self._weight("between_hops", (self.units, self.units))

    def _hop(self, state, encoded, mask):
        """The state after the last hop `(B, U)`, and the weights of all `(B, K, N)`."""
        if self.times:
            keep = ops.ones(ops.shape(encoded[0])[:2], "bool") if mask is None else mask
            age = ops.minimum(memories.ages(keep), self.max_age - 1)  # (B, N)
            encoded = [
                each + ops.cast(ops.take(time, age, axis=0), each.dtype)
                for each, time in zip(encoded, self.times, strict=True)
            ]
        weights = []
        for k in range(self.hops):
            keys, values = encoded[k : k + 2] if self.tying == "adjacent" else encoded
            output, hop_weights = memories.read(state, keys, values, mask, self.softmax)
            if self.tying == "layer_wise":
                state = ops.matmul(state, self.between_hops)
            state = state + output
            weights.append(hop_weights)
        weights = ops.stack(weights, axis=1)
        recording.report(self, weights)
        return state, weights

    def _check_shapes(self, query_shape, memory_shape):
        require_rank(("batch", "width"), query=query_shape)
        require_rank(("batch", "memories", "width"), memory=memory_shape)
        if self.tying == "adjacent" and query_shape[-1] != memory_shape[-1]:
            raise ValueError(
                "With adjacent tying one matrix projects query and memory, B = A^1: both are equally wide. "
                f"Received: query of shape {tuple(query_shape)}, memory of shape {tuple(memory_shape)}. "
                "Or use tying='layer_wise'."
            )

    def _weight(self, name, shape):
        return self.add_weight(name=name, shape=shape, initializer=fresh(self.initializer))
