"""A SavedModel, looked through before TensorFlow loads it: it is a program, and may ask for any operator.

Some operators read and write files, wherever they stand, when the model is called or already when it is
loaded. Those of an export compute; the few that read and write its own variables are called by nobody.
"""

import math
import os
from pathlib import Path

from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

__all__ = ["check_saved_model"]

# What the exports of this package hold, and the arithmetic, shapes and text near to it. Nothing that reads or
# writes a file, opens a connection, runs Python or an executable, or keeps what one call leaves for the next.
_NAMES = """
Abs Add AddN AddV2 All Any ArgMax ArgMin Assert AssignVariableOp Atan2 AvgPool BatchMatMul BatchMatMulV2
BatchMatMulV3 BiasAdd BroadcastArgs BroadcastTo Bucketize Cast Ceil CheckNumerics ClipByValue Concat
ConcatV2 Const Conv2D Cos Cosh Cumprod Cumsum CumulativeLogsumexp DenseBincount DepthwiseConv2dNative
DisableCopyOnRead Div DivNoNan DynamicPartition DynamicStitch Einsum Elu Empty EnsureShape Equal Erf
Erfc Exp ExpandDims Expm1 Fill Floor FloorDiv FloorMod FusedBatchNormV3 Gather GatherNd GatherV2 Greater
GreaterEqual HashTableV2 Identity IdentityN If InTopKV2 InvertPermutation IsFinite IsInf IsNan L2Loss
LeakyRelu Less LessEqual LinSpace Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr LookupTableFindV2
LookupTableImportV2 LookupTableSizeV2 MatMul MatrixBandPart MatrixDiagPartV3 MatrixDiagV3 Max MaxPool
Maximum Mean Min Minimum MirrorPad Mod Mul MulNoNan Neg NoOp NotEqual OneHot OnesLike Pack Pad PadV2
ParallelDynamicStitch PartitionedCall Placeholder PlaceholderWithDefault Pow PreventGradient Prod
RaggedGather RaggedRange RaggedTensorFromVariant RaggedTensorToTensor RaggedTensorToVariant Range Rank
ReadVariableOp RealDiv Reciprocal Relu Relu6 Reshape ResourceGather ResourceGatherNd Reverse
ReverseSequence ReverseV2 Rint Roll Round Rsqrt ScatterNd SegmentMax SegmentMean SegmentSum SegmentSumV2
Select SelectV2 Selu Shape ShapeN Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign Split
SplitV Sqrt Square SquaredDifference Squeeze StatefulPartitionedCall StatelessIf StatelessWhile
StaticRegexFullMatch StaticRegexReplace StopGradient StridedSlice StringJoin StringLength StringLower
StringSplitV2 StringStrip StringToHashBucketFast StringToNumber StringUpper Sub Substr Sum Tan Tanh
TensorListConcatV2 TensorListElementShape TensorListFromTensor TensorListGather TensorListGetItem
TensorListLength TensorListReserve TensorListResize TensorListSetItem TensorListSplit TensorListStack
TensorScatterAdd TensorScatterUpdate Tile TopKV2 Transpose TruncateDiv TruncateMod UnicodeDecode
UnicodeDecodeWithOffsets UnicodeEncode UnicodeScript UnicodeTranscode Unique UniqueV2 UniqueWithCounts
Unpack UnsortedSegmentJoin UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum
VarHandleOp VarIsInitializedOp Where While Xdivy Xlog1py Xlogy ZerosLike
"""
_COMPUTING = frozenset(_NAMES.split())
_OWN_FILES = frozenset({"MergeV2Checkpoints", "RestoreV2", "SaveV2", "ShardedFilename"})
_KINDS = {"user_object", "function", "bare_concrete_function", "variable", "constant", "resource"}
_REGISTERED = {"", "tf.TrackableConstant", "tf.StaticHashTable"}
_MOST_REPEATED = 10**7  # elements of a constant that is said once and repeated
_OTHER_FORMS = ("saved_model.cpb", "saved_model.pbtxt")  # TensorFlow would read them too, the first instead


def check_saved_model(folder: str | os.PathLike) -> None:
    """Refuse a SavedModel that holds what no export of this package does.

    Raises:
        ValueError, …: with the reason; whatever else is raised, the file is damaged.
    """
    others = [name for name in _OTHER_FORMS if (Path(folder) / name).exists()]
    if others:
        raise ValueError(f"it holds {others[0]} besides")
    saved = SavedModel.FromString((Path(folder) / "saved_model.pb").read_bytes())
    if len(saved.meta_graphs) != 1:
        raise ValueError(f"it holds {len(saved.meta_graphs)} graphs instead of one")
    (meta,) = saved.meta_graphs
    library = meta.graph_def.library
    functions = {function.signature.name: function for function in library.function}
    if len(functions) < len(library.function) or library.gradient or library.registered_gradients:
        raise ValueError("its functions have one name twice, or gradients, which nobody needs here")
    if meta.asset_file_def:
        raise ValueError("it reads files of its own, which no export does")
    _check_operators(meta.graph_def.node, _COMPUTING)
    for function in functions.values():
        _check_operators(function.node_def, _COMPUTING | _OWN_FILES)
    calls = {name: _called(function.node_def) for name, function in functions.items()}
    saving = {
        name for name, each in functions.items() if any(node.op in _OWN_FILES for node in each.node_def)
    }
    _check_calls(calls, _called(meta.graph_def.node), saving)
    _check_that_nobody_saves(meta, saving)
    _check_objects(meta.object_graph_def, saving)


def _check_operators(nodes, allowed):
    for node in nodes:
        if node.op not in allowed:
            raise ValueError(f"it holds the operator {node.op[:60]}, which no export of keras_seq needs")
        for attribute in node.attr.values():
            for tensor in (attribute.tensor, *attribute.list.tensor):
                if (
                    math.prod(each.size for each in tensor.tensor_shape.dim)
                    > _MOST_REPEATED + tensor.ByteSize()
                ):
                    raise ValueError("a constant in it is larger than what it holds")


def _called(nodes):
    """The functions that some nodes call."""
    attributes = [attribute for node in nodes for attribute in node.attr.values()]
    called = [each for attribute in attributes for each in (attribute.func, *attribute.list.func)]
    return {each.name for each in called if each.name}


def _check_calls(calls, first, saving):
    """Functions call what is there, and end; none of them calls one that reads or writes files."""
    state = {}

    def visit(name):
        if name not in calls:
            raise ValueError(f"it calls {name[:60]!r}, which is not in it")
        if state.get(name) == "inside":
            raise ValueError("a function in it calls itself")
        if name not in state:
            state[name] = "inside"
            for called in calls[name]:
                visit(called)
            state[name] = "done"

    for name in (*first, *calls):
        visit(name)
        if calls[name] & saving:
            raise ValueError("a function in it calls one that reads or writes files")


def _check_that_nobody_saves(meta, saving):
    """Of the graph itself, two nodes belong to saving, and nothing else calls what they call."""
    saver = meta.saver_def
    own = {saver.save_tensor_name.partition(":")[0], saver.restore_op_name}
    if _called(node for node in meta.graph_def.node if node.name not in own) & saving:
        raise ValueError("its graph reads or writes files")
    signatures = [*meta.signature_def.values()]
    named = {info.name.partition(":")[0] for each in signatures for info in each.outputs.values()}
    main = {name for values in meta.collection_def.values() for name in values.node_list.value}
    feeding = {source.lstrip("^").partition(":")[0] for node in meta.graph_def.node for source in node.input}
    if own & (named | main | feeding - {saver.save_tensor_name.partition(":")[0]}):
        raise ValueError("a signature of it reads or writes files")


def _check_objects(objects, saving):
    """What is made again at loading: functions, variables, tables; no files, no classes of others."""
    if saving & set(objects.concrete_functions):
        raise ValueError("a function in it reads or writes files")
    for node in objects.nodes:
        if node.WhichOneof("kind") not in _KINDS or node.registered_name not in _REGISTERED:
            raise ValueError(
                f"it holds a {node.WhichOneof('kind')} {node.registered_name[:60]}, which no export does"
            )
        if node.registered_saver or node.saveable_objects:
            raise ValueError("an object in it reads its state from a file by itself")
