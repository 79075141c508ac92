"""A validation split for examples that have none."""

from dataclasses import replace

import numpy as np

from keras_seq.data.examples import Examples
from keras_seq.data.splitting import fraction_of
from keras_seq.errors import InputError
from keras_seq.progress import followed

__all__ = ["hold_out"]

_SHARE = 0.1
_MOST = 20_000  # more would say no more, and cost as much in every epoch


def hold_out(examples: Examples) -> tuple[Examples, Examples]:
    """Hold out about a tenth of the examples for validation, or 20,000 of more than 200,000.

    They are chosen by a hash of what they say. The choice is the same in every run, and equal inputs never
    stand on both sides.

    Args:
        examples: all there are.

    Returns:
        Training and validation examples; a note in the latter says how they came to be.

    Raises:
        InputError: so few examples that one side would be empty.
    """
    first = next(iter(examples.columns.values()))
    share = min(_SHARE, _MOST / len(examples))
    # Not by `split_of`: in examples that come from one of its splits, that would hold out all or nothing.
    chances = (fraction_of(str(value), salt="hold out ") for value in followed(first, "holding out"))
    held = np.fromiter((chance < share for chance in chances), bool, len(examples))
    labels = next((examples.columns[name] for name in ("label", "intent") if name in examples.columns), ())
    kept = {label for label, out in zip(labels, held, strict=False) if not out}
    # A label of so few examples that all would be held out stays where it can be learnt.
    if len(labels):
        held &= np.fromiter((label in kept for label in labels), bool, len(examples))
    if held.all() or not held.any():
        raise InputError(
            f"{examples.title} has {len(examples)} examples, too few to hold some out.\n"
            "Give validation examples with --valid."
        )
    note = f"{held.sum()} of {len(examples)} training examples, held out by a hash of their text"
    return (
        replace(examples.where(~held), split="train"),
        replace(examples.where(held), split="validation", skipped={}, notes=(note,)),
    )
