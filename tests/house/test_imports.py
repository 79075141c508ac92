"""Imports go one way. The rules stand in one table; the imports are read from the files."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# May be imported by all; import each other only.
LEAVES = {"checksums", "errors", "files", "inside", "lazy", "progress", "settings", "untrusted"}
LAYERS_AND_BELOW = {"layers", "losses", "metrics", "decoding", "ops"}
SIDE_BY_SIDE = {"training", "export", "viz", "data"}

# Which rooms a room may import, beside itself and the leaves.
MAY_IMPORT = {
    **{leaf: set() for leaf in LEAVES},
    "ops": set(),
    "text": set(),
    "testing": set(),
    "layers": {"ops"},
    "losses": {"ops"},
    "metrics": {"ops", "text"},
    "decoding": {"ops"},
    "models": LAYERS_AND_BELOW,
    "pretraining": LAYERS_AND_BELOW | {"data"},
    "viz": {"text"},
    "data": {"text"},
    "training": LAYERS_AND_BELOW | SIDE_BY_SIDE | {"models", "text"},
    "export": LAYERS_AND_BELOW | SIDE_BY_SIDE | {"models", "text"},
    "application": LAYERS_AND_BELOW | SIDE_BY_SIDE | {"models", "text"},
    "cli": SIDE_BY_SIDE | {"application", "apps"},
    "apps": LAYERS_AND_BELOW | SIDE_BY_SIDE | {"application", "models", "pretraining", "text"},
}
WITHOUT_TENSORFLOW = {"ops", "layers", "losses", "metrics", "decoding", "models", "viz", "text"} | LEAVES
WITHOUT_KERAS = {"viz", "text"} | LEAVES
NOBODYS = ("keras.src", "tensorflow.python", "tests", "tools")


def room_of(path: Path) -> str:
    """The room that a file belongs to: its folder, or its own name at the top; `apps` for an app."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return "apps" if parts[0] == "apps" else parts[1]


def imports_of(path: Path) -> list[tuple[int, str]]:
    """(line, dotted name) of everything imported anywhere in a file: `from a import b` counts as `a.b`."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are written in full"
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def is_inside(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


FILES = sorted([*ROOT.glob("keras_seq/**/*.py"), *ROOT.glob("apps/**/*.py")])
IMPORTS = [
    (path, line, name)
    for path in FILES
    if path != ROOT / "keras_seq/__init__.py"
    for line, name in imports_of(path)
]


def broken(is_wrong) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path, line, name in IMPORTS
        if is_wrong(path, name)
    ]


def room_imported(name: str) -> str | None:
    """The room of keras_seq that an import reaches into; None when it is none of ours or only the package."""
    parts = name.split(".")
    if parts[0] != "keras_seq" or len(parts) < 2 or parts[1].startswith("__"):
        return None
    return parts[1]


def test_every_room_has_its_rule():
    assert {
        room_of(path) for path in FILES if path.name != "__init__.py" or path.parent.name != "keras_seq"
    } <= {*MAY_IMPORT}


def test_imports_go_one_way():
    def wrong(path, name):
        here, there = room_of(path), room_imported(name)
        return there is not None and there not in {here, *LEAVES, *MAY_IMPORT[here]}

    assert not broken(wrong)


def test_rooms_side_by_side_import_each_other_by_the_front_door_only():
    def wrong(path, name):
        here, there, inside = room_of(path), room_imported(name), name.split(".")[2:]
        if here not in SIDE_BY_SIDE or there not in SIDE_BY_SIDE - {here} or not inside:
            return False
        is_file = (ROOT / "keras_seq" / there / f"{inside[0]}.py").exists()
        offered = importlib.import_module(f"keras_seq.{there}").__all__
        return is_file and (len(inside) > 1 or inside[0] not in offered)

    assert not broken(wrong)


def test_the_mathematics_never_imports_tensorflow():
    assert not broken(
        lambda path, name: room_of(path) in WITHOUT_TENSORFLOW and is_inside(name, "tensorflow")
    )


def test_text_and_pictures_never_import_keras():
    assert not broken(lambda path, name: room_of(path) in WITHOUT_KERAS and is_inside(name, "keras"))


def test_nobody_imports_the_insides_of_keras_or_tensorflow_or_tests_or_tools():
    assert not broken(lambda path, name: any(is_inside(name, each) for each in NOBODYS))


def test_no_app_imports_another():
    def wrong(path, name):
        apps = name.split(".")[1:] if name.split(".")[0] == "apps" else name.split(".")[2:]
        return room_of(path) == "apps" and (
            is_inside(name, "apps") or (is_inside(name, "keras_seq.apps") and apps[:1] != [path.stem])
        )

    assert not broken(wrong)


def test_the_command_line_imports_late():
    """At its top nothing that is slow: only the standard library, typer, rich and the leaves."""
    path = ROOT / "keras_seq/cli.py"
    allowed = {*sys.stdlib_module_names, "typer", "rich", "yaml"}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = (
                [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            )
            for name in names:
                assert name.split(".")[0] in allowed or room_imported(name) in LEAVES, (
                    f"line {node.lineno}: {name}"
                )


LIGHT = [
    "keras_seq",
    "keras_seq.apps",
    "keras_seq.cli",
    "keras_seq.errors",
    "keras_seq.export.runtime",
    "keras_seq.files",
    "keras_seq.settings",
    "keras_seq.text",
    "keras_seq.viz",
]


@pytest.fixture(scope="module")
def what_light_modules_load():
    """module -> which heavy libraries were loaded after importing it, all in one fresh process, in order."""
    script = (
        "import importlib, sys\n"
        f"for name in {LIGHT!r}:\n"
        "    importlib.import_module(name)\n"
        "    heavy = ('tensorflow', 'keras', 'jax', 'torch', 'matplotlib')\n"
        "    print(name, *[each for each in heavy if each in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}


@pytest.mark.parametrize("module", LIGHT)
def test_importing_what_is_light_loads_neither_tensorflow_nor_keras(module, what_light_modules_load):
    assert what_light_modules_load[module] == []
