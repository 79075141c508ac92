"""A `.keras` file that somebody made on purpose, with checksums that are right."""

import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest

from keras_seq.errors import InputError
from keras_seq.layers import AttentionPooling
from keras_seq.models import load_model


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A small model's file."""
    tokens = keras.Input((None,), dtype="int32")
    words = keras.layers.Embedding(20, 4, mask_zero=True)(tokens)
    model = keras.Model(tokens, keras.layers.Dense(2)(AttentionPooling("additive")(words)))
    path = tmp_path_factory.mktemp("sound") / "model.keras"
    model.save(path)
    return path, model


@pytest.fixture
def parts(sound):
    with zipfile.ZipFile(sound[0]) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts, path, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def refused(path):
    """What is said, in lines that a person can read."""
    with pytest.raises(InputError) as error:
        load_model(path)
    assert 1 < len(str(error.value).splitlines()) <= 3
    return str(error.value)


def test_a_file_of_ours_is_loaded(sound, parts, tmp_path):
    again = load_model(packed(parts, tmp_path / "again.keras"))
    ids = np.array([[3, 4, 0]])
    np.testing.assert_array_equal(again(ids), sound[1](ids))


FOREIGN = {
    "Lambda": {"module": "keras.layers", "class_name": "Lambda", "config": {"function": {}}},
    "__lambda__": {"class_name": "__lambda__", "config": {"value": ["4wAA", None, None]}},
    "TFSMLayer": {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/tmp"}},
    "TextVectorization": {"module": "keras.layers", "class_name": "TextVectorization", "config": {}},
    "__numpy__": {"class_name": "__numpy__", "config": {"value": [1], "dtype": "V1000000000"}},
    "os.system": {"module": "os", "class_name": "system", "config": {}, "registered_name": "system"},
    "keras.utils.get_file": {"module": "keras.utils", "class_name": "get_file", "config": {}},
    "keras.src.utils": {"module": "keras.src.utils", "class_name": "Sequence", "config": {}},
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_class_with_code_or_files_of_its_own_is_refused(parts, tmp_path, name):
    config = json.loads(parts["config.json"])
    config["config"]["layers"][1]["config"]["embeddings_initializer"] = FOREIGN[name]
    parts["config.json"] = json.dumps(config).encode()
    said = refused(packed(parts, tmp_path / "foreign.keras"))
    assert name in said and ("never loaded" in said or "not known here" in said)


@pytest.mark.parametrize(
    ("layer", "change", "reason"),
    [
        (1, {"input_dim": 10**12, "output_dim": 10**6}, "no axis of its weights is longer"),
        (1, {"input_dim": 9_999, "output_dim": 9_999}, "it describes more weights than"),
        (-1, {"units": 9_999}, "it describes more weights than"),
    ],
)
def test_sizes_that_the_weights_have_not_are_refused_before_they_are_allocated(
    parts, tmp_path, layer, change, reason
):
    config = json.loads(parts["config.json"])
    config["config"]["layers"][layer]["config"] |= change
    parts["config.json"] = json.dumps(config).encode()
    assert reason in refused(packed(parts, tmp_path / "huge.keras"))


def spoil(weights, kind, elsewhere):
    """Put something in the place of the embeddings."""
    name = "layers/embedding/vars/0"
    shape = weights[name].shape
    del weights[name]
    if kind == "soft link":
        weights[name] = h5py.SoftLink("/layers/dense/vars/0")
    elif kind == "external link":
        weights[name] = h5py.ExternalLink(str(elsewhere), "/data")
    elif kind == "external group":
        del weights["layers/embedding"]
        weights["layers/embedding"] = h5py.ExternalLink(str(elsewhere), "/")
    elif kind == "virtual dataset":
        layout = h5py.VirtualLayout(shape, "float32")
        layout[...] = h5py.VirtualSource(str(elsewhere), "data", shape=shape)
        weights.create_virtual_dataset(name, layout)
    elif kind == "external storage":
        weights.create_dataset(name, shape, "float32", external=[(str(elsewhere), 0, 320)])
    elif kind == "bomb":
        weights.create_dataset(name, (2**20, 2**20), "float32", chunks=(64, 64), compression="gzip")
    elif kind == "text":
        weights.create_dataset(name, data="text")
    else:
        weights[name] = weights["layers"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        *dict.fromkeys(("soft link", "external link", "external group"), "is a link to elsewhere").items(),
        *dict.fromkeys(("virtual dataset", "external storage"), "is read from another file").items(),
        ("bomb", "is larger than the file"),
        ("text", "holds no numbers"),
        ("cycle", "stands there twice"),
    ],
)
def test_weights_that_are_elsewhere_or_without_end_are_refused(parts, tmp_path, kind, reason):
    with h5py.File(tmp_path / "secret.h5", "w") as secret:
        secret["data"] = np.ones((20, 4), "float32")
    file = io.BytesIO(parts["model.weights.h5"])
    with h5py.File(file, "r+") as weights:
        spoil(weights, kind, tmp_path / "secret.h5")
    parts["model.weights.h5"] = file.getvalue()
    assert reason in refused(packed(parts, tmp_path / "elsewhere.keras"))


@pytest.mark.parametrize(
    "name", ["../out.txt", "/tmp/out.txt", "assets/../../out.txt", "..\\out.txt", "more.txt"]
)
def test_an_archive_holds_three_files_and_no_path(parts, tmp_path, name):
    parts[name] = b"x"
    assert "expected config.json, metadata.json, model.weights.h5" in refused(
        packed(parts, tmp_path / "m.keras")
    )
    assert not (tmp_path.parent / "out.txt").exists()


def test_a_compressed_archive_is_refused_before_it_grows(parts, tmp_path):
    parts["model.weights.h5"] = bytes(2**24)
    path = packed(parts, tmp_path / "bomb.keras", zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 2**16 and "is compressed" in refused(path)


def test_an_archive_that_lies_of_its_sizes_is_refused(sound, tmp_path):
    content = bytearray(sound[0].read_bytes())
    place = content.rindex(b"PK\x01\x02")  # the last entry of the directory at its end
    content[place + 20 : place + 28] = (2**31).to_bytes(4, "little") * 2
    (tmp_path / "lies.keras").write_bytes(content)
    assert "more than it does" in refused(tmp_path / "lies.keras")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "9" * 10_000, '{"a": 1, "a": 1}', "null", "", '{"class_name": []}']
)
def test_a_description_that_is_none_is_refused(parts, tmp_path, text):
    parts["config.json"] = text.encode()
    refused(packed(parts, tmp_path / "none.keras"))
