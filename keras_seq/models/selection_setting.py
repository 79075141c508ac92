"""The settings of what an attention reads of its weighted words, the same in every app."""

from keras_seq.settings import setting

__all__ = ["selection_setting", "words_setting"]


def selection_setting():
    """The setting `selection`."""
    return setting(
        "soft",
        "the mean by the weights, or the words that they choose: see reinforce",
        choices=("soft", "hard"),
    )


def words_setting():
    """The setting `words`."""
    return setting(1, "how many words each look chooses, where selection is hard", minimum=1)
