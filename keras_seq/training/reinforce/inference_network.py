import keras
from keras import ops


class InferenceNetwork(keras.layers.Layer):
    """What of an answer says where it was found: reads the targets, and scores what a layer attends to.

        answer_t = W y_t                             of targets step by step, then a GRU in both directions
        guide_ts = (A answer_t) · (M value_s)

    A target is a number (a row of W), or a vector as wide as the model's output. A layer that does not go
    step by step along with the targets gets the mean of the answers. A begins at 0.

    Args:
        units: width of the answers, and of what they are compared in.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.units = units
        self.embeddings, self.readers, self.comparing, self.compared = [], [], [], []

    def prepare(self, outputs, widths):
        """Make weights.

        Args:
            outputs: symbols of the model's outputs, nested.
            widths: of the values of each call of a layer that chooses.
        """
        for output in keras.tree.flatten(outputs):
            self.embeddings.append(
                self.add_weight(name="embedding", shape=(output.shape[-1], self.units), initializer="uniform")
            )
            reader = None
            if len(output.shape) > 2:
                gru = keras.layers.GRU(self.units // 2, return_sequences=True)
                reader = keras.layers.Bidirectional(gru, dtype="float32")
                reader.build((None, None, self.units))
            self.readers.append(reader)
        for number, width in enumerate(widths):
            zeros = keras.layers.Dense(
                self.units,
                use_bias=False,
                kernel_initializer="zeros",
                name=f"answer_{number}",
                dtype="float32",
            )
            value = keras.layers.Dense(self.units, use_bias=False, name=f"value_{number}", dtype="float32")
            zeros.build((None, None, 2 * (self.units // 2) if self._reads() else self.units))
            value.build((None, None, width))
            self.comparing.append(zeros)
            self.compared.append(value)
        self.built = True

    def _reads(self):
        return any(reader is not None for reader in self.readers)

    def read(self, targets):
        """Answers `(B, T, units)` step by step or None, and their mean `(B, 1, units)`."""
        steps, mean = None, 0.0
        for target, embedding, reader in zip(
            keras.tree.flatten(targets), self.embeddings, self.readers, strict=True
        ):
            vectors, kept = _vectors(ops.convert_to_tensor(target), embedding, reader is not None)
            if reader is None:
                mean = mean + ops.expand_dims(vectors, 1)
                continue
            each = reader(vectors, mask=kept)  # (B, T, units)
            steps = each if steps is None else steps + each
            kept = ops.expand_dims(ops.cast(kept, "float32"), -1)
            mean = mean + ops.sum(each * kept, axis=1, keepdims=True) / ops.maximum(
                ops.sum(kept, axis=1, keepdims=True), 1.0
            )
        return steps, mean

    def guide(self, number, answers, value, shape, in_order):
        """guide `(B, T, S)` of the call with this number; or what broadcasts to it."""
        steps, mean = answers
        goes_along = in_order and steps is not None and steps.shape[1] in (shape[1], None)
        answer = self.comparing[number](steps if goes_along else mean)  # (B, T or 1, units)
        compared = self.compared[number](ops.stop_gradient(ops.cast(value, "float32")))  # (B, S, units)
        guide = ops.matmul(answer, ops.swapaxes(compared, 1, 2)) * self.units**-0.5
        return guide + ops.zeros(shape, guide.dtype)


def _vectors(target, embedding, in_steps):
    """Targets as vectors `(B, units)` or `(B, T, units)`, and which of them are no padding (-1)."""
    width, rank = embedding.shape[0], 3 if in_steps else 2
    if len(target.shape) == rank and target.shape[-1] == 1 and width > 1:
        target = ops.squeeze(target, -1)
    is_number = len(target.shape) < rank
    if is_number and width > 1:
        numbers = ops.cast(target, "int32")
        return ops.take(embedding, ops.clip(numbers, 0, width - 1), axis=0), numbers >= 0
    target = ops.cast(ops.expand_dims(target, -1) if is_number else target, "float32")
    return ops.matmul(target, embedding), ops.ones(ops.shape(target)[:-1], "bool")
