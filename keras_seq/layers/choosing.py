"""Who chooses for hard attentions in training, and who hears what was chosen.

A choice has no gradient. So a hard attention draws in training only where somebody takes care of its
learning, and says so by `choosing.by(...)`: an estimator of `keras_seq.training.Reinforce`, say.
"""

import contextvars
from typing import Any, NamedTuple

from keras import ops

from keras_seq.inside import inside
from keras_seq.ops import choices
from keras_seq.ops.precision import at_least_float32

__all__ = [
    "Choice",
    "Chooser",
    "Drawing",
    "ReadingAll",
    "attending",
    "by",
    "chooser",
    "guide",
    "heard",
    "in_the_name_of",
    "is_heard",
    "reading_all",
    "report",
    "tell",
    "wants_seen",
]

_chooser: contextvars.ContextVar = contextvars.ContextVar("chooser", default=None)
_listener: contextvars.ContextVar = contextvars.ContextVar("choice_listener", default=(None, False))
_attending: contextvars.ContextVar = contextvars.ContextVar("attending", default=None)
_reads_all: contextvars.ContextVar = contextvars.ContextVar("reads_all", default=None)


class Choice(NamedTuple):
    """What a layer chose in one call, for every query; T may be 1.

    weights: `(B, T, S)`, by which it was chosen, in proportion.
    chosen: `(B, T, S)`, what the values are read with: of k keys 1 / k each, and 0 elsewhere.
    log_prob: `(B, T)`, nats; 0 where nothing could be chosen.
    entropy: `(B, T)`, nats.
    seen: `(B, T, W)`, what the layer saw before it chose, or None where nobody wants it.
    in_order: whether the choices of one row were made one after another, each knowing those before it.
    """

    weights: Any
    chosen: Any
    log_prob: Any
    entropy: Any
    seen: Any = None
    in_order: bool = False


class Chooser:
    """How is chosen: what `by` takes."""

    def order(self, weights, noise, count):
        """What is chosen, as in `keras_seq.ops.choices`: weights and Gumbel noise `(…, S)` -> `(k, …, S)`."""
        raise NotImplementedError(f"{type(self).__name__} must define order(weights, noise, count)")

    def guide(self, layer, value, shape, in_order):
        """What is added to the noise of a call, `(B, T, S)`; None: nothing.

        Args:
            layer: which attends.
            value: `(B, S, Dv)`, what it reads.
            shape: (B, T, S).
            in_order: whether its choices are made one after another.
        """
        return None


class Drawing(Chooser):
    """Keys are drawn by their weights, without replacement."""

    def order(self, weights, noise, count):
        return choices.raced(weights, noise, count)


class ReadingAll(Chooser):
    """All keys are read by their weights, as soft attention does; of k choices this is the first.

    Args:
        where: a scalar that says whether, bool; otherwise it is chosen by `otherwise`.
        otherwise: a `Chooser`.
    """

    def __init__(self, where=True, otherwise=None):
        self.where, self.otherwise = where, otherwise

    def order(self, weights, noise, count):
        everything = ops.expand_dims(choices.shares(weights), 0)
        if self.otherwise is None:
            return everything
        drawn = self.otherwise.order(weights, noise, count)
        if count > 1:
            everything = ops.concatenate([everything, ops.zeros_like(drawn[1:])])
        return ops.where(self.where, everything, drawn)

    def guide(self, layer, value, shape, in_order):
        return None if self.otherwise is None else self.otherwise.guide(layer, value, shape, in_order)


def by(chooser: Chooser):
    """Inside, hard attentions choose by `chooser` in training."""
    return inside(_chooser, chooser)


def chooser(layer) -> Chooser:
    """Who chooses for `layer`.

    Raises:
        ValueError: nobody: the layer would not learn.
    """
    found = _chooser.get()
    if found is None:
        raise ValueError(
            "A hard attention draws its keys in training, and no gradient flows through what is drawn: by "
            f"itself it learns nothing. Received: {layer.name} called with training=True. Train the model "
            "by\n\n"
            "    from keras_seq.training import Reinforce\n"
            "    model = Reinforce(model)\n\n"
            "then compile and fit that; `model.model` is yours, as it was."
        )
    return found if _reads_all.get() is None else ReadingAll(_reads_all.get(), found)


def reading_all(where):
    """Inside, whoever chooses reads all keys by their weights where this scalar, a bool tensor, is True.

    None: nowhere.
    """
    return inside(_reads_all, where)


def heard(listener, with_seen=False):
    """Inside, `listener(layer, choice)` hears of every choice, in inference too; None: nobody hears.

    Args:
        with_seen: whether it wants `choice.seen`, too.
    """
    return inside(_listener, (listener, with_seen))


def is_heard() -> bool:
    """Whether somebody listens."""
    return _listener.get()[0] is not None


def wants_seen() -> bool:
    """Whether who listens wants `choice.seen`."""
    return _listener.get()[1]


def attending(layer, query, value, in_order=False):
    """Inside, `layer` attends with the query `(B, T, Dq)` to the value `(B, S, Dv)`, and says what it chose.

    A layer inside another reports in the name of the outer one.
    """
    outer = _attending.get()
    return inside(_attending, (layer if outer is None else outer[0], query, value, in_order))


def in_the_name_of(layer):
    """Inside, what other layers choose is reported as chosen by `layer`."""
    return attending(layer, None, None)


def guide(selection, shape):
    """What who chooses adds to the noise `(B, T, S)` of a call; None: nothing."""
    found = _chooser.get()
    if found is None or _attending.get() is None:
        return None
    layer, _, value, in_order = _attending.get()
    return found.guide(layer, value, shape, in_order)


def report(selection, weights, chosen, order) -> None:
    """Tell who listens what `selection` chose: weights and chosen `(B, T, S)`, order `(k, B, T, S)`."""
    if not is_heard():
        return
    order = ops.stop_gradient(order)
    layer, query, value, _ = _attending.get() or (selection, None, None, False)
    seen = None
    if wants_seen() and query is not None:
        found = ops.matmul(choices.shares(weights), at_least_float32(value))  # what a soft attention reads
        seen = ops.stop_gradient(ops.concatenate([at_least_float32(query), found], axis=-1))
    tell(
        layer,
        Choice(weights, chosen, choices.log_prob(weights, order), choices.entropy(weights, order), seen),
    )


def tell(layer, choice: Choice) -> None:
    """Tell who listens what `layer` chose, or the layer that it is a part of."""
    if is_heard():
        outer = _attending.get()
        _listener.get()[0](layer if outer is None else outer[0], choice)
