"""A `.tflite` file, looked through before LiteRT opens it: what its graphs are made of, and how they fit.

LiteRT itself sees that the file is a whole flatbuffer. It does not see an operator without its inputs, a
graph that calls itself, or a tensor that is said to be a variable, and crashes; nor a loop without an end.
"""

import math

import numpy as np
from ai_edge_litert import schema_py_generated as schema

__all__ = ["check_lite"]

# What the exports of this package hold, and the arithmetic and shapes near to it, by how many inputs it has.
# Nothing that reads a file, keeps a state, draws, or is not LiteRT's own.
_OF_ONE = """
ABS AVERAGE_POOL_2D CAST CEIL COS DEQUANTIZE ELU EXP FLOOR GELU HARD_SWISH L2_NORMALIZATION LEAKY_RELU
LOG LOGICAL_NOT LOGISTIC LOG_SOFTMAX MAX_POOL_2D NEG QUANTIZE RANK RELU RELU6 RELU_N1_TO_1 ROUND RSQRT
SHAPE SIGN SIN SOFTMAX SPACE_TO_DEPTH SQRT SQUARE SQUEEZE TANH UNIQUE UNPACK WHERE ZEROS_LIKE
"""
_OF_TWO = """
ADD ARG_MAX ARG_MIN BATCH_MATMUL BITWISE_XOR BROADCAST_TO CUMSUM DIV EQUAL EXPAND_DIMS FILL FLOOR_DIV
FLOOR_MOD GATHER GATHER_ND GREATER GREATER_EQUAL LESS LESS_EQUAL LOGICAL_AND LOGICAL_OR MAXIMUM MEAN
MINIMUM MIRROR_PAD MUL NOT_EQUAL PAD POW PRELU REDUCE_ALL REDUCE_ANY REDUCE_MAX REDUCE_MIN REDUCE_PROD
REVERSE_SEQUENCE REVERSE_V2 RIGHT_SHIFT SEGMENT_SUM SPLIT SQUARED_DIFFERENCE SUB SUM TILE TOPK_V2
TRANSPOSE
"""
_OF_THREE = """
BATCH_TO_SPACE_ND CONV_2D DEPTHWISE_CONV_2D DYNAMIC_UPDATE_SLICE PADV2 RANGE SCATTER_ND SELECT SELECT_V2
SLICE SPACE_TO_BATCH_ND SPLIT_V UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_MIN UNSORTED_SEGMENT_PROD
UNSORTED_SEGMENT_SUM
"""
_INPUTS = {
    **dict.fromkeys(_OF_ONE.split(), range(1, 2)),
    **dict.fromkeys(_OF_TWO.split(), range(2, 3)),
    **dict.fromkeys(_OF_THREE.split(), range(3, 4)),
    **dict.fromkeys(("STRIDED_SLICE", "ONE_HOT"), range(4, 5)),
    "RESHAPE": range(1, 3),
    "FULLY_CONNECTED": range(2, 4),
    **dict.fromkeys(("CONCATENATION", "PACK", "ADD_N", "WHILE"), range(1, 1000)),
}
_SEVERAL_OUTPUTS = {"SPLIT", "SPLIT_V", "TOPK_V2", "UNPACK", "UNIQUE", "WHILE"}
_MAY_BE_MISSING = {"FULLY_CONNECTED": 2, "CONV_2D": 2}  # their bias
_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
_BYTES = {"FLOAT32": 4, "FLOAT16": 2, "INT32": 4, "INT64": 8, "UINT8": 1, "INT8": 1, "BOOL": 1, "INT16": 2}
_TYPES = {code: _BYTES[name] for name, code in vars(schema.TensorType).items() if name in _BYTES}
_MOST_ELEMENTS = 2**31 - 1


def check_lite(content: bytes) -> None:
    """Refuse a model that LiteRT would crash on, or that does anything but compute.

    Raises:
        ValueError, …: with the reason; whatever else is raised, the file is damaged.
    """
    model = schema.Model.GetRootAs(content, 0)
    if content[4:8] != b"TFL3":
        raise ValueError("it does not begin as a .tflite file")
    names = [_name(model.OperatorCodes(index)) for index in range(model.OperatorCodesLength())]
    sizes = [_size(model.Buffers(index)) for index in range(model.BuffersLength())]
    graphs = [_Graph(model, index) for index in range(model.SubgraphsLength())]
    if not graphs or sum(sizes) > len(content):
        raise ValueError("it holds no graph, or more weights than bytes")
    for graph in graphs:
        graph.check_tensors(sizes)
        graph.check_operators(names)
    for graph in graphs:
        for loop in graph.loops:
            graph.check_loop(*loop, graphs)
    _check_calls(graphs)
    for index in range(model.SignatureDefsLength()):
        _check_signature(model.SignatureDefs(index), graphs)


class _Graph:
    """One subgraph, its lists read once."""

    def __init__(self, model, number):
        self.model, self.number = model, number
        graph = model.Subgraphs(number)
        self.tensors = [graph.Tensors(index) for index in range(graph.TensorsLength())]
        self.operators = [graph.Operators(index) for index in range(graph.OperatorsLength())]
        self.inputs, self.outputs = _list(graph.InputsAsNumpy()), _list(graph.OutputsAsNumpy())
        self.made_by: dict[int, tuple[str, list[int]]] = {}  # tensor -> operator, its inputs
        self.loops, self.calls = [], []

    def check_tensors(self, sizes):
        """Each tensor's weights are there and are as many as its shape says."""
        self._in_range([*self.inputs, *self.outputs])
        self.constant = []
        for tensor in self.tensors:
            if tensor.IsVariable() or tensor.Sparsity() is not None or tensor.Type() not in _TYPES:
                raise ValueError("a tensor in it is a variable, sparse or of a foreign kind")
            buffer, shape = tensor.Buffer(), _list(tensor.ShapeAsNumpy())
            if not 0 <= buffer < len(sizes) or min(shape, default=0) < 0 or math.prod(shape) > _MOST_ELEMENTS:
                raise ValueError("a tensor in it has an impossible shape or no weights")
            if sizes[buffer] and sizes[buffer] != math.prod(shape) * _TYPES[tensor.Type()]:
                raise ValueError("a tensor in it has another shape than its weights")
            self.constant.append(bool(sizes[buffer]))

    def check_operators(self, names):
        """Each operator is known, and each of its inputs was made before it; nothing is made twice."""
        made = set(self.inputs) | {index for index, constant in enumerate(self.constant) if constant}
        if len(made) < len(self.inputs) + sum(self.constant):
            raise ValueError("an input of a graph in it is a constant, or stands there twice")
        for operator in self.operators:
            if not 0 <= operator.OpcodeIndex() < len(names):
                raise ValueError("an operator in it has no name")
            name = names[operator.OpcodeIndex()]
            if name not in _INPUTS:
                raise ValueError(f"it holds the operator {name}, which no export of keras_seq needs")
            inputs, outputs = _list(operator.InputsAsNumpy()), _list(operator.OutputsAsNumpy())
            given = [
                one for place, one in enumerate(inputs) if one >= 0 or place != _MAY_BE_MISSING.get(name)
            ]
            if len(inputs) not in _INPUTS[name] or not (
                outputs and (len(outputs) == 1 or name in _SEVERAL_OUTPUTS)
            ):
                raise ValueError(f"an operator {name} in it has too few or too many inputs or outputs")
            self._in_range([*given, *outputs])
            if not made.issuperset(given) or not made.isdisjoint(outputs) or len(set(outputs)) < len(outputs):
                raise ValueError(f"an operator {name} in it uses what was not made yet, or makes it twice")
            made.update(outputs)
            self.made_by.update(dict.fromkeys(outputs, (name, inputs)))
            if name == "WHILE":
                self.loops.append((operator, inputs, outputs))
        if not made.issuperset(self.outputs):
            raise ValueError("an output of a graph in it is never made")

    def kinds(self, indices):
        """The types of some tensors."""
        return [self.tensors[index].Type() for index in indices]

    def check_loop(self, operator, inputs, outputs, graphs):
        """A loop fits the graphs that it repeats, and it ends."""
        if operator.BuiltinOptionsType() != schema.BuiltinOptions.WhileOptions:
            raise ValueError("a loop in it says not what it repeats")
        options, table = schema.WhileOptions(), operator.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
        self.calls += (called := [options.CondSubgraphIndex(), options.BodySubgraphIndex()])
        if not all(0 < index < len(graphs) for index in called):
            raise ValueError("a loop in it repeats a graph that is not there")
        condition, body = (graphs[index] for index in called)
        kinds = self.kinds(inputs)
        fits = kinds == self.kinds(outputs) == condition.kinds(condition.inputs) == body.kinds(body.inputs)
        if not fits or kinds != body.kinds(body.outputs) or len(condition.outputs) != 1:
            raise ValueError("a loop in it does not fit what it repeats")
        if not any(body.counts_up(*pair) for pair in condition.less_than()):
            raise ValueError("a loop in it does not count its steps, and might never end")

    def less_than(self):
        """Of a condition: pairs of inputs, the first of which is less than the second as long as it holds.

        Instead of the second there is None where it is a constant.
        """
        waiting = list(self.outputs)
        while waiting:
            name, inputs = self.made_by.get(waiting.pop(), ("", []))
            if name == "LOGICAL_AND":
                waiting += inputs
            elif name == "LESS" and inputs[0] in self.inputs:
                counter, limit = self.inputs.index(inputs[0]), inputs[1]
                if limit in self.inputs:
                    yield counter, self.inputs.index(limit)
                elif self.constant[limit]:
                    yield counter, None

    def counts_up(self, counter, limit):
        """Of a body: whether one of its values grows by one, and another, if there is one, stays as it is."""
        name, inputs = self.made_by.get(self.outputs[counter], ("", []))
        stays = limit is None or self.outputs[limit] == self.inputs[limit]
        if name != "ADD" or not stays or self.inputs[counter] not in inputs:
            return False
        steps = [one for one in inputs if one != self.inputs[counter]]
        if len(steps) != 1 or not self.constant[steps[0]] or self.kinds(steps) != [schema.TensorType.INT32]:
            return False
        step = self.model.Buffers(self.tensors[steps[0]].Buffer()).DataAsNumpy().view("<i4")
        return step.tolist() == [1]

    def _in_range(self, indices):
        if not all(0 <= index < len(self.tensors) for index in indices):
            raise ValueError("a graph in it uses a tensor that is not there")


def _check_calls(graphs):
    """No graph repeats itself, by whatever way."""
    state = {}

    def visit(number):
        if state.get(number) == "inside":
            raise ValueError("a loop in it repeats itself")
        if number not in state:
            state[number] = "inside"
            for called in graphs[number].calls:
                visit(called)
            state[number] = "done"

    for graph in graphs:
        visit(graph.number)


def _check_signature(signature, graphs):
    if not 0 <= signature.SubgraphIndex() < len(graphs):
        raise ValueError("a signature in it has no graph")
    graph = graphs[signature.SubgraphIndex()]
    for maps, known in (
        ([signature.Inputs(index) for index in range(signature.InputsLength())], graph.inputs),
        ([signature.Outputs(index) for index in range(signature.OutputsLength())], graph.outputs),
    ):
        if {each.TensorIndex() for each in maps} != set(known):
            raise ValueError("a signature in it names other tensors than its graph has")
        if not all(each.Name() for each in maps):
            raise ValueError("a signature in it has a tensor without a name")


def _name(code):
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())  # the old field holds one byte
    return _NAMES.get(number, f"number {number}")


def _size(buffer):
    if buffer.Offset() > 1 or buffer.Size() > 1:  # of weights behind the flatbuffer
        raise ValueError("its weights are not where this package puts them")
    return buffer.DataLength()


def _list(array) -> list[int]:
    """A vector of the file, where the generated code gives 0 for none."""
    return [] if isinstance(array, int) else np.asarray(array).tolist()
