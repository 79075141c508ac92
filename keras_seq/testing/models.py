import keras
import numpy as np

from keras_seq.testing.case import Case, to_numpy
from keras_seq.testing.differences import expect_close


class SubclassedModel(keras.Model):
    """Somebody's own model with the layer inside."""

    def __init__(self, layer, case):
        super().__init__()
        self.layer, self.case = layer, case

    def call(self, inputs):
        return self.case.call(self.layer, inputs)


def models(case: Case) -> None:
    """The layer gives the same in a functional, a subclassed and (with one input) a sequential model."""
    layer = case.new()
    expected = case.run(layer)
    arguments = case.arguments(layer)
    answers = case.model(layer).predict(arguments, batch_size=len(expected[0]), verbose=0)
    got = [np.asarray(answer) for answer in keras.tree.flatten(answers)]
    expect_close(got, expected, "in a functional model", case.tolerance)
    got = to_numpy(keras.tree.flatten(SubclassedModel(layer, case)(arguments)))
    expect_close(got, expected, "in a subclassed model", case.tolerance)
    if len(case.inputs) == 1:
        (array,) = case.inputs.values()
        expected = to_numpy(keras.tree.flatten(layer(array)))
        got = to_numpy(
            keras.tree.flatten(
                keras.Sequential([keras.Input(array.shape[1:], dtype=array.dtype), layer])(array)
            )
        )
        expect_close(got, expected, "in a sequential model", case.tolerance)
