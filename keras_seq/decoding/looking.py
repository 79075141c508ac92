"""Where the hypotheses of a search looked, step by step: kept until it is known which of them was the best.

    looked    (B, L·K, S) or (B, t·K, S)    the weights of hypothesis k at step t stand at t·K + k

with room for all steps, or of those so far: `keras_seq.ops.stepping` says which.

They stay where they are while hypotheses come and go. So what is written for a hypothesis says of each step
which one it goes back to: token · K + k.
"""

from keras import ops

from keras_seq.errors import InputError
from keras_seq.ops import stepping
from keras_seq.ops.picking import pick

__all__ = ["nothing_looked_at", "tokens_of", "weights_of", "with_weights", "written_as"]


def nothing_looked_at(batch_size, max_length, copies, source_length):
    """What is kept before the first step: a list of `looked`, or of nothing where nobody asks.

    Args:
        batch_size, max_length, source_length: ints or int32 scalars; source_length None: nobody asks.
        copies: K, an int.
    """
    if source_length is None:
        return []
    return [stepping.nothing_kept((batch_size,), max_length, copies, source_length, "float32")]


def with_weights(looked, weights, copies, t):
    """`looked` with the weights of step t, `(B·K, S)`.

    Raises:
        InputError: the step gave none.
    """
    if weights is None:
        raise InputError(
            "source_length keeps the attention over the source; the steps of this model give none. "
            "Decode without it."
        )
    weights = ops.reshape(ops.cast(weights, "float32"), (-1, copies, ops.shape(looked)[2]))
    if stepping.grows(looked):
        return ops.concatenate([looked, weights], axis=1)
    return stepping.with_step(looked, weights, t)


def written_as(token_ids, hypotheses, copies):
    """What is written for tokens that were told by these of the K hypotheses of their step."""
    return token_ids * copies + hypotheses


def tokens_of(written, copies):
    """The tokens that were written, -1 where nothing was."""
    return ops.where(written >= 0, written // copies, -1)


def weights_of(looked, written, copies):
    """Where one hypothesis of a row looked, zeros behind its end: written int32 `(B, L)` -> `(B, L, S)`."""
    step = ops.arange(ops.shape(written)[1], dtype="int32")
    places = step * copies + written % copies + 1
    return pick(ops.pad(looked, [(0, 0), (1, 0), (0, 0)]), ops.where(written >= 0, places, 0))
