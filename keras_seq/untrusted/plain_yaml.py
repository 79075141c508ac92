"""YAML of settings: no anchors, whose copies of copies have no end; no key twice; some pages at most."""

from typing import Any

import yaml

__all__ = ["parse_yaml"]

_MOST_CHARACTERS = 100_000  # a config.yaml has some 6,000


class _Loader(yaml.SafeLoader):
    """Plain data alone."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError(f"*{self.peek_event().anchor[:40]} stands for another part of the file")
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        found = super().construct_mapping(node, deep)
        if isinstance(node, yaml.MappingNode) and len(found) < len(node.value):
            raise yaml.YAMLError(f"a name stands there twice, near line {node.start_mark.line + 1}")
        return found


def _whole_number(loader, node):
    value = loader.construct_yaml_int(node)
    if abs(value) >= 2**64:
        raise yaml.YAMLError(f"a number in line {node.start_mark.line + 1} has too many digits")
    return value


_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)


def parse_yaml(text: str) -> Any:
    """As `yaml.safe_load`, but whatever is wrong is a ValueError with a reason of one line.

    Example:
        >>> parse_yaml("a: &big [1, 2]\\nb: [*big, *big]")
        Traceback (most recent call last):
        ValueError: *big stands for another part of the file
    """
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"it has {len(text):,} characters, and settings take a few thousand")
    try:
        return yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, KeyError, AttributeError) as error:
        # A date without such a day, a number of a million digits: PyYAML lets these through as they are.
        raise ValueError(" ".join(str(error).split())[:200] or type(error).__name__) from None
