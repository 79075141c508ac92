import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_seq")
class ElmanCell(keras.layers.Layer):
    """Elman's network: the hidden layer reads the input and its own previous state.

        h_t = activation(W x_t + R h_{t-1} + b)

    and the output is h_t.

    Args:
        units: width U.
        activation: of the hidden layer.
        kernel_initializer: of W `(D, U)`.
        recurrent_initializer: of R `(U, U)`.

    Call arguments:
        inputs: float `(B, D)`.
        states: one state, h_{t-1} `(B, U)`, or a list of it.

    Returns:
        h_t `(B, U)`, and the list of the new state.

    Masking: that of the loop around it: `keras.layers.RNN(ElmanCell(16))`, `AttentionRNN`.

    Cost: (D + U)·U multiplications a step.

    Differs from `keras.layers.SimpleRNNCell` in name: the numbers are the same on the same weights.

    Example:

    >>> import keras
    >>> keras.layers.RNN(ElmanCell(16), return_sequences=True)(keras.Input((None, 8))).shape
    (None, None, 16)

    Reference: Elman 1990, Finding Structure in Time.
    """

    def __init__(
        self,
        units,
        activation="tanh",
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if units < 1:
            raise ValueError(f"units must be at least 1. Received: units={units}")
        self.units = self.state_size = self.output_size = units
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)

    def build(self, inputs_shape, states_shape=None):
        self.kernel = self.add_weight(
            name="kernel", shape=(inputs_shape[-1], self.units), initializer=self.kernel_initializer
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel", shape=(self.units, self.units), initializer=self.recurrent_initializer
        )
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
        self.built = True

    def get_initial_state(self, batch_size=None):
        """h_0: zeros."""
        return [ops.zeros((batch_size, self.state_size), dtype=self.compute_dtype)]

    def call(self, inputs, states):
        h = states[0] if isinstance(states, (list, tuple)) else states
        h = self.activation(
            ops.matmul(inputs, self.kernel) + ops.matmul(h, self.recurrent_kernel) + self.bias
        )
        return h, [h]

    def compute_output_shape(self, inputs_shape, states_shape=None):
        shape = (*inputs_shape[:-1], self.units)
        return shape, [shape]

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "recurrent_initializer": keras.initializers.serialize(self.recurrent_initializer),
        }
