from dataclasses import dataclass

import pytest
import yaml

from keras_seq import settings
from keras_seq.errors import InputError, nearest
from keras_seq.settings import setting


@dataclass(frozen=True)
class Attention:
    score: str = setting("additive", "how a word is scored", choices=("additive", "scaled_dot"))
    dropout: float = setting(0.0, "of the weights", minimum=0.0, below=1.0)


@dataclass(frozen=True)
class Model:
    units: int = setting(64, "width", minimum=1)
    rate: float = setting(1e-3, "learning rate")
    deep: bool = setting(False, "more layers")
    name: str | None = setting(None, "name, in any language")
    attention: Attention = setting(Attention, "the attention")


def test_what_is_not_named_keeps_its_default():
    assert settings.updated(Model(), {"units": 8}) == Model(units=8)


def test_a_section_takes_a_mapping_a_dotted_name_or_one_value():
    wanted = Model(attention=Attention(score="scaled_dot"))
    for given in (
        {"attention": {"score": "scaled_dot"}},
        {"attention.score": "scaled_dot"},
        {"attention": "scaled_dot"},
    ):
        assert settings.updated(Model(), given) == wanted


def test_two_dotted_names_of_one_section_both_count():
    both = settings.updated(Model(), {"attention.score": "scaled_dot", "attention.dropout": 0.5})
    assert both.attention == Attention("scaled_dot", 0.5)


def test_yaml_and_back_gives_the_same_settings_and_explains_each():
    changed = Model(units=3, rate=1e-7, deep=True, name="情感: #1", attention=Attention("scaled_dot", 0.25))
    text = settings.to_yaml(changed)
    assert settings.updated(Model(), yaml.safe_load(text)) == changed
    assert all("  # " in line for line in text.splitlines())
    assert "score: scaled_dot  # how a word is scored: additive | scaled_dot" in text


def test_assignments_are_read_as_yaml_values():
    given = settings.parse_assignments(
        ["units=128", "rate=1e-4", "deep=true", "name=null", "attention.score=additive"]
    )
    assert settings.updated(Model(name="x"), given) == Model(units=128, rate=1e-4, deep=True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unit": 3}, "There is no setting 'unit'. Known: 'units'"),
        ({"attention.scor": "x"}, "In the section 'attention': There is no setting 'scor'. Known: 'score'"),
        ({"units": "many"}, "takes a whole number. Received: units='many'"),
        ({"units": True}, "takes a whole number"),
        ({"units": 0}, "must be at least 1. Received: units=0"),
        ({"rate": "fast"}, "takes a number"),
        ({"rate": float("nan")}, "takes a number"),
        ({"deep": "perhaps"}, "takes true or false"),
        ({"attention": "scaled-dot"}, "takes 'scaled_dot'. Received: score='scaled-dot'"),
        ({"attention.dropout": 1.0}, "at least 0.0 and below 1.0"),
        ({"units.x": 1}, "'units' has no parts"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_takes(changes, said):
    with pytest.raises(InputError) as caught:
        settings.updated(Model(), changes)
    assert said in str(caught.value)


def test_an_assignment_without_equals_is_refused():
    with pytest.raises(InputError, match="key=value"):
        settings.parse_assignments(["units"])


def test_a_whole_float_is_a_whole_number_and_a_number_may_be_a_name():
    assert settings.updated(Model(), {"units": 8.0, "name": 5}) == Model(units=8, name="5")


def test_a_name_that_is_near_none_is_answered_with_all():
    assert nearest("zzz", ["a", "b", "c"]) == "'a', 'b' or 'c'"


def test_differences_are_the_changes_that_made_them():
    changes = {"units": 8, "name": "模型", "attention.dropout": 0.5}
    assert settings.differences(settings.updated(Model(), changes), Model()) == changes
    assert settings.differences(Model(), Model()) == {}


@pytest.mark.parametrize("value", ["x" * 100_000, -(10**400), ["y"] * 10_000], ids=["text", "number", "list"])
def test_an_error_shows_a_part_of_what_is_long(value):
    for changes in ({"units": value}, {str(value): 1}, {8: value}):
        with pytest.raises(InputError) as refused:
            settings.updated(Model(), changes)
        assert len(str(refused.value)) < 600
