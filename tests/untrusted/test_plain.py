"""YAML and JSON that mean one thing, and take no longer than they are."""

import pytest

from keras_seq.application.run_folder import read_yaml
from keras_seq.errors import InputError
from keras_seq.untrusted import parse_json, parse_yaml

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{k}: &{k} [*{j}, *{j}]\n" for j, k in zip("abcdefghij", "bcdefghijk", strict=True)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LAUGHS, "stands for another part"),
        ("a: &a [*a]", "stands for another part"),
        ("<<: &b {c: 1}\nd: *b", "stands for another part"),
        ("a: 1\na: 2", "stands there twice"),
        ("a: {b: 1, b: 1}", "stands there twice"),
        ("a: " + "9" * 5000, "4300"),
        ("a: 0x" + "f" * 5000, "too many digits"),
        ("a: " + "1:" * 50 + "1", "too many digits"),
        ("a: 2001-99-99", "month"),
        ("[" * 5000, "nested too deep"),
        ("a: " + "b" * 200_000, "200,003 characters"),
        ("!!python/object/apply:os.system [echo]", "could not determine a constructor"),
    ],
    ids=lambda text: text[:12],
)
def test_yaml_is_refused_with_a_reason(tmp_path, text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_yaml(text)
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(InputError, match="is not YAML of settings") as refused:
        read_yaml(tmp_path / "c.yaml")
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1, "a": 1}', "the key 'a' stands there twice"),
        ("9" * 5000, "4300 digits"),
        ("[" * 100_000, "nested too deep"),
        ('{"a":' * 100_000, "nested too deep"),
        ("{", "Expecting property name"),
        (b"\xff\xfe{", "decode"),
    ],
    ids=lambda text: text[:12],
)
def test_json_is_refused_with_a_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_json(text)


def test_what_is_sound_is_read():
    assert parse_yaml("a: 1e-3\nb: [1, {c: null}]\nd: 0x10") == {"a": "1e-3", "b": [1, {"c": None}], "d": 16}
    assert parse_json('{"a": [1, {"b": NaN}]}')["a"][0] == 1
