"""A split that depends on nothing but the text itself."""

import hashlib


def normalised(text: str) -> str:
    """Return the text without its differences of case and spacing."""
    return " ".join(text.casefold().split())


def fraction_of(text: str, salt: str = "") -> float:
    """Return a number in [0, 1) that is spread evenly over texts, and the same for a text every time.

    Args:
        text: read without its differences of case and spacing.
        salt: different salts give numbers that have nothing to do with each other.
    """
    data = f"{salt}{normalised(text)}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big") / 2**64


def split_of(text: str) -> str:
    """Return "train" (eight tenths of all texts), "validation" or "test" (one tenth each).

    The split is read off a hash of the normalised text. So it stays the same in every run, order and
    version, and texts that differ only in case and spacing never fall into different splits.

    Example:
        >>> split_of("A fine film.") == split_of("a  FINE film. ")
        True
    """
    fraction = fraction_of(text)
    return "test" if fraction < 0.1 else "validation" if fraction < 0.2 else "train"
