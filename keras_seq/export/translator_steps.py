"""A translator as two functions, for a search of one's own: what is computed once a source, and one step."""

import keras
import numpy as np
import tensorflow as tf

from keras_seq.export.plan import Signatures
from keras_seq.models import Translate
from keras_seq.ops.exporting import for_export

__all__ = ["step_signatures", "steps_log_prob"]


def step_signatures(translate: Translate, length: int | None = None) -> Signatures:
    """The signatures `encode` and `decode_step` of a `.tflite`, and what they use.

        encode        token_ids (B, S), max_length () -> memory_0 …, cache_0 …
        decode_step   last_ids (N,), step (), memory_0 …, cache_0 … -> log_probs (N, V), weights (N, S),
                      cache_0 …

    Axis 0 of all of these is the batch; weights are absent where there is no attention. Whole numbers are
    int32, and so are masks, which browsers have no other type for.

    Args:
        translate: of `keras_seq.models.translating_model`.
        length: None for any batch and length; N for B = 1, S = N, and no max_length, which is then the most.
    """
    translator, kept = translate.translator, {}
    ids = tf.TensorSpec((None, None) if length is None else (1, length), tf.int32, name="token_ids")

    def encode(token_ids, max_length=None):
        prepared = translator.prepare(token_ids)
        cache = translator.initial_cache(prepared, translate.longest(length) if length else max_length)
        kept["nested"] = prepared, cache
        return _named("memory", prepared) | _named("cache", cache)

    given = [ids] if length else [ids, tf.TensorSpec((), tf.int32, name="max_length")]
    with for_export():  # for the shapes alone
        traced = tf.function(encode, input_signature=given, autograph=False).get_concrete_function()
    rows = 1 if length else None
    handed_on = [
        tf.TensorSpec((rows, *tensor.shape[1:]), tensor.dtype, name=name)
        for name, tensor in traced.structured_outputs.items()
    ]

    def decode_step(last_ids, step, *tensors):
        nested = keras.tree.flatten(kept["nested"])
        tensors = [tf.cast(each, like.dtype) for each, like in zip(tensors, nested, strict=True)]
        prepared, cache = keras.tree.pack_sequence_as(kept["nested"], tensors)
        logits, weights, cache = translator.step(last_ids, prepared, cache, step)
        looked = {} if weights is None else {"weights": weights}
        return {"log_probs": tf.nn.log_softmax(logits), **looked, **_named("cache", cache)}

    last = [tf.TensorSpec((rows,), tf.int32, name="last_ids"), tf.TensorSpec((), tf.int32, name="step")]
    functions = {
        "encode": tf.function(encode, input_signature=given, autograph=False),
        "decode_step": tf.function(decode_step, input_signature=[*last, *handed_on], autograph=False),
    }
    return functions, [variable.value for variable in translate.model.variables]


def steps_log_prob(model, translate: Translate, token_ids, target_ids) -> float:
    """Σ log p of a translation, word by word through the two signatures of a `.tflite`.

    Args:
        model: a `keras_seq.export.runtime.TFLiteModel`.
        translate: the model that was exported.
        token_ids: of a source, its end included.
        target_ids: of its translation, without its end.
    """
    encode, decode_step = model.signatures["encode"], model.signatures["decode_step"]
    row = np.zeros((1, model.length or len(token_ids)), np.int32)
    row[0, : len(token_ids)] = token_ids
    longest = {} if model.length else {"max_length": np.int32(len(target_ids) + 1)}
    tensors, total = encode(token_ids=row, **longest), 0.0
    end = translate.end_id
    said = [*target_ids, end][: int(translate.limits(row)[0])]
    for step, (last, word) in enumerate(zip([end, *target_ids], said, strict=False)):
        answer = decode_step(last_ids=np.array([last], np.int32), step=np.int32(step), **tensors)
        total += float(answer["log_probs"][0, word])
        tensors |= {name: tensor for name, tensor in answer.items() if name in tensors}
    return total


def _named(name, nested):
    """Nested tensors by name, bools as int32."""
    flat = keras.tree.flatten(nested)
    flat = [tf.cast(each, tf.int32) if each.dtype == "bool" else each for each in flat]
    return {f"{name}_{number}": each for number, each in enumerate(flat)}
