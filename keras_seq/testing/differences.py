"""What differed, where and by how much: the letters of the laws."""

from collections.abc import Sequence

import numpy as np

__all__ = ["expect", "expect_close"]


def expect(condition: bool, letter: str) -> None:
    """Raise AssertionError with the letter unless the condition holds."""
    if not condition:
        raise AssertionError(letter)


def expect_close(
    got: Sequence[np.ndarray],
    expected: Sequence[np.ndarray],
    what: str,
    tolerance: float,
    kept: Sequence[np.ndarray | None] | None = None,
) -> None:
    """Raise AssertionError unless the outputs agree: |got - expected| <= tolerance · max(1, |expected|).

    Args:
        got: arrays, one an output.
        expected: as many.
        what: begins the letter: what was done and should have changed nothing.
        tolerance: largest difference allowed; 0 asks for equality.
        kept: for each output a bool array that broadcasts to it: where to look. None: everywhere.
    """
    expect(len(got) == len(expected), f"{what}: {len(expected)} outputs became {len(got)}")
    for number, (one, other) in enumerate(zip(got, expected, strict=True)):
        where = f"{what}: output {number}"
        expect(one.shape == other.shape, f"{where} of shape {other.shape} became {one.shape}")
        wide, wide_other = one.astype("float64"), other.astype("float64")
        with np.errstate(invalid="ignore"):  # inf - inf: not equal, and told as nan below
            difference = np.abs(wide - wide_other)
        excess = difference - tolerance * np.maximum(1.0, np.abs(wide_other))
        wrong = ~(excess <= 0) & (wide != wide_other)
        if kept is not None and kept[number] is not None:
            wrong = wrong & kept[number]
        if wrong.any():
            worst = np.unravel_index(
                np.argmax(np.where(wrong, np.nan_to_num(difference, nan=np.inf), -1)), wrong.shape
            )
            index = tuple(int(each) for each in worst)
            raise AssertionError(
                f"{where} differs by {difference[worst]:.3g} at {index}: "
                f"{wide_other[worst]:.6g} became {wide[worst]:.6g} (tolerance {tolerance:g})"
            )
