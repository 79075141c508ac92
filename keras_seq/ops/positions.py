"""Positions as vectors and as rotations, exact at any length: (…, T) positions, widths D."""

import numpy as np
from keras import ops

from keras_seq.ops.precision import at_least_float32

__all__ = ["angles", "rotate", "sinusoids", "step_positions"]

_BITS = 10  # of a frequency multiplied at a time: 2^21 positions · 2^10 is still an int32
_PARTS = 5


def step_positions(length, start=0):
    """start, start + 1, … : int32 `(T,)`."""
    return ops.arange(length, dtype="int32") + ops.cast(start, "int32")


def angles(positions, width, base=10_000, dtype="float32"):
    """angle_ti = position_t / base^(2i / D)    in radians, between -π and π.

    In float32 a product of 50,000 and a frequency is off by some thousandths, and so would be its sine. Here
    the frequency, in turns a step, is cut into parts of 10 bits; each product with a position is an exact
    integer, of which whole turns are taken away before it becomes a float. What is left is right to 2e-6
    up to position 2^21.

    Args:
        positions: int `(…, T)`, below 2^21.
        width: D; angles are made for ⌈D / 2⌉ frequencies.
        base: the largest wavelength is 2π · base.
        dtype: of the result, float32 or wider.

    Returns:
        `(…, T, ⌈D / 2⌉)`.
    """
    frequencies = float(base) ** -(np.arange(0, width, 2) / width) / (2 * np.pi)  # turns a step, below 1
    bits = np.floor(frequencies * 2.0 ** (_BITS * _PARTS)).astype("int64")
    positions = ops.expand_dims(ops.cast(positions, "int32"), -1)
    turns = 0.0
    for part in range(1, _PARTS + 1):
        some = (bits >> (_BITS * (_PARTS - part))) % 2**_BITS
        product = positions * ops.convert_to_tensor(some.astype("int32"))  # in 2^-(10 · part) of a turn
        if _BITS * part < 31:
            product = ops.mod(product, 2 ** (_BITS * part))
        turns = turns + ops.cast(product, dtype) * 2.0 ** (-_BITS * part)
    turns = turns - ops.round(turns)
    return turns * (2 * np.pi)


def sinusoids(positions, width, base=10_000, dtype="float32"):
    """Sines and cosines of the angles, in turn: `(…, T)` -> `(…, T, D)`.

        vector_t,2i   = sin(position_t / base^(2i / D))
        vector_t,2i+1 = cos(position_t / base^(2i / D))

    Reference: Vaswani et al. 2017, Attention Is All You Need, section 3.5.
    """
    angle = angles(positions, width, base, dtype)
    both = ops.stack([ops.sin(angle), ops.cos(angle)], axis=-1)  # (…, T, ⌈D / 2⌉, 2)
    return _join(both)[..., :width] if width % 2 else _join(both)


def rotate(vectors, positions, base=10_000):
    """Turn each pair of neighbouring numbers by its angle at its position.

        out_t,2i   = x_t,2i cos θ_ti - x_t,2i+1 sin θ_ti
        out_t,2i+1 = x_t,2i sin θ_ti + x_t,2i+1 cos θ_ti        θ_ti = position_t / base^(2i / D)

    Args:
        vectors: float `(…, T, D)`, D even.
        positions: int `(T,)`, or what broadcasts to `(…, T)`.
        base: the largest wavelength is 2π · base.

    Returns:
        The shape and dtype of `vectors`; the turning itself runs in float32 or wider.

    Reference: Su et al. 2021, RoFormer, equations 14, 15 and 34.
    """
    wide = at_least_float32(vectors)
    angle = angles(positions, vectors.shape[-1], base, wide.dtype)
    cosine, sine = ops.expand_dims(ops.cos(angle), -1), ops.expand_dims(ops.sin(angle), -1)
    shape = (*ops.shape(wide)[:-1], vectors.shape[-1] // 2, 2)
    even, odd = ops.split(ops.reshape(wide, shape), 2, axis=-1)  # (…, T, D / 2, 1)
    turned = ops.concatenate([even * cosine - odd * sine, even * sine + odd * cosine], axis=-1)
    return ops.cast(_join(turned), vectors.dtype)


def _join(pairs):
    """`(…, D / 2, 2)` -> `(…, D)`."""
    return ops.reshape(pairs, (*ops.shape(pairs)[:-2], 2 * pairs.shape[-2]))
