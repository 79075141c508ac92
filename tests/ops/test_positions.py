"""Positions against float64 loops, as formulas, far out, and as the distances that they are to tell."""

import math

import numpy as np
import pytest
from keras import ops

from keras_seq.ops import positions

FAR = [0, 1, 17, 511, 4_096, 65_537, 1_000_003, 2**21 - 1]


def angle_by_hand(position, index, width, base=10_000):
    """In float64, whole turns taken away."""
    return math.remainder(position / base ** (2 * index / width), 2 * math.pi)


@pytest.mark.parametrize("width", [2, 7, 64])
@pytest.mark.parametrize("base", [10_000, 500_000, 7.5])
def test_angles_far_out_are_those_of_float64(width, base):
    found = np.array(positions.angles(np.array(FAR), width, base), "float64")
    for t, position in enumerate(FAR):
        for index in range(math.ceil(width / 2)):
            expected = angle_by_hand(position, index, width, base)
            apart = abs(math.remainder(found[t, index] - expected, 2 * math.pi))
            assert apart < 2e-6, (position, index)


def test_a_float32_product_would_be_off_by_thousandths_where_ours_is_right():
    position, width = 65_537, 64
    frequencies = np.float32(10_000) ** -(np.arange(0, width, 2, dtype="float32") / np.float32(width))
    plain = np.sin(np.float32(position) * frequencies)
    expected = [math.sin(angle_by_hand(position, index, width)) for index in range(width // 2)]
    ours = np.array(positions.sinusoids(np.array([position]), width))[0, ::2]
    assert np.abs(plain - expected).max() > 1e-3
    assert np.abs(ours - expected).max() < 3e-6


@pytest.mark.parametrize("width", [6, 7])
def test_sinusoids_are_vaswanis_formula(width):
    found = np.array(positions.sinusoids(np.arange(9), width))
    assert found.shape == (9, width)
    for t in range(9):
        for column in range(width):
            angle = t / 10_000 ** (2 * (column // 2) / width)
            expected = math.cos(angle) if column % 2 else math.sin(angle)
            assert abs(found[t, column] - expected) < 1e-6


def test_in_float64_the_angles_have_its_digits():
    found = np.array(positions.angles(np.array([12_345]), 8, dtype="float64"))[0]
    expected = [angle_by_hand(12_345, index, 8) for index in range(4)]
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_rotation_turns_each_pair_of_neighbours(random):
    vectors, steps = random.normal(size=(2, 3, 6)).astype("float32"), [4, 0, 9]
    found = np.array(positions.rotate(ops.convert_to_tensor(vectors), np.array(steps)))
    for b in range(2):
        for t, position in enumerate(steps):
            for i in range(3):
                x, y = vectors[b, t, 2 * i], vectors[b, t, 2 * i + 1]
                turned = complex(x, y) * np.exp(1j * position / 10_000 ** (2 * i / 6))
                np.testing.assert_allclose(
                    found[b, t, 2 * i : 2 * i + 2], [turned.real, turned.imag], atol=1e-6
                )


@pytest.mark.parametrize("shift", [1, 100, 50_000])
def test_dot_products_of_rotated_vectors_know_the_distance_only(random, shift):
    query, key = (ops.convert_to_tensor(random.normal(size=(1, 8))) for _ in range(2))
    query, key = (ops.broadcast_to(each, (10, 8)) for each in (query, key))  # the same at ten positions
    steps = np.arange(10)
    near = np.array(ops.matmul(positions.rotate(query, steps), positions.rotate(key, steps).numpy().T))
    far = positions.rotate(query, steps + shift), positions.rotate(key, steps + shift)
    np.testing.assert_allclose(np.array(ops.matmul(far[0], np.array(far[1]).T)), near, atol=1e-8)
    for t in range(9):
        for s in range(9):
            assert abs(near[t, s] - near[t + 1, s + 1]) < 1e-8
    assert abs(near[0, 1] - near[0, 5]) > 1e-3, "but the distance does count"


def test_steps_begin_where_they_are_told():
    assert np.array(positions.step_positions(3)).tolist() == [0, 1, 2]
    assert np.array(positions.step_positions(2, 7)).tolist() == [7, 8]
    assert np.array(positions.step_positions(2, ops.convert_to_tensor(7))).tolist() == [7, 8]
