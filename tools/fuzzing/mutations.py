"""Ways to spoil a file: blindly, and as somebody would who knows the format."""

import io
import json
import os
import zipfile

NUMBERS = [
    "9" * 1_000_000,
    "-1",
    "0",
    "1e308",
    ".nan",
    "NaN",
    "Infinity",
    "1e-320",
    "18446744073709551616",
    "0x" + "f" * 9999,
]
NUMBERS += ["true", "null", "2147483647", "100000", "1:59:59:59:59", "2001-99-99"]
WORDS = [
    "../../etc/passwd",
    "/etc/passwd",
    "\\u0000",
    "\\ud800",
    "",
    "x" * 100_000,
    "[PAD]",
    "\u2028",
    "\ufeff",
    "%s{0}",
]
WORDS += [
    "!!python/object/apply:os.system [echo]",
    "&a [*a]",
    "*a",
    "!!binary ////",
    "? [a]",
    "<<: {a: 1}",
    "{",
    "]",
    '"',
]
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(20)
)


def flip(content, chance):
    for _ in range(chance.choice((1, 1, 3, 30))):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def cut(content, chance):
    del content[chance.randrange(len(content)) :]


def overwrite(content, chance):
    place = chance.randrange(len(content))
    content[place : place + 20] = chance.randbytes(chance.randint(1, 20))


def insert(content, chance):
    place = chance.randrange(len(content) + 1)
    content[place:place] = chance.choice((b"\0" * 8, b"\n", b"\r\n", b"\xff\xfe", chance.randbytes(200)))


def swap(content, chance):
    one, other, size = (
        chance.randrange(len(content)),
        chance.randrange(len(content)),
        chance.choice((4, 16, 64)),
    )
    kept = content[one : one + size]
    content[one : one + size], content[other : other + size] = content[other : other + size], kept


def word(content, chance):
    """A 32-bit number of a binary format."""
    for _ in range(chance.choice((1, 1, 1, 3))):
        place = chance.randrange(max(1, len(content) // 4)) * 4
        value = chance.choice(
            (0, 1, 2, 2**32 - 1, 2**31 - 1, 2**31, chance.randrange(2**32), chance.randrange(256))
        )
        content[place : place + 4] = value.to_bytes(4, "little")


def empty(content, chance):
    content.clear()


BLIND = [flip, cut, overwrite, insert, swap, empty]


def text(content, chance):
    """Replace a word or a number; repeat, drop or exchange lines; nest; laugh."""
    lines = content.decode("utf-8").splitlines(keepends=True)
    place = chance.randrange(len(lines))
    what = chance.choice(("number", "number", "word", "word", "again", "drop", "deep", "laughs", "line"))
    if what in ("number", "word"):
        line = lines[place]
        starts = [k for k, c in enumerate(line) if c.isalnum() and (k == 0 or not line[k - 1].isalnum())] or [
            0
        ]
        start = chance.choice(starts)
        end = next(
            (k for k in range(start, len(line)) if not (line[k].isalnum() or line[k] in "._")), len(line)
        )
        lines[place] = line[:start] + chance.choice(NUMBERS if what == "number" else WORDS) + line[end:]
    elif what == "again":
        lines.insert(place, chance.choice(lines))
    elif what == "drop":
        del lines[place]
    elif what == "deep":
        lines[place] = chance.choice(("[", '{"a":', "- ", "{")) * chance.choice((500, 90_000))
    elif what == "laughs":
        lines = [LAUGHS, *lines]
    else:
        lines[place] = chance.choice(WORDS) + "\n"
    content[:] = "".join(lines).encode("utf-8", "surrogatepass")


def tree(value, chance):
    """Change one leaf or branch of a JSON tree."""
    places = []
    waiting = [value]
    while waiting:
        node = waiting.pop()
        for key in node if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], dict | list) and node[key]:
                waiting.append(node[key])
    node, key = chance.choice(places)
    node[key] = chance.choice(
        (
            None,
            True,
            -1,
            0,
            1,
            3,
            10**6,
            10**9,
            2**63,
            1e308,
            float("nan"),
            "",
            "x",
            "../x",
            [],
            {},
            [1, 2],
            [10**6] * 3,
        )
    )


FOREIGN = [
    {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {"function": "os.system"},
        "registered_name": None,
    },
    {"class_name": "__lambda__", "config": {"value": ["4wAA", None, None]}},
    {"module": "os", "class_name": "system", "config": {"command": "echo"}, "registered_name": "system"},
    {
        "module": "keras.layers",
        "class_name": "TFSMLayer",
        "config": {"filepath": "."},
        "registered_name": None,
    },
    {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "get_file"},
    {
        "module": "keras.callbacks",
        "class_name": "CSVLogger",
        "config": {"filename": "x"},
        "registered_name": None,
    },
    {"class_name": "__numpy__", "config": {"value": [1], "dtype": "V1000000000"}},
    {
        "module": "keras.layers",
        "class_name": "Embedding",
        "config": {"input_dim": 10**9, "output_dim": 10**6},
    },
    {"module": "keras.layers", "class_name": "RepeatVector", "config": {"n": 10**9}},
]


def keras_config(files, chance):
    """The description of the model."""
    config = json.loads(files["config.json"])
    for _ in range(chance.choice((1, 1, 2, 4))):
        tree(config, chance)
    files["config.json"] = json.dumps(config).encode()


def keras_class(files, chance):
    """One of its layers."""
    config = json.loads(files["config.json"])
    layers = config["config"]["layers"]
    place = chance.randrange(1, len(layers))
    old = layers[place]
    layers[place] = {**chance.choice(FOREIGN), "name": old["name"], "inbound_nodes": old["inbound_nodes"]}
    if chance.random() < 0.3:
        config["config"]["layers"][place]["build_config"] = chance.choice(FOREIGN)
    files["config.json"] = json.dumps(config).encode()


def keras_text(files, chance):
    """config.json or metadata.json as text."""
    name = chance.choice(("config.json", "metadata.json"))
    content = bytearray(files[name])
    text(content, chance)
    files[name] = bytes(content)


def keras_weights(files, chance):
    """The bytes of the HDF5 file."""
    content = bytearray(files["model.weights.h5"])
    chance.choice((flip, overwrite, swap, word, word, cut))(content, chance)
    files["model.weights.h5"] = bytes(content)


def keras_links(files, chance):
    """What HDF5 can do that nobody needs: other files, other places, a shape without an end."""
    import h5py

    file = io.BytesIO(files["model.weights.h5"])
    with h5py.File(file, "r+") as weights:
        names = []
        weights.visititems(lambda name, node: names.append(name) if isinstance(node, h5py.Dataset) else None)
        name = chance.choice(names)
        old = weights[name][()]
        del weights[name]
        what = chance.choice(("soft", "external", "virtual", "storage", "huge", "shape", "text", "loop"))
        if what == "soft":
            weights[name] = h5py.SoftLink(chance.choice(names))
        elif what == "external":
            weights[name] = h5py.ExternalLink(str(files["bait"] / "bait.h5"), "/data")
        elif what == "virtual":
            layout = h5py.VirtualLayout(old.shape or (1,), old.dtype)
            source = h5py.VirtualSource(str(files["bait"] / "bait.h5"), "data", shape=old.shape or (1,))
            layout[...] = source
            weights.create_virtual_dataset(name, layout)
        elif what == "storage":
            weights.create_dataset(
                name, old.shape, old.dtype, external=[(str(files["bait"] / "bait.txt"), 0, 2**20)]
            )
        elif what == "huge":
            weights.create_dataset(name, (2**20, 2**20), "float32", chunks=(64, 64), compression="gzip")
        elif what == "shape":
            weights.create_dataset(name, data=old.reshape(-1)[: chance.randint(0, 3)])
        elif what == "text":
            weights.create_dataset(name, data="text")
        else:
            weights[name] = weights[name.split("/")[0]]
    files["model.weights.h5"] = file.getvalue()


def keras_archive(files, chance):
    """The archive itself: names that lead out, links, bombs."""
    what = chance.choice(("out", "absolute", "link", "bomb", "twice", "npz", "more", "missing"))
    if what in ("out", "absolute", "more"):
        name = {"out": "../../out.txt", "absolute": "/tmp/out.txt", "more": "assets/x/../../../out"}[what]
        files[name] = b"x"
    elif what == "link":
        files[zipfile.ZipInfo("assets")] = str(files["bait"]).encode()
        next(info for info in files if isinstance(info, zipfile.ZipInfo)).external_attr = 0o120777 << 16
    elif what == "bomb":
        files["model.weights.h5"] = bytes(2**27)
        files["compress"] = True
    elif what == "npz":
        files["model.weights.npz"] = files.pop("model.weights.h5")
    elif what == "missing":
        del files[chance.choice(("config.json", "metadata.json", "model.weights.h5"))]
    else:
        files[zipfile.ZipInfo("config.json")] = b"{}"


IN_KERAS = [
    keras_config,
    keras_config,
    keras_class,
    keras_text,
    keras_weights,
    keras_weights,
    keras_links,
    keras_archive,
]


def in_archive(content, chance, mutation, bait):
    """Unpack a `.keras` file, spoil what is inside, and pack it with checksums that are right."""
    import warnings

    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    files["bait"] = bait
    mutation(files, chance)
    compress = files.pop("compress", False)
    del files["bait"]
    out = io.BytesIO()
    with (
        warnings.catch_warnings(),
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if compress else 0) as archive,
    ):
        warnings.simplefilter("ignore")  # two files of one name are meant
        for name, data in files.items():
            archive.writestr(name, data)
    content[:] = out.getvalue()


def lite_structure(content, chance):
    """A number somewhere in the tables of a `.tflite` file: a shape, an index, an option, a kind."""
    import flatbuffers
    import numpy as np
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    places, waiting = [], [model]
    while waiting:
        node = waiting.pop()
        for name, value in vars(node).items():
            if isinstance(value, int | np.ndarray):
                places.append((node, name))
            elif isinstance(value, list):
                waiting += [each for each in value if hasattr(each, "__dict__")]
            elif hasattr(value, "__dict__"):
                waiting.append(value)
    for _ in range(chance.choice((1, 1, 2, 5))):
        node, name = chance.choice(places)
        value = chance.choice(
            (0, 1, -1, 2, 3, 7, 255, 2**31 - 1, chance.randrange(300), chance.randrange(2**20))
        )
        if isinstance(getattr(node, name), int):
            setattr(node, name, value)
        elif getattr(node, name).size:
            array = getattr(node, name).copy()
            array[chance.randrange(array.size)] = np.array(value % 128).astype(array.dtype)
            setattr(node, name, array)
    try:
        builder = flatbuffers.Builder(len(content))
        builder.Finish(model.Pack(builder), b"TFL3")
    except Exception:  # a number that its place cannot hold
        return word(content, chance)
    content[:] = builder.Output()


HOSTILE = [
    "ReadFile",
    "WriteFile",
    "PyFunc",
    "SaveV2",
    "RestoreV2",
    "MatchingFiles",
    "Fill",
    "Range",
    "Tile",
    "Switch",
]


def graph(content, chance, bait):
    """An operator, a name, a size somewhere in a SavedModel."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    saved = SavedModel.FromString(bytes(content))
    meta = saved.meta_graphs[0]
    functions = meta.graph_def.library.function
    nodes = [*meta.graph_def.node, *[node for function in functions for node in function.node_def]]
    what = chance.choice(
        ("operator", "operator", "call", "constant", "asset", "object", "input", "kind", "graphs")
    )
    node = chance.choice(nodes)
    if what == "operator":
        node.op = chance.choice([*HOSTILE, *(each.op for each in nodes)])
    elif what == "call":
        node = chance.choice([each for each in nodes if "f" in each.attr])
        node.attr["f"].func.name = chance.choice([*(each.signature.name for each in functions), "nowhere"])
    elif what == "constant":
        node = chance.choice([each for each in nodes if each.op == "Const"])
        shape = node.attr["value"].tensor.tensor_shape
        shape.dim.add().size = chance.choice((10**6, 2**40, -1, 2))
    elif what == "asset":
        meta.asset_file_def.add().filename = f"../../{bait.name}/bait.txt"
    elif what == "object":
        chance.choice(meta.object_graph_def.nodes).asset.asset_file_def_index = 0
    elif what == "input":
        if node.input:
            node.input[chance.randrange(len(node.input))] = chance.choice(
                (node.name, "x:0", "^y", chance.choice(nodes).name)
            )
    elif what == "kind":
        chance.choice(meta.object_graph_def.nodes).user_object.identifier = chance.choice(
            ("_tf_keras_model", "x")
        )
    else:
        saved.meta_graphs.add()
    content[:] = saved.SerializeToString()


def npz(content, chance):
    """An array of objects, or one without an end."""
    import numpy as np

    out = io.BytesIO()
    if chance.random() < 0.5:
        np.savez(out, np.array([{"a": os}.get("b"), [1]], dtype=object))
    else:
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 100), }"
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("arr_0.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    content[:] = out.getvalue()


def in_place_of(path, chance, bait):
    """Something else under the file's name; gives what."""
    what = chance.choice(("link", "link", "pipe", "folder", "missing", "holes", "dangling", "beside"))
    if what != "beside":
        path.unlink()
    if what == "link":
        path.symlink_to(chance.choice((bait / "bait.txt", bait / f"bait{path.suffix}", bait)))
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "holes":
        with open(path, "wb") as file:
            file.truncate(2**40)
    elif what == "dangling":
        path.symlink_to(bait / "nothing")
    elif what == "beside":
        path.with_name(chance.choice(("saved_model.cpb", "further"))).symlink_to(bait)
    return what
