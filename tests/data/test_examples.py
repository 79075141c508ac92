import pytest

from keras_seq.data import Examples, get_task, require_classes
from keras_seq.errors import InputError


def examples(labels):
    return Examples({"text": [f"text {i}" for i in range(len(labels))], "label": labels}, "mine", "train")


def test_columns_are_equally_long():
    with pytest.raises(ValueError, match="must be equally long. Received: {'text': 1, 'label': 2}"):
        Examples({"text": ["a"], "label": ["x", "y"]})


def test_columns_are_reached_by_name_and_a_wrong_name_offers_the_nearest():
    three = examples(["x", "y", "x"])
    assert len(three) == 3 and three["label"] == three.column("label") == ["x", "y", "x"]
    with pytest.raises(InputError, match=r"mine \(train\) has no column 'lable'. Did you mean 'label'?"):
        three["lable"]
    with pytest.raises(TypeError, match="read by column"):
        list(three)


def test_head_keeps_the_first_and_where_they_come_from():
    head = examples(["x", "y", "x"]).head(2)
    assert head.columns == {"text": ["text 0", "text 1"], "label": ["x", "y"]}
    assert head.title == "mine (train)"


def test_a_summary_says_what_was_skipped_and_noted():
    some = Examples({"text": ["a"]}, "mine", "test", {"empty text": 1200}, ("a note",))
    assert some.summary() == [
        "mine (test): 1 examples",
        "mine (test): skipped 1,200 (empty text)",
        "mine (test): a note",
    ]


def test_the_classes_are_the_different_labels_sorted():
    assert require_classes(examples(["neg", "pos", "neutral", "pos"])) == ["neg", "neutral", "pos"]


def test_one_class_only_is_refused():
    with pytest.raises(InputError) as caught:
        require_classes(examples(["pos"] * 4))
    assert "has only one class; a classifier needs at least two" in str(caught.value)
    assert "Received: 4 examples, labels 'pos'." in str(caught.value)
    with pytest.raises(InputError, match="Received: 0 examples"):
        require_classes(examples([]))


def test_texts_in_the_place_of_labels_are_noticed():
    with pytest.raises(InputError, match="40 different labels in 40 examples") as caught:
        require_classes(examples([f"a long sentence, number {i}, {'x' * 50}" for i in range(40)]))
    assert "--text-column and --label-column" in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3
    assert len(require_classes(examples([str(i % 20) for i in range(40)]))) == 20


def test_an_unknown_task_offers_the_nearest():
    assert list(get_task("sentiment").columns) == ["text", "label"]
    with pytest.raises(InputError, match="There is no task 'sentimet'. Did you mean 'sentiment'?"):
        get_task("sentimet")
