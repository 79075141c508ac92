"""The app translation, exported by the command: the same answers, in processes that have little else."""

import json

import pytest
from keras_seq.apps import Translation

from keras_seq.cli import main
from tests.apps.conftest import command, printed_by_the_card, without_tensorflow
from tests.apps.test_translation import SOURCES, TARGETS, TINY

TEXTS = ["two and  five!", "", "one and zorro!", "three and four! " * 3]
EXPORTS = {
    "saved_model": ["--format", "saved_model"],
    "int8": ["--format", "tflite", "--quantize", "int8"],
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A run of few sentences, where rare words are unknown, and its exports, made by the command."""
    room = tmp_path_factory.mktemp("translation")
    rows = [*zip(SOURCES, TARGETS, strict=True), ("one and xerxes!", "un et xerxes !")]
    for name in ("train", "valid"):
        (room / f"{name}.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in rows), encoding="utf-8")
    settings = {**TINY, "tokenizer": "words", "minimum_count": 2, "epochs": 3, "decoding.beam_width": 3}
    files = {"train": str(room / "train.tsv"), "valid": str(room / "valid.tsv")}
    app = Translation("toy", **settings, **files)
    app.fit(*zip(*rows, strict=True), verbose=0)
    app.save(room / "run")
    for name, options in EXPORTS.items():
        with pytest.raises(SystemExit) as leaving:
            main(["translation", "export", str(room / "run"), *options, "--output", str(room / name)])
        assert leaving.value.code == 0
    return {name: room / name for name in ("run", *EXPORTS)}


def predicted(capsys, folder, *arguments):
    out, err, status = command(capsys, "translation", "predict", folder, *arguments, "--json")
    assert status == 0, err
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("name", EXPORTS)
def test_the_same_answers_from_the_run_and_what_was_exported(name, folders, capsys, tmp_path):
    (tmp_path / "in.txt").write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    expected = predicted(capsys, folders["run"], "--input", tmp_path / "in.txt")
    found = predicted(capsys, folders[name], "--input", tmp_path / "in.txt")
    assert [answer["text"] for answer in found] == TEXTS
    for one, other in zip(expected, found, strict=True):
        assert one.keys() == other.keys() and one["source_tokens"] == other["source_tokens"]
        if name == "saved_model":
            assert one["translation"] == other["translation"]
            assert other["score"] == pytest.approx(one["score"], abs=1e-4)
    assert found[1]["translation"] == "" and found[1]["score"] is None


def test_a_folder_holds_all_that_the_model_needs_and_a_card(folders):
    sides = {f"{kind}.{side}" for kind in ("vocabulary", "tokenizer") for side in ("source", "target")}
    names = {path.name for path in folders["int8"].iterdir()}
    assert {name.rpartition(".")[0] for name in names if name.count(".") == 2} == sides
    assert names >= {"config.yaml", "README.md", "checksums.txt", "model.tflite"}
    card = (folders["int8"] / "README.md").read_text(encoding="utf-8")
    for line in (
        "- search: beam: beam_width 3",
        "- target_ids: int32 (any, 1, any)",
        "- signature `decode_step`: ",
        "the same answer as the Keras model on these texts: translation ",
        "bleu on labelled texts: ",
        "exact_match on labelled texts: ",
    ):
        assert line in card


def test_predict_on_tflite_needs_neither_tensorflow_nor_keras(folders, capsys):
    (expected,) = predicted(capsys, folders["int8"], TEXTS[0])
    assert (
        json.loads(without_tensorflow("translation", "predict", folders["int8"], TEXTS[0], "--json"))
        == expected
    )


def test_drawn_translations_are_refused_for_lite_and_nothing_is_left(folders, tmp_path):
    from keras_seq.errors import InputError
    from keras_seq.settings import updated

    app = Translation.load(folders["run"])
    app.settings = updated(app.settings, {"decoding.method": "sample"})
    with pytest.raises(InputError, match="beam or greedy"):
        app.export(tmp_path / "lite", "tflite")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "without"), [("int8", ["tensorflow", "keras"]), ("saved_model", ["keras_seq", "keras", "jax"])]
)
def test_the_snippet_of_the_card_runs_as_it_stands(name, without, folders, capsys):
    translation, _, score = printed_by_the_card(folders[name], *without).strip().rpartition(" ")
    (expected,) = predicted(capsys, folders[name], SOURCES[0])
    assert translation == expected["translation"] and float(score) == pytest.approx(
        expected["score"], abs=1e-4
    )
