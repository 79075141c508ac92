import keras
import numpy as np

from keras_seq.testing.case import Case, to_numpy
from keras_seq.testing.differences import expect, expect_close


def weights(case: Case) -> None:
    """Asking for the attention weights changes nothing else; they are exactly 0 on padding and on empty rows.

    Holds for layers whose `call` takes `return_attention_scores`: they return the result followed by its
    weights, whose last axis is the length attended to.
    """
    layer = case.new()
    if not case.takes_scores(layer):
        return
    plain = case.run(layer, scores=False)
    expect_close(
        case.run(layer)[: len(plain)], plain, "with return_attention_scores=True, the result", case.tolerance
    )
    answer = layer(**case.arguments(layer), return_attention_scores=True)
    expect(
        isinstance(answer, (tuple, list)) and len(answer) > 1,
        "return_attention_scores=True gives no weights beside the result",
    )
    for masks in (case.masks, *(_with_empty_row(case, name) for name in case.masks)):
        answer = layer(**case.arguments(layer, masks=masks), return_attention_scores=True)
        for found in to_numpy(keras.tree.flatten(answer[1:])):
            for name, mask in masks.items():
                if found.shape[-1] != mask.shape[-1]:
                    continue
                middle = found.ndim - mask.ndim
                spread = mask.reshape(mask.shape[:-1] + (1,) * middle + mask.shape[-1:])
                on_padding = np.abs(np.where(spread, 0.0, found))
                expect(
                    not on_padding.any(),
                    f"weights on the padding of '{name}' reach {on_padding.max():.3g}, not 0",
                )


def _with_empty_row(case, name):
    masks = {key: mask.copy() for key, mask in case.masks.items()}
    masks[name][0] = False
    return masks
