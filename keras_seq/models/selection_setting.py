from keras_seq.settings import setting

__all__ = ["selection_setting"]


def selection_setting():
    """The setting `selection` of an attention, the same in every app."""
    return setting(
        "soft",
        "the mean by the weights, or the one word that they choose: see reinforce",
        choices=("soft", "hard"),
    )
