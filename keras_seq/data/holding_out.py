"""A validation split for examples that have none."""

from keras_seq.data.examples import Examples
from keras_seq.data.splitting import fraction_of
from keras_seq.errors import InputError

__all__ = ["hold_out"]


def hold_out(examples: Examples) -> tuple[Examples, Examples]:
    """Hold out about a tenth of the examples for validation, chosen by a hash of what they say.

    The choice is the same in every run, and equal inputs never stand on both sides.

    Args:
        examples: all there are.

    Returns:
        Training and validation examples; a note in the latter says how they came to be.

    Raises:
        InputError: so few examples that one side would be empty.
    """
    first = next(iter(examples.columns.values()))
    # Not by `split_of`: in examples that come from one of its splits, that would hold out all or nothing.
    held = [fraction_of(str(value), salt="hold out ") < 0.1 for value in first]
    labels = examples.columns.get("label") or examples.columns.get("intent") or []
    kept = {label for label, out in zip(labels, held, strict=False) if not out}
    # A label of so few examples that all would be held out stays where it can be learnt.
    held = [out and (not labels or labels[place] in kept) for place, out in enumerate(held)]
    if all(held) or not any(held):
        raise InputError(
            f"{examples.title} has {len(examples)} examples, too few to hold some out.\n"
            "Give validation examples with --valid."
        )
    sides = []
    for side, wanted in (("train", False), ("validation", True)):
        columns = {
            name: [value for value, out in zip(column, held, strict=True) if out == wanted]
            for name, column in examples.columns.items()
        }
        sides.append(Examples(columns, examples.name, side))
    note = f"{len(sides[1])} of {len(examples)} training examples, held out by a hash of their text"
    train, validation = sides
    return (
        Examples(train.columns, train.name, train.split, examples.skipped, examples.notes),
        Examples(validation.columns, validation.name, validation.split, notes=(note,)),
    )
