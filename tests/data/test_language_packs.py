"""A package as PyPI would deliver it, made here; and the real ones, where they are installed."""

import importlib.util
import json
import sys

import pytest

from keras_seq.data import list_data, load_data
from keras_seq.data.language_packs import PACKS
from keras_seq.data.splitting import normalised, split_of
from keras_seq.errors import InputError

NAME, MODULE = "package:jupyterlab-zh", "jupyterlab_language_pack_zh_CN"
SPLITS = ("train", "validation", "test")
COMMANDS = {f"Open tab {i}": [f"打开标签 {i}"] for i in range(100)}
FILES = {
    "jupyterlab.json": {
        "": {"language": "zh-CN"},
        **COMMANDS,
        "menu\x04Open": ["打开"],
        "Open": ["开"],
        "OPEN ": ["还是开"],
        "%1 cell": ["%1 个单元格"],
        "Lua": ["lua"],
        "\nPath: %1": ["\n路径：%1\n"],
        "Two\nlines": ["两行"],
        "One": ["两\n行"],
        "Not translated": [" "],
    },
    "notebook.json": {"": {}, "Open tab 3": ["又一个"], "Close": ["关闭"]},
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Write and install a language pack that must not be imported."""
    folder = tmp_path / MODULE
    catalogs = folder / "locale" / "zh_CN" / "LC_MESSAGES"
    catalogs.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    monkeypatch.syspath_prepend(tmp_path)

    def fill(files):
        for name, catalog in files.items():
            content = catalog if isinstance(catalog, str) else json.dumps(catalog)
            (catalogs / name).write_text(content, encoding="utf-8")

    return fill


def every(name=NAME, **options):
    return {split: load_data(name, "translation", split, **options) for split in SPLITS}


def pairs(loaded):
    return [pair for examples in loaded.values() for pair in zip(*examples.columns.values(), strict=True)]


def test_every_sentence_is_in_exactly_one_split_once_and_what_is_left_out_is_counted(package):
    package(FILES)
    loaded = every()
    expected = {english: chinese[0] for english, chinese in COMMANDS.items()}
    expected |= {"Open": "打开", "%1 cell": "%1 个单元格", "Path: %1": "路径：%1", "Close": "关闭"}
    assert dict(pairs(loaded)) == expected and len(pairs(loaded)) == len(expected)
    skipped = {}
    for examples in loaded.values():
        for reason, count in examples.skipped.items():
            skipped[reason] = skipped.get(reason, 0) + count
    assert skipped == {
        "repeated sentence": 3,
        "the same in both languages": 1,
        "several lines": 2,
        "empty target": 1,
    }


@pytest.mark.parametrize("options", [{}, {"source_language": "zh"}])
def test_the_split_is_read_off_the_source(package, options):
    package(FILES)
    for split, examples in every(**options).items():
        assert {split_of(source) for source in examples["source"]} == {split}


def test_the_languages_may_be_turned_round_but_not_be_others(package):
    package(FILES)
    forth, back = pairs(every()), pairs(every(source_language="zh", target_language="en"))
    assert ("Close", "关闭") in forth and ("关闭", "Close") in back
    assert sorted(pairs(every(target_language="zh"))) == sorted(forth)
    with pytest.raises(InputError, match="no language 'fr', as --target-language says. There are: en, zh."):
        load_data(NAME, "translation", target_language="fr")


def test_a_missing_package_is_answered_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError) as caught:
        load_data(NAME, "translation")
    assert "jupyterlab-language-pack-zh-CN==4.5.post3, which is not installed" in str(caught.value)
    assert "pip install 'keras_seq[translation]'" in str(caught.value)


@pytest.mark.parametrize("content", ["{", "[]", '{"Open": []}', '{"Open": [1]}', '{"a": 1}'])
def test_another_version_of_the_package_is_noticed(package, content):
    package({"jupyterlab.json": content})
    with pytest.raises(InputError, match="jupyterlab.json is not the file that was expected"):
        every()


@pytest.mark.parametrize("name", PACKS)
def test_the_real_package_gives_all_its_sentences_as_the_list_says(name):
    module = f"jupyterlab_language_pack_{PACKS[name].locale}"
    if not importlib.util.find_spec(module):
        pytest.skip(f"{module} is not installed")
    loaded = every(name)
    size = next(row.size for row in list_data("translation") if row.name == name)
    assert "/".join(f"{len(examples):,}" for examples in loaded.values()) == size
    sources = [normalised(source) for source, _ in pairs(loaded)]
    assert len(set(sources)) == len(sources)
    assert module not in sys.modules
