"""What a package offers is what it says; files are named for what they hold."""

import ast
import configparser
import importlib
import inspect
import types

import pytest

from tests.house.test_imports import FILES, ROOT

PACKAGES = sorted(
    ".".join(path.parent.relative_to(ROOT).parts).replace("apps", "keras_seq.apps", 1)
    if path.parent == ROOT / "apps"
    else ".".join(path.parent.relative_to(ROOT).parts)
    for path in FILES
    if path.name == "__init__.py"
)


@pytest.mark.parametrize("name", PACKAGES)
def test_all_lists_the_public_names_sorted(name):
    package = importlib.import_module(name)
    said = getattr(package, "__all__", None)
    if said is None:
        public = [
            key for key, value in vars(package).items() if key[0] != "_" and not inspect.ismodule(value)
        ]
        assert not public, f"{name} offers {public} and has no __all__"
        return
    assert said == sorted(said)
    assert len(said) == len(set(said))
    tree = ast.parse(inspect.getsource(package))
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(name)
        for alias in node.names
    }
    public = {each for each in imported if not isinstance(getattr(package, each), types.ModuleType)}
    assert public <= set(said), f"{name} imports {sorted(public - set(said))} for others and does not list it"


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_is_the_thing_and_not_a_module_of_the_same_name(name):
    package = importlib.import_module(name)
    for each in getattr(package, "__all__", []):
        assert not isinstance(getattr(package, each), types.ModuleType), f"{name}.{each} is a module"
        assert not isinstance(getattr(package, each), types.ModuleType), (
            f"{name}.{each} is one the second time"
        )


def test_no_layer_has_a_private_name():
    """Keras names a layer for its class, and TensorFlow refuses a scope whose name begins with "_".

    Keras has pushed the scope by then and never pops it: all weights made later in the process have it in
    their paths.
    """
    found = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and node.name.startswith("_")
        if any(ast.unparse(base).endswith(("Layer", "Model")) for base in node.bases)
    ]
    assert not found


def test_no_drawer_for_everything():
    assert not [path for path in FILES if path.stem in ("utils", "helpers", "common")]


def test_asserts_stand_in_tests_only():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assert)
    ]
    assert not found


def test_the_packages_that_are_installed_are_the_folders_that_exist():
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    assert settings["options"]["packages"].split() == PACKAGES
