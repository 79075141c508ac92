"""The harness catches what it is for: for each law a layer that breaks it, and the letter that says so."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from keras_seq.testing import LAWS, Case, check_law, check_layer, check_saving

INPUTS = np.random.default_rng(7).normal(size=(2, 5, 6)).astype("float32")
KEEP = np.array([[True, True, True, False, False], [True, True, True, True, False]])


class Mean(keras.layers.Layer):
    """A right layer, to be broken below: the mean of the kept steps times a weight, and its even weights."""

    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.scale = scale

    def build(self, inputs_shape):
        self.factor = self.add_weight(name="factor", shape=(inputs_shape[-1],), initializer="ones")

    def call(self, inputs, mask=None, return_attention_scores=False, training=None):
        keep = ops.ones_like(inputs[..., 0]) if mask is None else ops.cast(mask, inputs.dtype)
        weights = keep / ops.maximum(ops.sum(keep, axis=1, keepdims=True), 1.0)
        steps = ops.where(ops.expand_dims(keep, -1) > 0, inputs, ops.zeros_like(inputs))
        mean = self.scale * self.factor * ops.squeeze(ops.matmul(ops.expand_dims(weights, 1), steps), 1)
        return (mean, weights) if return_attention_scores else mean

    def compute_mask(self, inputs, previous_mask=None):
        return None

    def compute_output_shape(self, inputs_shape):
        return (inputs_shape[0], inputs_shape[-1])

    def compute_output_spec(self, *args, **kwargs):
        return keras.Operation.compute_output_spec(self, *args, **kwargs)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


def without_scores(call):
    """A `call` that gives no weights."""

    def replaced(self, inputs, mask=None, training=None):
        return call(self, inputs, mask, training)

    return replaced


class WrongShape(Mean):
    def compute_output_shape(self, inputs_shape):
        return (inputs_shape[0], inputs_shape[1])


class ForgetsAnArgument(Mean):
    def get_config(self):
        config = super().get_config()
        del config["scale"]
        return config


class ReadsPadding(Mean):
    call = without_scores(lambda self, inputs, mask, training: self.factor * ops.mean(inputs, axis=1))


class MixesTheBatch(Mean):
    call = without_scores(
        lambda self, inputs, mask, training: Mean.call(self, inputs, mask) - ops.mean(inputs[:, 0], axis=0)
    )


class RunsEagerlyOnly(Mean):
    call = without_scores(
        lambda self, inputs, mask, training: self.factor * float(ops.sum(inputs)) * inputs[:, 0]
    )


class Overflows(Mean):
    call = without_scores(
        lambda self, inputs, mask, training: self.factor * ops.log(ops.mean(ops.exp(inputs), axis=1))
    )


class HasANumbWeight(Mean):
    def build(self, inputs_shape):
        super().build(inputs_shape)
        self.numb = self.add_weight(name="numb", shape=(), initializer="ones")


class DropsAtInference(Mean):
    call = without_scores(
        lambda self, inputs, mask, training: keras.random.dropout(Mean.call(self, inputs, mask), 0.5)
    )


class NeverDrops(Mean):
    def get_config(self):
        return {**super().get_config(), "dropout": 0.5}


class CarriesAMaskOn(Mean):
    def compute_mask(self, inputs, previous_mask=None):
        return previous_mask


class WeighsPadding(Mean):
    def call(self, inputs, mask=None, return_attention_scores=False):
        mean, weights = super().call(inputs, mask, return_attention_scores=True)
        return (mean, weights + 1e-9) if return_attention_scores else mean


class NotForSequentialModels(Mean):
    def call(self, inputs, mask=None):
        return Mean.call(self, inputs, mask) * (
            1.0 if mask is not None or inputs.shape[0] is not None else 2.0
        )


class WrongGradient(Mean):
    call = without_scores(
        lambda self, inputs, mask, training: Mean.call(self, inputs, mask) * ops.stop_gradient(self.factor)
    )


BROKEN = {
    "shapes": (
        WrongShape,
        r"compute_output_shape with known lengths gives \[\(2, 5\)\], the call \[\(2, 6\)\]",
    ),
    "config": (
        functools.partial(ForgetsAnArgument, scale=3.0),
        "the layer made again from its config: output 0",
    ),
    "padding": (ReadsPadding, "other numbers on the padding of 'inputs': output 0 differs by"),
    "batches": (MixesTheBatch, "items one by one, against the batch: output 0 differs by"),
    "compilation": (RunsEagerlyOnly, "it raised"),
    "precision": (Overflows, "inputs × 100: output 0 is not finite"),
    "training": (HasANumbWeight, "a step of training moved the weight .*numb by 0 at most"),
    "randomness": (DropsAtInference, "called again at inference: output 0 differs|without training="),
    "masks": (CarriesAMaskOn, "its output carries a mask, and should not"),
    "weights": (WeighsPadding, "weights on the padding of 'inputs' reach 1e-09, not 0"),
    "gradients": (WrongGradient, r"the gradient by .*factor gives the slope .*, finite differences"),
}


@pytest.mark.parametrize("law", BROKEN)
def test_a_layer_that_breaks_a_law_gets_a_letter(law):
    make, letter = BROKEN[law]
    case = Case(make, {"inputs": INPUTS}, {"inputs": KEEP})
    with pytest.raises(AssertionError, match=rf"{case.name} breaks the law of {law}: .*{letter}"):
        check_law(case, law)


@pytest.mark.parametrize("law", [law for law in LAWS if law != "saving"])
def test_a_right_layer_obeys(law):
    check_law(Case(functools.partial(Mean, scale=2.0), {"inputs": INPUTS}, {"inputs": KEEP}), law)


class CountsPlaces(keras.layers.Layer):
    """Counts the words of each sentence, and the places for words."""

    def call(self, inputs):
        kept = ops.sum(ops.cast(inputs != 0, "float32"), axis=(1, 2))
        return kept + ops.cast(ops.shape(inputs)[2], "float32")


def test_padding_of_the_words_in_sentences_is_looked_at_too():
    ids = np.array([[[3, 4, 0], [5, 0, 0]]], "int32")
    with pytest.raises(AssertionError, match="4 more steps of padding on 'inputs': output 0 differs by 4"):
        check_law(Case(CountsPlaces, {"inputs": ids}, {"inputs": ids != 0}), "padding")


def test_an_argument_that_the_config_does_not_hold_is_named():
    with pytest.raises(AssertionError, match="the config lacks the constructor's scale"):
        check_law(Case(ForgetsAnArgument, {"inputs": INPUTS}), "config")


def test_dropout_that_never_acts_is_found():
    with pytest.raises(AssertionError, match="it has dropout, and training gives what inference gives"):
        check_law(Case(NeverDrops, {"inputs": INPUTS}, {"inputs": KEEP}), "randomness")


def test_an_output_that_lost_its_mask_is_found():
    case = Case(keras.layers.Flatten, {"inputs": INPUTS}, {"inputs": KEEP}, mask_out="inputs")
    with pytest.raises(AssertionError, match="its output has lost the mask of 'inputs'"):
        check_law(case, "masks")


class EverySecondStep(keras.layers.Layer):
    """Half as long as its input, and its mask is that of the steps left."""

    def call(self, inputs, mask=None):
        steps = inputs[:, ::2]
        return steps if mask is None else ops.where(ops.expand_dims(mask[:, ::2], -1), steps, 0.0)

    def compute_mask(self, inputs, previous_mask=None):
        return None if previous_mask is None else previous_mask[:, ::2]

    def compute_output_shape(self, inputs_shape):
        length = inputs_shape[1]
        return (inputs_shape[0], None if length is None else -(-length // 2), inputs_shape[2])


def test_an_output_of_a_length_of_its_own_has_a_mask_of_its_own():
    half = Case(EverySecondStep, {"inputs": INPUTS}, {"inputs": KEEP}, mask_out=KEEP[:, ::2])
    for law in ("masks", "padding", "shapes"):
        check_law(half, law)
    wrong = Case(EverySecondStep, {"inputs": INPUTS}, {"inputs": KEEP}, mask_out=~KEEP[:, ::2])
    with pytest.raises(AssertionError, match="its output carries a mask that is not its own mask"):
        check_law(wrong, "masks")
    lost = Case(keras.layers.Flatten, {"inputs": INPUTS}, {"inputs": KEEP}, mask_out=KEEP[:, ::2])
    with pytest.raises(AssertionError, match="its output has lost its own mask"):
        check_law(lost, "masks")


def test_steps_that_differ_from_the_whole_are_found():
    case = Case(
        functools.partial(keras.layers.GRU, 4, return_sequences=True),
        {"sequences": INPUTS},
        steps=lambda layer, arguments: layer(arguments["sequences"][:, ::-1]),
    )
    with pytest.raises(AssertionError, match="step by step, against the whole sequence: output 0 differs by"):
        check_law(case, "steps")


def test_a_layer_that_cannot_be_saved_or_loaded_gets_a_letter_and_spares_the_others():
    class Local(Mean):  # a class inside a function: no fresh process finds it
        pass

    letters = check_saving(
        {
            "lost": Case(Local, {"inputs": INPUTS}, {"inputs": KEEP}),
            "found": Case(functools.partial(keras.layers.Dense, 4), {"inputs": INPUTS}),
        },
        backend="numpy",  # starts soonest
    )
    assert letters["lost"].startswith("loading in a fresh process raised TypeError")
    assert "Local" in letters["lost"]
    assert letters["found"] is None


def test_check_layer_runs_the_laws_it_is_asked_and_writes_a_letter_for_each_that_is_broken():
    check_layer(Mean, {"inputs": INPUTS}, masks={"inputs": KEEP}, laws=["padding", "masks", "weights"])
    with pytest.raises(AssertionError) as error:
        check_layer(MixesTheBatch, {"inputs": INPUTS}, masks={"inputs": KEEP}, laws=["masks", "batches"])
    assert str(error.value).count("breaks the law of") == 1
    skip = {"batches": "it compares the texts of a batch"}
    check_layer(MixesTheBatch, {"inputs": INPUTS}, laws=["batches", "steps"], skip=skip)


def test_unknown_laws_and_masks_of_nothing_are_refused():
    with pytest.raises(
        ValueError, match=r"Unknown law. Expected some of \['shapes', .* Received: \['paddding'\]"
    ):
        check_layer(Mean, {"inputs": INPUTS}, laws=["paddding"])
    with pytest.raises(
        ValueError, match=r"A mask belongs to an input, one of \['inputs'\]. Received: 'input'"
    ):
        Case(Mean, {"inputs": INPUTS}, {"input": KEEP})


class Shares(keras.layers.Layer):
    """Weights over their sum, with that sum, nested: the last axis is a length."""

    def call(self, weights):
        total = keras.ops.sum(weights, axis=-1, keepdims=True)
        return weights / total, [total]

    def compute_output_shape(self, weights_shape):
        return weights_shape, [(*weights_shape[:-1], 1)]


def test_a_length_on_the_last_axis_and_nested_outputs_are_no_broken_law():
    weights = 1.0 + np.abs(INPUTS)
    for law in ("shapes", "compilation"):
        check_law(Case(Shares, {"weights": weights}, open_ended=("weights",)), law)
    assert Case(Shares, {"weights": weights}, open_ended=("weights",)).open_shape("weights")[-1] is None
    assert Case(Shares, {"weights": weights}).open_shape("weights")[-1] == weights.shape[-1]
