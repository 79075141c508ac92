import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_seq")
class ScheduledSampling(keras.layers.Layer):
    """In training, puts the model's own words in the place of some of the target's, more and more of them.

        input_0 = target_0
        input_t = argmax_j logits_{t-1},j    with probability p, in training, where target_t is not padding
        input_t = target_t                   otherwise
        p       = rate · min(1, step / steps)

    So a decoder learns to go on from its own mistakes. The logits are those of a first pass over the true
    target; a second pass reads what this layer gives. Both passes are parallel over the steps, however many
    the decoder takes; no gradient flows through the first. At inference the true target goes through as it
    is, and in a graph the first pass is left out.

    Args:
        rate: the probability p at the end of its rise, at least 0 and at most 1.
        steps: calls in training until it is reached; 0: at once. They are counted by a weight of the layer,
            so that a training that is taken up again goes on where it stood.
        seed: of the choice.

    Call arguments:
        inputs: int32 `(B, T)`, the decoder's true inputs; 0 = padding.
        logits: float `(B, T, V)`, what the first pass gave for them.
        training: bool.

    Returns:
        int32 `(B, T)`.

    Masking: padding stays padding, and comes in the place of no word.

    Example:

    >>> import numpy as np
    >>> inputs, logits = np.array([[2, 7, 9, 0]]), np.eye(10, dtype="float32")[None, [5, 6, 8, 3]]
    >>> layer = ScheduledSampling(rate=1.0, steps=0)
    >>> np.array(layer(inputs, logits, training=True)).tolist(), np.array(layer(inputs, logits)).tolist()
    ([[2, 5, 6, 0]], [[2, 7, 9, 0]])

    References: Bengio et al. 2015, Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks;
    in parallel: Mihaylova & Martins 2019, Scheduled Sampling for Transformers; Duckworth et al. 2019,
    Parallel Scheduled Sampling (one pass).
    """

    def __init__(self, rate, steps=0, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ValueError(f"rate is a probability, at least 0 and at most 1. Received: rate={rate}")
        if steps < 0:
            raise ValueError(f"steps must be 0 or more. Received: steps={steps}")
        self.supports_masking = True
        self.rate = rate
        self.steps = steps
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, inputs_shape, logits_shape):
        self.counter = self.add_weight(
            name="counter", shape=(), dtype="int32", initializer="zeros", trainable=False
        )
        self.built = True

    def call(self, inputs, logits, training=False):
        inputs = ops.cast(inputs, "int32")
        if not training or self.rate == 0:
            return inputs
        risen = ops.cast(self.counter, "float32") / self.steps if self.steps else 1.0
        self.counter.assign_add(1)
        own = ops.cast(ops.argmax(ops.stop_gradient(logits), axis=-1), "int32")  # (B, T)
        own = ops.concatenate([inputs[:, :1], own[:, :-1]], axis=1)
        drawn = keras.random.uniform(ops.shape(inputs), seed=self.seed_generator)
        chosen = drawn < self.rate * ops.minimum(risen, 1.0)
        is_word = ops.logical_and(ops.not_equal(inputs, 0), ops.not_equal(own, 0))
        return ops.where(ops.logical_and(chosen, is_word), own, inputs)

    def compute_mask(self, inputs, previous_mask=None):
        return previous_mask

    def compute_output_shape(self, inputs_shape, logits_shape):
        return inputs_shape

    def compute_output_spec(self, inputs, logits, training=False):
        return keras.KerasTensor(inputs.shape, dtype="int32")

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "steps": self.steps, "seed": self.seed}
