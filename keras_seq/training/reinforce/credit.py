"""Which numbers of a loss a choice is answerable for: sums over the choices before, and the losses after.

A loss gives one number a row, `(R,)`, or one an element, `(R, T)`, `(R, T, …)`. Of choices that were made in
order, one a step, the t-th is answerable for the elements t, t + 1, …: by a discount γ for the first wholly,
for the next by γ, then γ², …; every other choice for all.
"""

from keras import ops

from keras_seq.ops.precision import at_least_float32

__all__ = ["after", "before", "in_steps", "made", "of_rows", "spread"]


def in_steps(choice, losses):
    """Whether the choices of a layer go along with the elements of the losses, step by step."""
    if not choice.in_order or len(losses.shape) < 2:
        return False
    lengths = choice.log_prob.shape[1], losses.shape[1]
    return None in lengths or lengths[0] == lengths[1]


def made(choice, rows):
    """Which choices were made at all, `(R, n)` of 1 and 0: not those of padding."""
    return of_rows(ops.cast(ops.any(choice.chosen > 0, axis=-1), "float32"), rows)


def of_rows(numbers, rows):
    """Numbers of choices as `(R, n)`, n choices of each row: from `(R, T)`, or from `(R · N, T)`."""
    return ops.reshape(at_least_float32(numbers), (rows, -1))


def spread(numbers, losses):
    """`(R,)` or `(R, T)` as it broadcasts to the losses."""
    while len(numbers.shape) < len(losses.shape):
        numbers = ops.expand_dims(numbers, -1)
    return numbers


def before(numbers, losses, stepwise, discount=1.0):
    """Sums over the choices made before each element: `(R, n)` -> what broadcasts to the losses."""
    sums = _running(numbers, discount) if stepwise else ops.sum(numbers, axis=1)
    return spread(sums, losses)


def after(numbers, number, stepwise, discount=1.0):
    """Sums over the elements that each choice is answerable for.

    Args:
        numbers: `(R,)`, `(R, T)`, `(R, T, …)`, of elements.
        number: n, of choices a row.
        stepwise: what `in_steps` says.
        discount: γ, from 0 to 1.

    Returns:
        `(R, n)`.
    """
    if stepwise:
        while len(numbers.shape) > 2:
            numbers = ops.sum(numbers, axis=-1)
        return ops.flip(_running(ops.flip(numbers, axis=1), discount), axis=1)
    while len(numbers.shape) > 1:
        numbers = ops.sum(numbers, axis=-1)
    return ops.broadcast_to(ops.expand_dims(numbers, 1), (ops.shape(numbers)[0], number))


def _running(numbers, discount):
    """sum_t = number_t + γ · sum_{t-1}, of `(R, T)`."""
    if discount == 1:
        return ops.cumsum(numbers, axis=1)
    steps = ops.arange(ops.shape(numbers)[1], dtype="int32")
    ages = steps - ops.expand_dims(steps, 1)  # (T, T): how long before column t row i was
    ages = ops.cast(ages, numbers.dtype)
    shares = ops.where(ages >= 0, ops.power(ops.cast(discount, ages.dtype), ops.maximum(ages, 0.0)), 0.0)
    return ops.matmul(numbers, shares)
