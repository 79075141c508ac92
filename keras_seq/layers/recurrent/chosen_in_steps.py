"""What a hard attention chose in the steps of a loop: carried out of it, and reported behind it."""

from keras import ops

from keras_seq.layers import choosing

__all__ = ["ChosenInSteps"]


class ChosenInSteps:
    """Hears of the choice inside a step, as one tensor that the loop gives out; reports those of all steps.

    Inside the body of a loop nobody else may hear: what is computed there cannot be read outside.

    Args:
        layer: in whose name is reported.
    """

    def __init__(self, layer):
        self.layer = layer
        self.width = None  # of what was seen

    def of_step(self, step):
        """What `step()` gives, and its choice: [log_prob ; entropy ; seen ; chosen ; weights] `(B, …)`."""
        told = []
        with choosing.heard(lambda layer, choice: told.append(choice), choosing.wants_seen()):
            results = step()
        (choice,) = told
        parts = [choice.log_prob, choice.entropy]  # each (B, 1)
        if choice.seen is not None:
            self.width = choice.seen.shape[-1]
            parts.append(ops.squeeze(choice.seen, 1))
        parts += [ops.squeeze(choice.chosen, 1), ops.squeeze(choice.weights, 1)]
        return results, ops.concatenate([ops.cast(part, choice.weights.dtype) for part in parts], axis=-1)

    def report(self, steps):
        """Report the choices of all steps, `(B, T, …)`; gives what was chosen, `(B, T, S)`."""
        log_prob, entropy, rest = steps[..., 0], steps[..., 1], steps[..., 2:]
        seen = None
        if self.width is not None:
            seen = ops.reshape(rest[..., : self.width], (-1, ops.shape(rest)[1], self.width))
            rest = rest[..., self.width :]
        length = ops.shape(rest)[-1] // 2
        chosen, weights = rest[..., :length], rest[..., length:]
        choice = choosing.Choice(weights, chosen, log_prob, entropy, seen, in_order=True)
        choosing.tell(self.layer, choice)
        return chosen
