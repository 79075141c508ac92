from keras_seq.errors import InputError

__all__ = ["Tolerant", "strictly"]


class Tolerant:
    """Writing that may fail without ending a training: a full disk, a folder that became read-only.

    A failure is said once; the next attempt is made at the next occasion, and it is said when one succeeds.

    Args:
        say: takes a line for the person.
    """

    def __init__(self, say):
        self.say = say
        self._failing = set()

    def __call__(self, what, write) -> bool:
        """Call `write()`; gives whether that went well.

        Args:
            what: its name: `"the checkpoint"`.
            write: a function without arguments.
        """
        import tensorflow as tf

        try:
            write()
        except (InputError, OSError, tf.errors.OpError) as error:
            if what not in self._failing:
                reason = next(iter(str(error).splitlines()), type(error).__name__)
                reason = reason.rpartition("}} ")[2]  # behind TensorFlow's name of the place in its graph
                self.say(f"{what} could not be saved: {reason[:300]}")
                self.say("Training goes on and tries again later; what was saved before stays as it is.")
            self._failing.add(what)
            return False
        if what in self._failing:
            self._failing.remove(what)
            self.say(f"{what} is saved again.")
        return True


def strictly(what, write) -> bool:
    """As a `Tolerant`, but that nothing is forgiven."""
    write()
    return True
