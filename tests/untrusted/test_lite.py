"""A `.tflite` file that would end the process, run without end, or do anything but compute."""

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from keras_seq.errors import InputError
from keras_seq.export.runtime import TFLiteModel
from keras_seq.untrusted.lite import check_lite
from tests.house.test_imports import ROOT

MODELS = sorted(ROOT.glob("saved_models/*/model.tflite"))
SMALL = next(path for path in MODELS if "flights" in str(path))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.parent.name)
def test_the_models_that_come_along_are_sound(path):
    check_lite(path.read_bytes())


def packed(model):
    builder = flatbuffers.Builder(2**20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def name_of(model, operator):
    return model.operatorCodes[operator.opcodeIndex].builtinCode


def loop_of(model):
    """A loop of the first graph, and the graphs that it repeats."""
    loop = next(
        each for each in model.subgraphs[0].operators if name_of(model, each) == schema.BuiltinOperator.WHILE
    )
    options = loop.builtinOptions
    return loop, model.subgraphs[options.condSubgraphIndex], model.subgraphs[options.bodySubgraphIndex]


def missing_input(model):
    model.subgraphs[0].operators[3].inputs[0] = -1  # LiteRT 2.3 crashes on it


def variable(model):
    model.subgraphs[0].tensors[5].isVariable = True  # and on it


def far_tensor(model):
    model.subgraphs[0].operators[3].inputs[0] = 10**6


def far_buffer(model):
    model.subgraphs[0].tensors[5].buffer = 10**6


def vast_shape(model):
    model.subgraphs[0].tensors[5].shape = np.array([2**30, 2**30], np.int32)


def other_shape(model):
    weights = next(t for t in model.subgraphs[0].tensors if model.buffers[t.buffer].data is not None)
    weights.shape = np.append(weights.shape, np.int32(2))


def custom_operator(model):
    model.operatorCodes[0].builtinCode = schema.BuiltinOperator.CUSTOM
    model.operatorCodes[0].deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    model.operatorCodes[0].customCode = b"FlexReadFile"


def state(model):
    model.operatorCodes[0].builtinCode = schema.BuiltinOperator.ASSIGN_VARIABLE
    model.operatorCodes[0].deprecatedBuiltinCode = 127


def itself(model):
    loop_of(model)[0].builtinOptions.bodySubgraphIndex = 0


def standing_counter(model):
    _, condition, body = loop_of(model)
    compared = next(o for o in condition.operators if name_of(model, o) == schema.BuiltinOperator.LESS)
    counter = list(condition.inputs).index(compared.inputs[0])
    body.outputs[counter] = body.inputs[counter]


def growing_limit(model):
    _, condition, body = loop_of(model)
    compared = next(o for o in condition.operators if name_of(model, o) == schema.BuiltinOperator.LESS)
    counter, limit = (list(condition.inputs).index(each) for each in compared.inputs)
    body.outputs[limit] = body.outputs[counter]


def signature_elsewhere(model):
    model.signatureDefs[0].inputs[0].tensorIndex = 10**6


def too_few_inputs(model):
    operator = next(o for o in model.subgraphs[0].operators if len(o.inputs) == 2)
    operator.inputs = operator.inputs[:1]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (missing_input, "tensor that is not there"),
        (variable, "is a variable"),
        (far_tensor, "tensor that is not there"),
        (far_buffer, "impossible shape or no weights"),
        (vast_shape, "impossible shape"),
        (other_shape, "another shape than its weights"),
        (custom_operator, "the operator CUSTOM, which no export"),
        (state, "the operator ASSIGN_VARIABLE, which no export"),
        (itself, "graph that is not there"),
        (standing_counter, "might never end"),
        (growing_limit, "might never end"),
        (signature_elsewhere, "names other tensors"),
        (too_few_inputs, "too few or too many inputs"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_litert_would_not_survive_is_refused(spoil, reason):
    model = schema.ModelT.InitFromPackedBuf(bytearray(SMALL.read_bytes()), 0)
    spoil(model)
    with pytest.raises(InputError, match=f"no model that turns token_ids.*{reason}") as refused:
        TFLiteModel(packed(model))
    assert len(str(refused.value).splitlines()) <= 3
