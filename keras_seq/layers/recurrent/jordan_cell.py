import keras
from keras import ops

from keras_seq.layers.initializers import fresh


@keras.saving.register_keras_serializable("keras_seq")
class JordanCell(keras.layers.Layer):
    """Jordan's network: the hidden layer reads the input and the previous output.

        h_t = activation(W x_t + R y_{t-1} + b)
        y_t = output_activation(U h_t + c)

    and the output, y_t, is what is fed back.

    Args:
        units: width H of the hidden layer.
        output_units: width O of the output; None takes `units`.
        activation: of the hidden layer.
        output_activation: of the output.
        kernel_initializer: of W `(D, H)` and U `(H, O)`.
        recurrent_initializer: of R `(O, H)`.

    Call arguments:
        inputs: float `(B, D)`.
        states: one state, y_{t-1} `(B, O)`, or a list of it.

    Returns:
        y_t `(B, O)`, and the list of the new state.

    Masking: that of the loop around it: `keras.layers.RNN(JordanCell(16))`, `AttentionRNN`.

    Cost: (D + 2 O)·H multiplications a step.

    Example:

    >>> import keras
    >>> tags = keras.layers.RNN(JordanCell(16, 5, output_activation="softmax"), return_sequences=True)
    >>> tags(keras.Input((None, 8))).shape
    (None, None, 5)

    Reference: Jordan 1986, Serial Order: A Parallel Distributed Processing Approach.
    """

    def __init__(
        self,
        units,
        output_units=None,
        activation="tanh",
        output_activation="sigmoid",
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        **kwargs,
    ):
        super().__init__(**kwargs)
        for name, value in (("units", units), ("output_units", output_units)):
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1. Received: {name}={value}")
        self.units = units
        self.output_units = output_units
        self.state_size = self.output_size = output_units or units
        self.activation = keras.activations.get(activation)
        self.output_activation = keras.activations.get(output_activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)

    def build(self, inputs_shape, states_shape=None):
        hidden, out = self.units, self.output_size
        for name, shape, initializer in (
            ("kernel", (inputs_shape[-1], hidden), fresh(self.kernel_initializer)),
            ("recurrent_kernel", (out, hidden), self.recurrent_initializer),
            ("bias", (hidden,), "zeros"),
            ("output_kernel", (hidden, out), fresh(self.kernel_initializer)),
            ("output_bias", (out,), "zeros"),
        ):
            setattr(self, name, self.add_weight(name=name, shape=shape, initializer=initializer))
        self.built = True

    def get_initial_state(self, batch_size=None):
        """y_0: zeros."""
        return [ops.zeros((batch_size, self.state_size), dtype=self.compute_dtype)]

    def call(self, inputs, states):
        y = states[0] if isinstance(states, (list, tuple)) else states
        h = self.activation(
            ops.matmul(inputs, self.kernel) + ops.matmul(y, self.recurrent_kernel) + self.bias
        )
        y = self.output_activation(ops.matmul(h, self.output_kernel) + self.output_bias)
        return y, [y]

    def compute_output_shape(self, inputs_shape, states_shape=None):
        shape = (*inputs_shape[:-1], self.output_size)
        return shape, [shape]

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "output_units": self.output_units,
            "activation": keras.activations.serialize(self.activation),
            "output_activation": keras.activations.serialize(self.output_activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "recurrent_initializer": keras.initializers.serialize(self.recurrent_initializer),
        }
