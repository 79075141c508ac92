"""A SavedModel is a program: one that reads or writes files is refused before TensorFlow loads it."""

import shutil
import sys

import keras
import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel as Proto

from keras_seq.errors import InputError
from keras_seq.export.folder import seal
from keras_seq.export.graph_check import check_saved_model
from keras_seq.export.saved_model import SavedModel, answering, export_saved_model


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    tokens = keras.Input((None,), dtype="int32", name="token_ids")
    words = keras.layers.Embedding(20, 4)(tokens)
    model = keras.Model(tokens, {"probabilities": keras.layers.Dense(2)(keras.ops.mean(words, axis=1))})
    folder = tmp_path_factory.mktemp("graph") / "sound"
    variables = [each.value for each in model.variables]
    export_saved_model(folder, {"token_ids": answering(model)}, variables)
    return folder


def test_what_an_export_holds_is_allowed(sound):
    check_saved_model(sound)


class Hostile(tf.Module):
    """Files are read and written when it answers."""

    def __init__(self, path, reads):
        super().__init__()
        self.path, self.reads = str(path), reads

    @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32, name="token_ids")])
    def answer(self, token_ids):
        if self.reads:
            return {"probabilities": tf.strings.length(tf.io.read_file(self.path)) + token_ids}
        with tf.control_dependencies([tf.io.write_file(self.path, "x")]):
            return {"probabilities": tf.identity(token_ids)}


@pytest.mark.parametrize("reads", [True, False])
def test_a_graph_that_reads_or_writes_a_file_is_refused(tmp_path, reads):
    module = Hostile(tmp_path / "secret.txt", reads)
    tf.saved_model.save(module, str(tmp_path / "hostile"), signatures={"token_ids": module.answer})
    seal(tmp_path / "hostile")
    with pytest.raises(
        InputError, match=f"the operator {'ReadFile' if reads else 'WriteFile'}, which no export"
    ):
        SavedModel(tmp_path / "hostile")
    assert not (tmp_path / "secret.txt").exists()


@pytest.fixture
def spoilt(sound, tmp_path):
    """A function that changes the graph of a copy, seals it, and opens it."""

    def change(how):
        folder = tmp_path / "spoilt"
        shutil.copytree(sound, folder)
        proto = Proto.FromString((folder / "saved_model.pb").read_bytes())
        how(proto, proto.meta_graphs[0])
        (folder / "saved_model.pb").write_bytes(proto.SerializeToString())
        seal(folder)
        return SavedModel(folder)

    return change


def functions(meta, start):
    return [each for each in meta.graph_def.library.function if each.signature.name.startswith(start)]


def calls(meta):
    nodes = [node for each in meta.graph_def.library.function for node in each.node_def]
    return [node for node in (*meta.graph_def.node, *nodes) if node.attr["f"].func.name]


def save_when_called(proto, meta):
    (saving,) = functions(meta, "__inference__traced_save")
    answers = next(node for node in meta.graph_def.node if node.op == "StatefulPartitionedCall")
    answers.attr["f"].func.name = saving.signature.name


def restore_as_function(proto, meta):
    (restoring,) = functions(meta, "__inference__traced_restore")
    node = meta.object_graph_def.nodes.add()
    node.bare_concrete_function.concrete_function_name = restoring.signature.name
    meta.object_graph_def.concrete_functions[restoring.signature.name].SetInParent()


def python(proto, meta):
    functions(meta, "__inference")[0].node_def[0].op = "EagerPyFunc"


def asset(proto, meta):
    meta.asset_file_def.add().filename = "../../etc/passwd"


def vast_constant(proto, meta):
    nodes = [n for f in functions(meta, "__inference") for n in f.node_def if n.op == "Const"]
    nodes[0].attr["value"].tensor.tensor_shape.dim.add().size = 2**40


def endless(proto, meta):
    (name,) = {node.attr["f"].func.name for node in calls(meta)} & {
        f.signature.name for f in functions(meta, "__inference_signature")
    }
    inner = next(f for f in functions(meta, "__inference_signature") if f.signature.name == name)
    next(n for n in inner.node_def if n.attr["f"].func.name).attr["f"].func.name = name


def nowhere(proto, meta):
    calls(meta)[0].attr["f"].func.name = "nowhere"


def two_graphs(proto, meta):
    proto.meta_graphs.add()


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (save_when_called, "reads or writes files"),
        (restore_as_function, "reads or writes files"),
        (python, "the operator EagerPyFunc"),
        (asset, "reads files of its own"),
        (vast_constant, "larger than what it holds"),
        (endless, "calls itself"),
        (nowhere, "which is not in it"),
        (two_graphs, "2 graphs instead of one"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_no_export_holds_is_refused(spoilt, how, reason):
    with pytest.raises(InputError, match=f"holds no SavedModel that takes token_ids: .*{reason}"):
        spoilt(how)


@pytest.mark.skipif(sys.platform == "win32", reason="links of Unix")
@pytest.mark.parametrize("name", ["saved_model.cpb", "saved_model.pbtxt"])
def test_a_second_graph_in_another_form_is_refused(sound, tmp_path, name):
    folder = tmp_path / "twice"
    shutil.copytree(sound, folder)
    (folder / name).write_bytes(b"")
    seal(folder)
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        SavedModel(folder)
