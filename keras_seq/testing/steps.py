import keras

from keras_seq.testing.case import Case, to_numpy
from keras_seq.testing.differences import expect_close


def steps(case: Case) -> None:
    """The whole sequence at once gives what its steps give one by one, where the case says how to step."""
    if case.steps is None:
        return
    layer = case.new()
    whole = case.run(layer, scores=False)
    stepped = to_numpy(keras.tree.flatten(case.steps(layer, case.arguments(layer))))
    expect_close(stepped, whole, "step by step, against the whole sequence", case.tolerance)
