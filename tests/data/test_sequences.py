import pytest

from keras_seq.application.app import App
from keras_seq.data import Examples, check_sequences, get_task, require_tags
from keras_seq.errors import InputError

TASK = get_task("tagging")


class Tagger(App):
    task = "tagging"


def given(*columns):
    return App.examples(Tagger.__new__(Tagger), *columns)


def test_the_task_says_what_is_needed_and_what_may_be_there():
    assert list(TASK.columns) == ["tokens", "tags"] and list(TASK.optional) == ["intent", "text"]
    assert TASK.options == {"tag_column": "tags"} and TASK.flag("tags") == "--tag-column"
    assert get_task("sentiment").options == {"text_column": "text", "label_column": "label"}


def test_an_app_takes_the_optional_columns_behind_the_others():
    tokens, tags = [["a", "b"], ["c"]], [["X", "Y"], ["X"]]
    assert given(tokens, tags).columns == {"tokens": tokens, "tags": tags}
    assert given(tokens, tags, ["ask", "say"])["intent"] == ["ask", "say"]
    assert given(tokens, tags, None, ["a b", "c"]).columns.keys() == {"tokens", "tags", "text"}
    assert given((("a", "b"),), (("X", 7),))["tags"] == [["X", "7"]]


@pytest.mark.parametrize(
    "columns, expected",
    [
        (([["a"]],), "Expected tokens and tags, one list each, then intent, text if you like. Received: 1"),
        (([["a"]],) * 5, "Received: 5 lists"),
        (([["a"]], None), "Expected a list of tagss. Received: NoneType"),
        (([["a"]], [["X"]], ["i", "j"]), "Received: {'tokens': 1, 'tags': 1, 'intent': 2}"),
        ((["a film"], [["X"]]), "Example 0: expected tokens as a list of strings. Received: str 'a film'."),
        (([["a"]], [[None]]), "Example 0: expected tags as a list of strings. Received: list '[None]'."),
        (
            ([["a"], ["b", "c"]], [["X"], ["X"]]),
            "Example 1: expected as many tags as tokens. Received: 2 t",
        ),
        (([["a"], []], [["X"], []]), "Example 1 is empty. Expected: at least one of tokens."),
        (([], []), "There are no examples"),
    ],
)
def test_columns_that_do_not_fit_are_refused(columns, expected):
    with pytest.raises(InputError) as caught:
        given(*columns)
    assert expected in str(caught.value)


def test_columns_without_sequences_pass_as_they_are():
    columns = {"text": ("a film",), "label": ["b"]}
    assert check_sequences(get_task("sentiment"), columns) == {"text": ["a film"], "label": ["b"]}


def tagged(*tags):
    return Examples({"tokens": [["w"] * len(each) for each in tags], "tags": list(tags)}, "mine", "train")


def test_the_tags_are_the_different_ones_sorted():
    assert require_tags(tagged(["O", "B-x"], ["O"])) == ["B-x", "O"]
    assert tagged(["O", "B-x"], ["O"]).classes("tags") == ["B-x", "O"]


def test_one_tag_only_and_words_in_the_place_of_tags_are_refused():
    with pytest.raises(InputError, match="has only one tag; a tagger needs at least two"):
        require_tags(tagged(["O"], ["O", "O"]))
    with pytest.raises(InputError, match="40 different tags on 40 words: (?s:.*)with --tag-column"):
        require_tags(tagged([f"word{i}" for i in range(40)]))
