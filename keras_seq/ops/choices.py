"""Choices: some of several keys, drawn one after another without replacement, and how likely they were.

Weights say how likely each key is, in proportion; they need not sum to 1, and a weight of 0 is never chosen.
What was chosen is told as ones and zeros, `order` `(k, …, S)`: order_j is 1 at the key that was chosen as the
j-th, and all zeros where none was left.
"""

import keras
from keras import ops

from keras_seq.ops.precision import at_least_float32, lowest

__all__ = ["entropy", "forced", "gumbel", "log_prob", "most", "raced", "relaxed", "shares"]

_LEAST = 1e-30  # a weight below counts as this where its logarithm is taken: the gradient stays finite


def gumbel(shape, seed=None, dtype="float32"):
    """Gumbel noise, -log(-log u): a weight's logarithm plus this is largest as often as the weight says."""
    # u stays off 0 and 1, where a logarithm is infinite.
    uniform = keras.random.uniform(shape, minval=1e-7, maxval=1.0 - 1e-7, dtype=dtype, seed=seed)
    return -ops.log(-ops.log(uniform))


def most(weights, count=1):
    """The `count` heaviest keys of each row; of equals the first: weights `(…, S)` -> order `(k, …, S)`."""
    return _largest(weights, weights > 0, count)


def raced(weights, noise, count=1):
    """`count` keys of each row, drawn by the weights one after another without replacement.

        order = most(log weights + noise)

    which is Plackett and Luce's draw where the noise is Gumbel's.

    Args:
        weights: `(…, S)`.
        noise: `(…, S)`, of `gumbel`.

    Reference: Kool et al. 2019, Stochastic Beams and Where to Find Them, section 2.3.
    """
    return _largest(ops.stop_gradient(_perturbed(weights, noise)), weights > 0, count)


def forced(weights, position):
    """The key at a position, where its weight is not 0: weights `(B, …, S)`, `(B,)` -> `(1, B, …, S)`."""
    place = ops.arange(ops.shape(weights)[-1], dtype="int32")
    position = ops.reshape(position, (-1,) + (1,) * (len(weights.shape) - 1))
    return ops.expand_dims(_ones(ops.logical_and(place == position, weights > 0), weights.dtype), 0)


def relaxed(weights, noise, order, temperature=1.0):
    """The same order, through which gradients flow as through a softmax of what the draw compared.

        order_j + soft_j - stop_gradient(soft_j)
        soft_j = softmax((log weights + noise) / temperature)          over the keys that were left

    Reference: Jang et al. 2017, Categorical Reparameterization with Gumbel-Softmax, section 2.2
    (straight-through); of several keys: Xie & Ermon 2019, Reparameterizable Subset Sampling.
    """
    compared = _perturbed(weights, noise) / temperature
    left, results = weights > 0, []
    for each in _each(order):
        shifted = ops.where(left, compared, lowest(compared))
        shifted = shifted - ops.stop_gradient(ops.max(shifted, axis=-1, keepdims=True))
        exponentials = ops.where(left, ops.exp(ops.where(left, shifted, 0.0)), 0.0)
        total = ops.sum(exponentials, axis=-1, keepdims=True)
        soft = exponentials / ops.where(total > 0, total, 1.0)
        results.append(each + (soft - ops.stop_gradient(soft)))
        left = ops.logical_and(left, each == 0)
    return ops.stack(results)


def log_prob(weights, order):
    """How likely this order was, in nats; 0 for what was not chosen because nothing was left.

        Σ_j log(weight_j / Σ of the weights that were left when the j-th was chosen)

    Args:
        weights: `(…, S)`.
        order: `(k, …, S)`.

    Returns:
        `(…)`, in float32 or wider.

    References: Plackett 1975, The Analysis of Permutations; Luce 1959, Individual Choice Behavior.
    """
    weights = at_least_float32(weights)
    left, total = weights, 0.0
    for each in _each(order):
        of_chosen = _log(ops.sum(weights * each, axis=-1)) - _log(ops.sum(left, axis=-1))
        total = total + ops.where(ops.sum(each, axis=-1) > 0, of_chosen, 0.0)
        left = ops.where(each > 0, 0.0, left)
    return total


def entropy(weights, order):
    """How uncertain the choice was, in nats: of each of its draws, given those before it, summed.

        Σ_j H(weights that were left when the j-th was chosen)          H(p) = -Σ_s p_s log p_s

    Of one key it is the entropy of the weights; of several its expectation is that of the order.
    Shapes as those of `log_prob`.
    """
    left, total = at_least_float32(weights), 0.0
    for each in _each(order):
        share = shares(left)
        total = total - ops.sum(share * _log(share), axis=-1)
        left = ops.where(each > 0, 0.0, left)
    return total


def shares(weights):
    """Weights over their sum, `(…, S)`; a row of zeros stays zeros."""
    total = ops.sum(weights, axis=-1, keepdims=True)
    return weights / ops.where(total > 0, total, 1.0)


def _perturbed(weights, noise):
    return _log(at_least_float32(weights)) + ops.cast(noise, at_least_float32(weights).dtype)


def _log(numbers):
    return ops.log(ops.maximum(numbers, _LEAST))


def _each(order):
    # Of unknown sizes only the first, k, is a number in every graph.
    return [order[number] for number in range(order.shape[0])]


def _largest(numbers, may, count):
    """The `count` largest numbers among those that may be, from the largest down, as ones and zeros."""
    length = ops.shape(numbers)[-1]
    place = ops.arange(length, dtype="int32")
    order = []
    for _ in range(count):
        left = ops.where(may, numbers, lowest(numbers))
        highest = ops.max(left, axis=-1, keepdims=True)
        # Not argmax, which LiteRT cannot convert.
        first = ops.min(ops.where(left == highest, place, length), axis=-1, keepdims=True)
        chosen = ops.logical_and(place == first, may)
        order.append(_ones(chosen, numbers.dtype))
        may = ops.logical_and(may, ops.logical_not(chosen))
    return ops.stack(order)


def _ones(where, dtype):
    return ops.cast(where, dtype)
