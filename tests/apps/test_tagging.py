"""The toy preset of the app: train, evaluate, predict, inspect, resume; and every kind of tags."""

import itertools
import json

import numpy as np
import pytest
from keras_seq.apps import Tagging

from keras_seq.application import verbs
from keras_seq.cli import main
from keras_seq.errors import InputError
from keras_seq.training import ProgressLine
from tests.apps.conftest import command, ends_of, terminated

TINY = {
    "embedding_dim": 8,
    "units": 6,
    "characters": {"units": 4, "length": 6},
    "epochs": 2,
    "minimum_count": 1,
}
CITIES = ("Rome", "New York", "Oslo", "San Juan", "Bonn", "Lima")


def bookings():
    """Tokens, tags and intents of some sentences: what stands before a city says whether it is left."""
    columns = ([], [], [])
    for one, other in itertools.permutations(CITIES, 2):
        for intent, words in (("book", "fly from {} to {}"), ("price", "fare to {} from {}")):
            tokens, tags = [], []
            for word in words.split():
                if word != "{}":
                    tokens.append(word)
                    tags.append("O")
                    continue
                city = (one if tokens[-1] == "from" else other).split()
                label = "from" if tokens[-1] == "from" else "to"
                tokens += city
                tags += [f"B-{label}", *[f"I-{label}"] * (len(city) - 1)]
            for column, value in zip(columns, (tokens, tags, intent), strict=True):
                column.append(value)
    return columns


@pytest.fixture(scope="module")
def tagged(tmp_path_factory):
    """A run folder of the toy preset, made by the command."""
    folder = tmp_path_factory.mktemp("tagging") / "run"
    with pytest.raises(SystemExit) as leaving:
        main(["tagging", "train", "--preset", "toy", "--run", str(folder)])
    assert leaving.value.code == 0
    return folder


@pytest.fixture(scope="module")
def small():
    """A tagger of few sentences with intents and self-attention."""
    app = Tagging("toy", **{**TINY, "units": 16, "heads": 2, "epochs": 12, "batch_size": 8, "patience": 12})
    tokens, tags, intents = bookings()
    app.fit(tokens, tags, intents, validation_data=(tokens, tags, intents), verbose=0)
    return app


def test_the_toy_learns_its_task(tagged, capsys):
    names = {path.name for path in tagged.iterdir()}
    assert names >= {"config.yaml", "model.keras", "vocabulary.txt", "tokenizer.json", "characters.txt"}
    assert names >= {"tags.txt", "intents.txt", "metrics.json", "logs", "checkpoints", "checksums.txt"}
    out, err, status = command(capsys, "tagging", "evaluate", tagged, "--json")
    result = json.loads(out)
    assert status == 0 and list(result) == ["app", "data", "split", "examples", "metrics", "signature"]
    assert (result["app"], result["data"], result["examples"]) == ("tagging", "builtin:flights", 500)
    assert set(result["metrics"]) == {"token_accuracy", "span_f1", "intent_accuracy", "sentence_accuracy"}
    assert result["metrics"]["sentence_accuracy"] > 0.9
    assert "IOB2" in err and result["signature"]["scheme"] == "IOB2"
    facts = json.loads((tagged / "metrics.json").read_text())
    assert facts["metrics"]["validation"]["span_f1"] > 0.95


def test_evaluate_for_a_person_has_a_row_for_each_label_and_what_is_mistaken(tagged, capsys):
    out, _, status = command(capsys, "tagging", "evaluate", tagged)
    assert status == 0
    for word in ("to_place", "flight_number", "precision", "mistaken most", "sentence_accuracy"):
        assert word in out


def test_predict_gives_what_is_promised_with_offsets_in_the_original_text(tagged, capsys, tmp_path):
    texts = ["Fly from  Boston to São\N{SOFT HYPHEN} Paulo on December 2!", "", "我想订一张12月2号去台北的票"]
    (tmp_path / "in.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    out, err, status = command(capsys, "tagging", "predict", tagged, "--input", tmp_path / "in.txt", "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert status == 0 and [answer["text"] for answer in answers] == texts
    for answer in answers:
        assert set(answer) == {"text", "tokens", "offsets", "tags", "spans", "intent", "weights"}
        assert len(answer["tokens"]) == len(answer["tags"]) == len(answer["offsets"])
        for token, (start, end) in zip(answer["tokens"], answer["offsets"], strict=True):
            assert answer["text"][start:end].replace("\N{SOFT HYPHEN}", "") == token
    assert answers[1]["tokens"] == answers[1]["spans"] == [] and answers[1]["intent"] is None
    assert "1 text(s) hold no word" in err
    named = {span["label"]: answers[0]["text"][span["start"] : span["end"]] for span in answers[0]["spans"]}
    assert named["from_place"] == "Boston" and named["date"] == "December 2"
    named = {span["label"]: answers[2]["text"][span["start"] : span["end"]] for span in answers[2]["spans"]}
    assert named["to_place"] == "台北" and named["date"] == "12月2号"
    assert sum(answers[2]["weights"]) == pytest.approx(1, abs=1e-5)


def test_inspect_writes_a_page_and_a_picture_and_a_token_needs_self_attention(tagged, capsys, tmp_path):
    for name in ("look.html", "look.png"):
        _, _, status = command(
            capsys, "tagging", "inspect", tagged, "fly to Rome", "--output", tmp_path / name
        )
        assert status == 0 and (tmp_path / name).stat().st_size > 1000
    page = (tmp_path / "look.html").read_text(encoding="utf-8")
    assert "Where the intent looked" in page and "to_place" in page
    _, err, status = command(
        capsys, "tagging", "inspect", tagged, "fly to Rome", "--token", 1, "--output", tmp_path / "no.html"
    )
    assert status == 2 and "no self-attention" in err


def test_a_sentence_of_5000_tokens_is_tagged(small):
    (answer,) = small.predict(["fly from Rome to Oslo " * 1000])
    assert len(answer["tags"]) == 5000 and answer["spans"][-1]["end"] > 20_000
    tokens = answer["tokens"]
    assert small.evaluate([tokens], [answer["tags"]], [answer["intent"]])["sentence_accuracy"] == 1.0


def test_tokens_may_come_cut_and_an_app_goes_through_its_folder(small, tmp_path):
    tokens = ["fly", "from", "New", "York", "to", "Oslo"]
    cut, raw = small.predict([tokens, "fly from New York to Oslo"])
    assert cut == raw
    assert [(cut["text"][span["start"] : span["end"]], span["label"]) for span in cut["spans"]] == [
        ("New York", "from"),
        ("Oslo", "to"),
    ]
    small.save(tmp_path / "run")
    again = Tagging.load(tmp_path / "run")
    assert again.settings == small.settings and again.predict([tokens])[0]["tags"] == cut["tags"]
    assert again.predict([tokens])[0]["weights"] == pytest.approx(cut["weights"], abs=1e-6)


def test_a_token_shows_where_it_looked(small):
    (answer,) = small.predict(["fly from Rome to Oslo"])
    looked = small.looked_from(answer, 2)
    assert sum(looked["weights"]) == pytest.approx(1, abs=1e-5) and len(looked["weights"]) == 5
    assert looked["weights"] != small.looked_from(answer, 4)["weights"]
    assert "Where Rome looked" in small.inspect("fly from Rome to Oslo", token=2).html()
    with pytest.raises(InputError, match="has 5 tokens, counted from 0. Received: token 5"):
        small.looked_from(answer, 5)


def test_the_best_weights_by_span_f1_are_kept():
    tokens, tags, intents = bookings()
    app = Tagging("toy", **{**TINY, "num_layers": 0, "epochs": 3})
    history = app.fit(
        tokens, tags, intents, validation_data=(tokens[:20], tags[:20], intents[:20]), verbose=0
    )
    assert app.monitor == "span_f1"
    best = max(history.history["val_span_f1"])
    assert app.evaluate(tokens[:20], tags[:20], intents[:20])["span_f1"] == pytest.approx(best, abs=1e-6)


KINDS = [
    {"head": "softmax", "characters": "rnn", "label_smoothing": 0.1},
    {"cell": "gru", "characters": "ngrams", "averaging": 0.9},
    {"num_layers": 2, "residual": True, "characters": "none", "static_shapes": True, "batch_size": 7},
    {"embeddings": "counted", "lowercase": False, "digits": False, "tokenizer": "characters"},
]


@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_every_kind_of_model_trains_and_answers(settings):
    tokens, tags, intents = bookings()
    app = Tagging("toy", **{**TINY, **settings, "epochs": 1})
    app.fit(tokens, tags, intents, validation_data=(tokens[:9], tags[:9], intents[:9]), verbose=0)
    (answer,) = app.predict(["fly to Rome"])
    assert answer["intent"] in ("book", "price") and len(answer["tags"]) == len(answer["tokens"])


def test_plain_tags_are_no_spans_and_need_no_intent():
    tokens = [["a", "film"], ["the", "films", "end"]] * 20
    tags = [["DET", "NOUN"], ["DET", "NOUN", "VERB"]] * 20
    app = Tagging("toy", **{**TINY, "epochs": 6})
    app.fit(tokens, tags, validation_data=(tokens, tags), verbose=0)
    assert app.monitor == "token_accuracy" and set(app.evaluate(tokens, tags)) == {
        "token_accuracy",
        "sentence_accuracy",
    }
    (answer,) = app.predict(["the film"])
    assert answer["tags"] == ["DET", "NOUN"] and answer["spans"] == []
    assert answer["intent"] is None and answer["weights"] is None
    assert app.view(answer).pieces() == [("the", "DET"), (" ", None), ("film", "NOUN")]


def test_tags_are_converted_on_request_and_repaired_and_both_is_said():
    tokens, tags, _ = bookings()
    place = tags[0].index("B-from")
    tags[0] = [*tags[0][:place], "I-from", *tags[0][place + 1 :]]
    app = Tagging("toy", **{**TINY, "scheme": "IOBES"})
    examples = app.ready(app.examples(tokens, tags))
    assert examples["tags"][0][place] in ("S-from", "B-from")
    assert any("in the scheme IOB2, converted to IOBES" in note for note in examples.notes)
    assert any("repaired: 1" in note for note in examples.notes)
    assert {tag[0] for tags in examples["tags"] for tag in tags} == set("OBES")
    assert app.ready(examples)["tags"] == examples["tags"]
    with pytest.raises(InputError, match=f"sentence 1: tag {place + 1}, 'I-from', is not legal in IOB2"):
        refusing = Tagging("toy", illegal_tags="refuse")
        refusing.ready(refusing.examples(tokens, tags))


def test_words_of_a_language_without_spaces_want_spaces_in_raw_text():
    tokens = [["我们", "喜欢", "电影", "。"], ["他们", "看见", "天空", "。"]] * 20
    tags = [["PRON", "VERB", "NOUN", "PUNCT"]] * 40
    app = Tagging("toy", **{**TINY, "num_layers": 0, "epochs": 1})
    examples = app.ready(app.examples(tokens, tags))
    assert any("spaces between their words" in note for note in examples.notes)
    app.fit(tokens, tags, verbose=0)
    (answer,) = app.predict(["我们 喜欢 电影 。"])
    assert answer["tokens"] == tokens[0] and len(answer["tags"]) == 4
    with pytest.raises(InputError, match="no spaces between its words"):
        app.predict(["我们都非常喜欢看这个电影。"])


def test_tags_that_training_did_not_have_are_counted_as_wrong_and_spoil_no_loss(small):
    tokens, tags, intents = bookings()
    strange = [["B-via" if tag == "B-to" else tag for tag in tags[0]], *tags[1:]]
    examples = small.ready(small.examples(tokens, strange, intents))
    assert any("counted as wrong: 1 (B-via)" in note for note in examples.notes)
    right = small.evaluate(tokens, tags, intents)["token_accuracy"]
    assert small.evaluate(tokens, strange, intents)["token_accuracy"] < right
    assert small.encode(examples)[1]["tags"][0].tolist() == []
    with pytest.raises(InputError, match="has other tags than the training data: B-day"):
        small.evaluate([["a", "b"]], [["B-day", "I-day"]], ["book"])
    with pytest.raises(InputError, match="has plain tags, which say no spans"):
        small.evaluate([["a"]], [["DET"]], ["book"])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Tagging("toy").fit([["a"]], [["O", "O"]]), "Received: 1 tokens, 2 tags"),
        (lambda: Tagging("toy").fit([["a"], ["b"]], [["O"], ["O"]]), "only one tag"),
        (lambda: Tagging("toy").fit([["a", "b"]], [["O", "B-x"]], ["one"]), "have the intent 'one'"),
        (
            lambda: Tagging("toy", scheme="IOB2").fit([["a", "b"]], [["X", "Y"]]),
            "plain tags, which say no spans",
        ),
        (lambda: Tagging("toy", scheme="BIO"), "takes 'BILOU'"),
        (lambda: Tagging("toy", embedding=3), "no setting 'embedding'"),
        (lambda: Tagging("toy").predict(["x"]), "fit first"),
    ],
)
def test_wrong_use_in_python_is_explained(call, said):
    with pytest.raises(InputError) as caught:
        call()
    assert said in str(caught.value)


def test_a_text_is_a_string_or_a_list_of_strings(small):
    with pytest.raises(InputError, match="Expected a list of texts. Received: one text"):
        small.predict("fly")
    with pytest.raises(InputError, match="Expected a text, or a list of tokens"):
        small.predict([[1, 2]])


def test_files_with_unequal_lines_or_another_column_are_said(small, capsys, tmp_path):
    small.save(tmp_path / "run")
    (tmp_path / "bad.bio").write_text("fly O\nto\nRome B-to\n", encoding="utf-8")
    _, err, status = command(capsys, "tagging", "evaluate", tmp_path / "run", "--test", tmp_path / "bad.bio")
    assert status == 2 and "bad.bio, line 2" in err
    (tmp_path / "good.bio").write_text("\ufefffly\tO\r\nto\tO\r\nRome\tB-to\r\n", encoding="utf-8")
    out, _, status = command(
        capsys, "tagging", "evaluate", tmp_path / "run", "--test", tmp_path / "good.bio", "--json"
    )
    result = json.loads(out)
    assert status == 0 and result["examples"] == 1 and "intent_accuracy" not in result["metrics"]


def test_training_goes_on_exactly_where_it_was_interrupted(tmp_path):
    lines = [
        "\n".join(f"{token} {tag}" for token, tag in zip(tokens, tags, strict=True))
        for tokens, tags, _ in zip(*bookings(), strict=True)
    ]
    (tmp_path / "train.bio").write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    given = {"train": str(tmp_path / "train.bio"), **TINY, "epochs": 2, "averaging": 0.5}
    verbs.train(Tagging, run=str(tmp_path / "whole"), preset="toy", changes=given)
    with terminated(ProgressLine, "on_train_batch_end", 2, "2 steps of the first epoch"):
        verbs.train(Tagging, run=str(tmp_path / "part"), preset="toy", changes=given)
    verbs.train(Tagging, run=str(tmp_path / "part"), changes={}, resume=True)
    assert ends_of(tmp_path / "part") == ends_of(tmp_path / "whole")


def test_word_vectors_from_a_file_are_where_training_begins(tmp_path):
    (tmp_path / "vectors.txt").write_text("fly 1 2 3\nrome 4 5 6\n")
    app = Tagging("toy", embeddings=str(tmp_path / "vectors.txt"), minimum_count=1)
    examples = app.ready(app.examples([["fly", "Rome", "Oslo"]], [["O", "B-to", "O"]]))
    app.prepare(examples)
    inputs, targets = app.encode(examples)
    embeddings = app.build_model(inputs, targets).get_layer("embedding").embeddings.numpy()
    np.testing.assert_allclose(embeddings[inputs[0][:2, 0]], [[1, 2, 3], [4, 5, 6]])
    assert app.settings.embedding_dim == 3
