import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq import layers
from keras_seq.errors import InputError
from keras_seq.export.errors import ExportError
from keras_seq.export.inference import KerasModel, inference_model
from keras_seq.export.parity import check_tflite
from keras_seq.export.runtime import TFLiteModel
from keras_seq.export.tflite import _refuse_custom_operators, operators
from tests.export.conftest import converted, id_lists, make_classifier, with_loud_weights


@pytest.mark.parametrize("cell", ["lstm", "gru", "simple"])
def test_every_cell_and_every_pooling_answer_as_in_keras(cell):
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    words = keras.layers.Embedding(500, 6, mask_zero=True)(token_ids)
    states = layers.RecurrentEncoder(5, cell=cell)(words)
    context, weights = layers.AttentionPooling("additive")(states, return_attention_scores=True)
    outputs = {"attention": context, "weights": weights}
    outputs["scaled"] = layers.AttentionPooling("scaled_dot")(states)
    for name, pooling in (("mean", layers.MeanPooling()), ("max", layers.MaxPooling())):
        outputs[name] = pooling(states)
    outputs["last"] = layers.LastPooling(bidirectional=True)(states)
    model = with_loud_weights(keras.Model(token_ids, outputs))
    parity = check_tflite(converted(model), KerasModel(model), id_lists(20, 40))
    assert set(parity.differences) == {"attention", "weights", "scaled", "mean", "max", "last"}
    assert max(parity.differences.values()) < 1e-5


@pytest.mark.parametrize(
    "settings",
    [
        {"cell": "gru", "num_layers": 2, "residual": True, "pooling": "max"},
        {"bidirectional": False, "pooling": "last"},
        {"num_layers": 0, "pooling": "mean"},
    ],
    ids=["deep", "one direction", "no encoder"],
)
def test_classifiers_of_other_shapes_answer_as_in_keras(settings):
    model = make_classifier(**settings)
    parity = check_tflite(converted(model), KerasModel(model), id_lists(20, 40))
    assert list(parity.differences) == ["probabilities"]
    assert parity.differences["probabilities"] < 1e-5


def test_it_takes_any_batch_and_length_and_has_one_signature(tflite):
    model = TFLiteModel(tflite)
    assert model.length is None
    assert model.tensors()["serving_default"] == {
        "inputs": {"token_ids": ("int32", [-1, -1])},
        "outputs": {"probabilities": ("float32", [-1, 3]), "weights": ("float32", [-1, -1])},
    }
    assert list(model.signatures) == ["serving_default"]


def test_it_is_made_of_builtin_operators(tflite):
    found = operators(tflite)
    assert found["WHILE"] == 2  # one loop a direction
    assert not [name for name in found if name.startswith("CUSTOM")]


def test_a_fixed_length_holds_in_the_interpreter_and_in_the_compiled_model(classifier, reference):
    content = converted(classifier, length=24)
    assert TFLiteModel(content).tensors()["serving_default"]["inputs"] == {"token_ids": ("int32", [1, 24])}
    parity = check_tflite(content, reference, id_lists(12, 24))
    assert max(parity.differences.values()) < 1e-5


@pytest.fixture(scope="module")
def wide():
    """A classifier whose weights are large enough to be quantised, and its reference."""
    model = make_classifier(vocabulary_size=5000)
    return model, KerasModel(model)


@pytest.mark.parametrize(("quantize", "share"), [("float16", 0.75), ("int8", 0.6)])
def test_quantised_files_are_smaller_and_answer_alike(wide, quantize, share):
    model, reference = wide
    content = converted(reference.model, quantize=quantize)
    assert len(content) < share * 4 * model.count_params() + 20_000  # the graph itself
    parity = check_tflite(content, reference, id_lists(30, 30, vocabulary_size=5000), tolerance=None)
    assert parity.agreement["label"] >= 0.9
    assert 0 < parity.differences["probabilities"] < 0.1


def test_a_model_trained_in_half_precision_is_exported_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = make_classifier()
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.get_layer("encoder").compute_dtype == "bfloat16"
    exported = inference_model(model)
    assert exported.get_layer("encoder").compute_dtype == "float32"
    for ours, theirs in zip(exported.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    check_tflite(converted(model), KerasModel(make_classifier()), id_lists(10, 20))


def test_a_float32_model_is_taken_as_it_is(classifier):
    assert inference_model(classifier).get_layer("encoder") is classifier.get_layer("encoder")
    explained = inference_model(classifier)
    assert inference_model(explained) is explained


def test_an_operator_that_litert_has_not_is_named():
    token_ids = keras.Input((None,), dtype="int32")
    states = keras.layers.Embedding(20, 4)(token_ids)
    model = keras.Model(token_ids, {"best": keras.ops.argmax(states, axis=-1)})
    with pytest.raises(ExportError, match=r"operators LiteRT has not: BitwiseAnd\.\nReplace the layer"):
        converted(model)


def test_a_file_with_a_tensorflow_operator_is_refused():
    module = tf.Module()
    module.serve = tf.function(tf.linalg.det, input_signature=[tf.TensorSpec((3, 3), tf.float32)])
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [module.serve.get_concrete_function()], module
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    content = converter.convert()
    assert operators(content)["CUSTOM:FlexMatrixDeterminant"] == 1
    with pytest.raises(ExportError, match="LiteRT has not: FlexMatrixDeterminant"):
        _refuse_custom_operators(content)


def test_unknown_options_are_answered_with_the_known_ones(classifier):
    with pytest.raises(InputError, match=r"Unknown quantisation. Expected 'int8'. Received: 'int4'"):
        converted(classifier, quantize="int4")
