import contextvars

import keras
from keras import ops

from keras_seq.inside import inside
from keras_seq.losses.sentence_loss import SentenceLoss

__all__ = ["CreditedLoss", "crediting"]

_credit: contextvars.ContextVar = contextvars.ContextVar("credit", default=None)

# Keras' own wrapper of functions has no public name.
_LossOfFunction = keras.losses.MeanSquaredError.__base__


def crediting(credit):
    """Inside, a `CreditedLoss` gives its numbers to `credit(loss, elements)` before it reduces them."""
    return inside(_credit, credit)


class Elements:
    """The numbers of a loss before they are reduced.

    losses: `(R,)`, `(R, T)`, `(R, T, …)`, in float32 or wider; 0 where they do not count.
    counts: how much each counts in statistics, of the same shape; 0 for padding.
    y_true, y_pred: what they were computed of.
    """

    def __init__(self, losses, keep, y_true, y_pred, sample_weight):
        self.losses, self.y_true, self.y_pred = losses, y_true, y_pred
        counts = ops.ones_like(losses)
        if keep is not None:
            counts = ops.cast(keep, losses.dtype)
        if sample_weight is not None:
            weight = ops.cast(ops.convert_to_tensor(sample_weight), losses.dtype)
            while len(weight.shape) > len(losses.shape) and weight.shape[-1] == 1:
                weight = ops.squeeze(weight, -1)
            while len(weight.shape) < len(losses.shape):
                weight = ops.expand_dims(weight, -1)
            counts = counts * weight
        self.counts = counts

    def mean(self, numbers):
        """The mean of numbers that are shaped like the losses."""
        return ops.sum(numbers * self.counts) / ops.maximum(ops.sum(self.counts), 1e-9)


@keras.saving.register_keras_serializable("keras_seq")
class CreditedLoss(keras.losses.Loss):
    """Any loss, whose single numbers can be credited to the choices made before, ahead of its own reduction.

    By itself it is the loss that it wraps: sample weights, masks, reduction and name are that one's.
    `Reinforce` puts it round what it is compiled with.

    Args:
        loss: a Keras loss, its name, or a function `(y_true, y_pred) -> (B,)` or `(B, T)`.

    Raises:
        ValueError: no such loss; in training, one that gives a single number for the whole batch.
    """

    def __init__(self, loss, name=None):
        self.given = keras.saving.deserialize_keras_object(loss) if isinstance(loss, dict) else loss
        try:
            found = keras.losses.get(self.given)
        except ValueError as error:
            raise ValueError(
                "A loss is a keras.losses.Loss, its name in full (categorical_crossentropy, not ce), or a "
                f"function of y_true and y_pred. Received: loss={self.given!r}"
            ) from error
        if not isinstance(found, keras.losses.Loss):
            called = getattr(found, "__name__", "loss")
            found = _LossOfFunction(found, name=name or (called if called.isidentifier() else "loss"))
        super().__init__(name=name or found.name, reduction=found.reduction, dtype=found.dtype)
        self.loss = found
        self.number = 0  # its place among the losses of a model

    def __call__(self, y_true, y_pred, sample_weight=None):
        credit = _credit.get()
        if credit is None:
            return self.loss(y_true, y_pred, sample_weight)

        def credited(losses, keep):
            return credit(self, Elements(losses, keep, y_true, y_pred, sample_weight))

        return self._with(credited)(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred):
        return self.loss.call(y_true, y_pred)

    def of_elements(self, y_true, y_pred):
        """The numbers of the loss before they are reduced: `(R,)`, `(R, T)` …"""
        heard = []

        def hear(losses, keep):
            heard.append(losses)
            return losses

        self._with(hear)(y_true, y_pred)
        return heard[0]

    def _with(self, becoming):
        """The loss, a copy of it, whose numbers become `becoming(losses, keep)` before they are reduced."""
        loss, plain = _twin(self.loss), self.loss
        if isinstance(loss, SentenceLoss):
            if type(loss).of_words is SentenceLoss.of_words:  # it costs whole sentences
                loss.of_sentences = lambda *given: becoming(plain.of_sentences(*given), None)
            else:

                def of_words(tag_ids, y_pred, is_word):
                    losses = ops.where(is_word, plain.of_words(tag_ids, y_pred, is_word), 0.0)
                    return becoming(losses, is_word)

                loss.of_words = of_words
            return loss

        def call(y_true, y_pred):
            losses = plain.call(y_true, y_pred)
            if len(losses.shape) == 0:
                raise ValueError(
                    "Credit is given for the loss of each example, so a loss gives one number an example, "
                    f"(batch,), or one an element. Received: loss {self.name!r}, a single number"
                )
            # Through a layer: it hands on the mask that may come with the numbers.
            return keras.layers.Activation(lambda each: becoming(each, None), dtype=losses.dtype)(losses)

        loss.call = call
        return loss

    def get_config(self):
        given = self.given if isinstance(self.given, str) else keras.saving.serialize_keras_object(self.given)
        return {"loss": given, "name": self.name}


def _twin(loss):
    """A loss that shares everything with another; copy.copy would have Keras save and load it."""
    twin = object.__new__(type(loss))
    vars(twin).update(vars(loss))
    return twin
