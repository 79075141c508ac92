"""Settings: dataclasses whose every field is explained where it stands, read from YAML and `key=value`.

    @dataclass(frozen=True)
    class Settings:
        units: int = setting(64, "width of each direction", minimum=1)

A setting is written once. From it come the default, the comment in `config.yaml`, the check and the error.
"""

import contextlib
import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import yaml

from keras_seq.errors import InputError, nearest
from keras_seq.untrusted import parse_yaml

__all__ = ["differences", "parse_assignments", "setting", "to_yaml", "updated"]

Settings = TypeVar("Settings")


def setting(default: Any, help: str, *, choices=None, minimum=None, below=None) -> Any:
    """A field: its default, one line of explanation, and what is allowed.

    Args:
        default: the value where nothing is said; a class makes a section of settings.
        help: one line; it becomes the comment in `config.yaml`.
        choices: the only values allowed.
        minimum: the smallest value allowed.
        below: values must be smaller than this.
    """
    metadata = {"help": help, "choices": choices, "minimum": minimum, "below": below}
    if isinstance(default, type):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def updated(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """The same settings with some changed, each checked.

    A section takes a mapping, a dotted name reaches into it (`"attention.score"`), and a single value
    given to a section sets the section's first setting: `attention="additive"` is `attention.score`.

    Raises:
        InputError: a name that does not exist (the nearest are offered), a value of the wrong kind.
    """
    fields = {field.name: field for field in dataclasses.fields(settings)}
    hints = typing.get_type_hints(type(settings))
    values: dict[str, Any] = {}
    for name, value in changes.items():
        first, _, rest = str(name).partition(".")  # YAML reads a name such as 8 as a number
        if first not in fields:
            raise InputError(
                f"There is no setting {str(name)!r:.80}. Known: {nearest(name, _names(settings))}."
            )
        section = values.get(first, getattr(settings, first))
        if dataclasses.is_dataclass(section):
            if rest:
                value = {rest: value}
            elif not isinstance(value, Mapping):
                value = {dataclasses.fields(section)[0].name: value}
            values[first] = _in_section(first, section, value)
        elif rest:
            raise InputError(f"The setting {first!r:.80} has no parts. Received: {str(name)!r:.80}.")
        else:
            values[first] = _checked(first, value, hints[first], fields[first].metadata)
    return dataclasses.replace(settings, **values)


def parse_assignments(assignments: list[str]) -> dict[str, Any]:
    """`["units=128", "attention.score=additive"]` -> `{"units": 128, "attention.score": "additive"}`.

    Raises:
        InputError: an assignment without `=`.
    """
    values = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.strip():
            raise InputError(f"A setting is given as key=value. Received: {assignment!r}.")
        try:
            values[name.strip()] = parse_yaml(text)
        except ValueError:
            values[name.strip()] = text
    return values


def to_yaml(settings: Any) -> str:
    """The settings as YAML with the explanation of each behind it."""
    return "\n".join(_lines(settings, indent="")) + "\n"


def differences(settings: Settings, others: Settings) -> dict[str, Any]:
    """What is set otherwise than in others of the same kind, by dotted names, as `updated` takes it."""
    found = {}
    for field in dataclasses.fields(settings):
        value, other = getattr(settings, field.name), getattr(others, field.name)
        if dataclasses.is_dataclass(value):
            inner = differences(value, other)
            found |= {f"{field.name}.{name}": each for name, each in inner.items()}
        elif value != other:
            found[field.name] = value
    return found


def _lines(settings, indent):
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        comment = f"  # {field.metadata['help']}"
        if field.metadata.get("choices"):
            comment += ": " + " | ".join(str(choice) for choice in field.metadata["choices"])
        if dataclasses.is_dataclass(value):
            yield f"{indent}{field.name}:{comment}"
            yield from _lines(value, indent + "  ")
        else:
            scalar = yaml.safe_dump(value, allow_unicode=True, width=10_000, default_flow_style=True)
            yield f"{indent}{field.name}: {scalar.removesuffix(chr(10)).removesuffix('...').strip()}{comment}"


def _names(settings, prefix=""):
    for field in dataclasses.fields(settings):
        yield prefix + field.name
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            yield from _names(value, prefix + field.name + ".")


def _in_section(name, section, changes):
    try:
        return updated(section, changes)
    except InputError as error:
        raise InputError(f"In the section {name!r}: {error}") from None


def _checked(name, value, hint, allowed):
    """The value in its field's type, or an InputError that says what the field takes."""
    name, shown = name[:80], f"{name:.80}={value!r:.80}"
    optional = isinstance(hint, types.UnionType) and type(None) in typing.get_args(hint)
    if value is None and optional:
        return None
    kind = next(arg for arg in typing.get_args(hint) if arg is not type(None)) if optional else hint
    whole_number = isinstance(value, float) and value.is_integer()
    if kind is float and isinstance(value, (int, str)) and not isinstance(value, bool):
        with contextlib.suppress(ValueError, OverflowError):
            value = float(value)  # YAML reads 1e-3 as text
    elif kind is int and whole_number:
        value = int(value)
    elif kind is str and isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)) or value != value:
        kinds = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
        raise InputError(f"The setting {name!r} takes {kinds[kind]}. Received: {shown}.")
    choices, minimum, below = (allowed.get(rule) for rule in ("choices", "minimum", "below"))
    if choices is not None and value not in choices:
        raise InputError(f"The setting {name!r} takes {nearest(value, choices)}. Received: {shown}.")
    if (minimum is not None and value < minimum) or (below is not None and value >= below):
        limits = [f"at least {minimum}"] * (minimum is not None) + [f"below {below}"] * (below is not None)
        raise InputError(f"The setting {name!r} must be {' and '.join(limits)}. Received: {shown}.")
    return value
