import functools

from keras_seq import layers
from keras_seq.testing import Case
from tests.laws.inputs import B, floats

ROWS = {
    "LateFusion": Case(
        functools.partial(layers.LateFusion, share=0.5),
        {"learner": floats(B, 4), "expert": floats(B, 4)},
        skip={"randomness": "it answers otherwise in training by design, and tests/layers says how"},
    ),
}
