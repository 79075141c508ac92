"""The toy preset of the app: train, evaluate, predict, inspect, resume; and every kind of model."""

import json

import numpy as np
import pytest
from keras_seq.apps import Translation

from keras_seq.application import verbs
from keras_seq.cli import main
from keras_seq.errors import InputError
from keras_seq.training import ProgressLine
from tests.apps.conftest import command, ends_of, terminated

TINY = {"embedding_dim": 8, "units": 8, "epochs": 1, "batch_size": 16, "minimum_count": 1}
SMALLEST = {**TINY, "context": "first_state", "cell": "simple", "decoding.method": "greedy"}
NUMBERS = {"one": "un", "two": "deux", "three": "trois", "four": "quatre", "five": "cinq"}
SOURCES = [f"{one} and {other}!" for one in NUMBERS for other in NUMBERS]
TARGETS = [f"{one} et {other} !" for one in NUMBERS.values() for other in NUMBERS.values()]


@pytest.fixture(scope="module")
def opposites(tmp_path_factory):
    """A run folder of the toy preset, made by the command."""
    folder = tmp_path_factory.mktemp("translation") / "run"
    with pytest.raises(SystemExit) as leaving:
        main(["translation", "train", "--preset", "toy", "--run", str(folder)])
    assert leaving.value.code == 0
    return folder


@pytest.fixture(scope="module")
def small():
    """A translator of few sentences that attends."""
    app = Translation("toy", **{**TINY, "tokenizer": "words", "epochs": 2})
    app.fit(SOURCES, TARGETS, validation_data=(SOURCES, TARGETS), verbose=0)
    return app


def test_the_toy_learns_the_six_words_and_the_noisy_ones(opposites, capsys):
    names = {path.name for path in opposites.iterdir()}
    assert names >= {"config.yaml", "model.keras", "vocabulary.source.txt", "tokenizer.target.json"}
    out, _, status = command(capsys, "translation", "evaluate", opposites, "--json")
    result = json.loads(out)
    assert status == 0 and list(result) == ["app", "data", "split", "examples", "metrics", "signature"]
    assert (result["data"], result["examples"]) == ("builtin:opposites", 8)
    assert set(result["metrics"]) == {"bleu", "chrf", "exact_match"}
    assert result["metrics"]["exact_match"] == 1.0
    assert "tok:13a" in result["signature"]["bleu"] and "beam_width 5" in result["signature"]["decoding"]


def test_predict_gives_what_is_promised(opposites, capsys, tmp_path):
    (tmp_path / "in.txt").write_text("highh\n\nqueen\n", encoding="utf-8")
    out, err, status = command(
        capsys, "translation", "predict", opposites, "--input", tmp_path / "in.txt", "--json"
    )
    answers = [json.loads(line) for line in out.splitlines()]
    assert status == 0 and answers[0]["translation"] == "low" and "1 text(s) hold no word" in err
    for answer in answers:
        assert set(answer) == {"text", "translation", "score", "tokens", "source_tokens", "weights"}
    assert answers[0]["source_tokens"] == [*"highh", "[END]"] and answers[0]["score"] < 0
    assert np.shape(answers[0]["weights"]) == (3, 6)
    np.testing.assert_allclose(np.sum(answers[0]["weights"], axis=1), 1, atol=1e-5)
    assert answers[1] == {**answers[1], "translation": "", "score": None, "tokens": [], "weights": None}


def test_a_person_sees_tables_and_pictures(opposites, capsys, tmp_path):
    out, _, status = command(capsys, "translation", "evaluate", opposites)
    assert status == 0
    for word in ("by length of the source", "expected", "exact_match", "women"):
        assert word in out
    out, _, status = command(capsys, "translation", "predict", opposites, "high")
    assert status == 0 and "Translation: low" in out
    for name in ("look.html", "look.png"):
        _, _, status = command(
            capsys, "translation", "inspect", opposites, "high", "--output", tmp_path / name
        )
        assert status == 0 and (tmp_path / name).stat().st_size > 1000
    assert "low" in (tmp_path / "look.html").read_text(encoding="utf-8")


def test_an_app_goes_through_its_folder(small, tmp_path):
    small.save(tmp_path / "run")
    again = Translation.load(tmp_path / "run")
    assert again.settings == small.settings
    for one, other in zip(small.predict(SOURCES[:9]), again.predict(SOURCES[:9]), strict=True):
        assert one["translation"] == other["translation"] and one["score"] == pytest.approx(other["score"])


def test_tensorboard_shows_where_the_first_texts_were_looked_at_and_what_they_became(small):
    images, texts = small.samples(small.examples(SOURCES, TARGETS), 2)
    assert [*images] == ["attention/0", "attention/1"] and [*texts] == ["translation/0", "translation/1"]
    assert all(image.dtype == np.uint8 and image.shape[2] == 3 for image in images.values())
    assert texts["translation/1"].startswith(SOURCES[1]) and texts["translation/1"].endswith(TARGETS[1])


def test_the_score_of_a_validation_is_that_of_a_greedy_search(small):
    examples = small.examples(SOURCES, TARGETS)
    greedy = Translation("toy", **{**TINY, "tokenizer": "words", "decoding.method": "greedy"})
    greedy.source_encoder, greedy.target_encoder = small.source_encoder, small.target_encoder
    greedy.set_model(small.model)
    assert small.validation_scores(examples) == pytest.approx(greedy.scores(examples))


def test_unknown_words_are_copied_from_where_the_decoder_looked(small):
    source = small.source_encoder.tokenizer.tokens("one and zorro!")
    weights = np.array([[0.8, 0.1, 0.1, 0.0, 0.0], [0.1, 0.1, 0.3, 0.1, 0.4]])
    known = small.target_encoder.vocabulary.ids(["▁un"])[0]
    assert small._text_of(np.array([known, 1]), source, weights) == "un zorro"
    unwilling = Translation("toy", copy_unknowns=False)
    unwilling.target_encoder = small.target_encoder
    assert "[UNK]" in unwilling._text_of(np.array([known, 1]), source, weights)


KINDS = [
    {"cell": "lstm", "context": "first_state", "decoding.method": "greedy"},
    {"cell": "simple", "context": "every_step", "bidirectional": False, "num_layers": 2},
    {"attention.cell": "bahdanau", "attention.score": "general", "attention.scope": "local_p",
     "decoding.coverage_penalty": 0.2},
    {"attention": "dot", "scheduled_sampling": 0.3, "sampling_steps": 2, "averaging": 0.9},
    {"architecture": "conv_s2s", "tokenizer": "characters", "decoding.n_best": 3},
    {"architecture": "transformer", "heads": 2, "feed_forward_dim": 16, "shared_vocabulary": True,
     "tied": "all", "label_smoothing": 0.1, "tokenizer": "subwords", "vocabulary_size": 60},
    {"tied": "target", "decoding.method": "sample", "decoding.temperature": 0.5, "static_shapes": True},
]  # fmt: skip


@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_every_kind_of_model_trains_and_answers(settings):
    app = Translation("toy", **{**TINY, "tokenizer": "words", **settings})
    app.fit(SOURCES, TARGETS, verbose=0)
    answers = app.predict(["two and five!", ""])
    looked = answers[0]["weights"]
    assert (looked is None) == (settings.get("context") in ("first_state", "every_step"))
    if looked is not None:
        assert len(looked) == len(answers[0]["tokens"])
        assert all(len(row) == len(answers[0]["source_tokens"]) for row in looked)
    if app.settings.decoding.n_best > 1:
        several = answers[0]["n_best"]
        assert len(several) == 3 and several[0]["score"] == answers[0]["score"]
        assert sorted(several, key=lambda each: -each["score"]) == several


def test_chinese_is_source_and_target_and_scored_by_its_characters():
    sources, targets = (
        ["我爱你。", "我爱猫。", "你爱猫。"] * 8,
        ["I love you.", "I love cats.", "You love cats."] * 8,
    )
    app = Translation("toy", **SMALLEST)
    app.fit(targets, sources, validation_data=(targets, sources), verbose=0)
    assert "tok:zh" in app.signature()["bleu"]
    (answer,) = app.predict(["I love cats."])
    assert set(answer["translation"]) <= set("我爱你猫。 ")
    app = Translation("toy", **{**SMALLEST, "tokenizer": "words"})
    app.prepare(app.examples(sources, targets))
    assert app.source_encoder.tokenizer.tokens("我爱你。") == ["我", "爱", "你", "。"]


def test_pairs_that_are_too_long_are_left_out_and_counted(capsys):
    app = Translation("toy", **{**SMALLEST, "tokenizer": "words", "max_length": 6})
    app.fit([*SOURCES, "one " * 9], [*TARGETS, "un"], verbose=1)
    assert "1 training examples are longer than max_length, 6 tokens" in capsys.readouterr().err
    with pytest.raises(InputError, match="Every pair of given .* is longer than max_length, 2 tokens"):
        Translation("toy", **{**TINY, "max_length": 2}).fit(SOURCES, TARGETS, verbose=0)


def test_a_sentence_is_read_and_said_as_far_as_the_model_knows_places(tmp_path, capsys):
    settings = {"tokenizer": "words", "architecture": "transformer", "positions": "learned", "heads": 2}
    settings["decoding.method"] = "greedy"
    app = Translation("toy", **{**TINY, **settings, "max_positions": 6})
    app.fit([*SOURCES, "one " * 9], [*TARGETS, "un"], verbose=1)
    assert "1 training examples are longer than max_positions, 6 tokens" in capsys.readouterr().err
    app.save(tmp_path / "run")
    out, err, _ = command(capsys, "translation", "predict", tmp_path / "run", "two and " * 50, "--json")
    answer = json.loads(out)
    assert answer["source_tokens"] == ["▁two", "▁and", "▁two", "▁and", "▁two", "[END]"]
    assert len(answer["tokens"]) <= 6 and "1 text(s) are read up to 5 tokens" in err
    with pytest.raises(InputError, match="at most 6 tokens"):
        app.export(tmp_path / "out", "tflite", length=7)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Translation("toy", attension="dot"), "no setting 'attension'"),
        (lambda: Translation("toy", **{"decoding.method": "beem"}), "takes 'beam'"),
        (lambda: Translation("toy").fit(["a"], ["b", "c"]), "every example needs all"),
        (lambda: Translation("toy").predict(["a"]), "fit first"),
        (lambda: Translation("toy", tied="all").fit(SOURCES, TARGETS, verbose=0), "wants one vocabulary"),
    ],
)
def test_wrong_use_in_python_is_explained(call, said):
    with pytest.raises(InputError) as caught:
        call()
    assert said.lower() in str(caught.value).lower()


def test_more_translations_than_hypotheses_are_refused_before_training_and_after(opposites, capsys):
    with pytest.raises(InputError, match="set decoding.beam_width=6"):
        Translation("toy", **{**TINY, "decoding.n_best": 6}).fit(SOURCES, TARGETS, verbose=0)
    _, err, status = command(
        capsys, "translation", "predict", opposites, "high", "--set", "decoding.n_best=9"
    )
    assert status == 2 and err.startswith("A beam of 5 finds at most 5 translations.")


def test_a_trained_model_searches_as_it_is_told(opposites, capsys, tmp_path):
    several = ("--set", "decoding.beam_width=3", "--set", "decoding.n_best=2")
    out, _, status = command(capsys, "translation", "predict", opposites, "high", *several, "--json")
    assert status == 0 and len(json.loads(out)["n_best"]) == 2
    greedy = ("--set", "decoding.method=greedy")
    out, _, status = command(capsys, "translation", "evaluate", opposites, *greedy, "--json")
    assert status == 0 and json.loads(out)["signature"]["decoding"] == "greedy"
    _, err, status = command(capsys, "translation", "predict", opposites, "high", "--set", "units=3")
    assert status == 2 and "Training has fixed units" in err and "decoding.…" in err
    app = Translation.load(opposites)
    app.model = None  # as of an exported folder
    with pytest.raises(InputError, match="Export the run again with --set decoding.method="):
        app.change(**{"decoding.method": "greedy"})


def test_wrong_files_are_explained(opposites, capsys, tmp_path):
    (tmp_path / "mine.en").write_text("a\nb\n", encoding="utf-8")
    (tmp_path / "mine.de").write_text("x\n", encoding="utf-8")
    given = ("translation", "evaluate", opposites, "--test", tmp_path / "mine")
    _, err, status = command(capsys, *given, "--source-language", "en", "--target-language", "de")
    assert status == 2 and "mine.en, line 2" in err
    _, err, status = command(capsys, *given, "--source-language", "en", "--target-language", "fr")
    assert status == 2 and "'fr'" in err and "de" in err


def test_training_goes_on_exactly_where_it_was_interrupted(tmp_path):
    rows = "".join(f"{source}\t{target}\n" for source, target in zip(SOURCES, TARGETS, strict=True))
    (tmp_path / "train.tsv").write_text(rows, encoding="utf-8")
    given = {"train": str(tmp_path / "train.tsv"), **SMALLEST, "epochs": 2, "averaging": 0.5, "dropout": 0.2}
    verbs.train(Translation, run=str(tmp_path / "whole"), preset="toy", changes=given)
    with terminated(ProgressLine, "on_train_batch_end", 1, "1 step of the first epoch"):
        verbs.train(Translation, run=str(tmp_path / "part"), preset="toy", changes=given)
    verbs.train(Translation, run=str(tmp_path / "part"), changes={}, resume=True)
    assert ends_of(tmp_path / "part") == ends_of(tmp_path / "whole")
