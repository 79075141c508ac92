"""A translation word by word: source -> encoder -> decoder that knows it -> logits of the next word."""

import keras
from keras import ops

from keras_seq import layers
from keras_seq.models import translator_parts as parts
from keras_seq.models.translator_settings import TranslatorSettings, require_compatible

__all__ = ["build_translator"]


def build_translator(
    settings: TranslatorSettings, source_vocabulary_size: int, target_vocabulary_size: int
) -> keras.Model:
    """A functional model: `{"source_ids": int32 (B, S), "target_ids": int32 (B, T)}` -> logits `(B, T, V)`.

        memory   = encoder(dropout(embedding(source_1)) … )
        state_t  = decoder(dropout(embedding(target_1)) …, memory)_t        knowing target_1 … target_t
        logits_t = W dropout(answer_t)                                      of target_{t+1}

    The answer is the state itself, or tanh(W' state + b'): of a decoder that gives its context beside its
    state, and where W, being the words' vectors, wants another width. Id 0 is padding, in both.

    Its parts are layers by name: `source_embedding` and `target_embedding` (`embedding` where they are one),
    `encoder`, `decoder`, `readout` where there is one, `logits` where it is not the embedding again. See
    `keras_seq.models.Translator`, which translates with them.

    With scheduled sampling the decoder runs twice in training, the second time over its own words; see
    `keras_seq.layers.ScheduledSampling`.

    Args:
        settings: the architecture.
        source_vocabulary_size, target_vocabulary_size: numbers of ids, padding included.

    Raises:
        InputError: settings that do not go together.
    """
    require_compatible(settings, source_vocabulary_size, target_vocabulary_size)
    source_ids = keras.Input((None,), dtype="int32", name="source_ids")
    target_ids = keras.Input((None,), dtype="int32", name="target_ids")
    of_source, of_target = parts.embeddings(settings, source_vocabulary_size, target_vocabulary_size)

    mask = ops.not_equal(source_ids, 0)  # said to each layer; the target's padding follows what is trained
    kept_ids = layers.WordDropout(settings.word_dropout, name="word_dropout")(source_ids)
    words = parts.words_dropout(settings, "source_dropout")(of_source(kept_ids))  # (B, S, D)
    memory = keras.tree.flatten(parts.encoder(settings)(words, mask=mask))
    memory_width = memory[0].shape[-1]
    decoder = parts.decoder(settings, memory_width)
    drop_words = parts.words_dropout(settings, "target_dropout")
    drop_states = keras.layers.Dropout(settings.state_dropout, name="state_dropout")
    readout = parts.readout(settings, memory_width)
    project = None
    if settings.tied == "none":
        project = keras.layers.Dense(target_vocabulary_size, use_bias=False, dtype="float32", name="logits")

    def predict(ids):
        states = decoder(drop_words(of_target(ids)), *memory, memory_mask=mask)  # (B, T, W)
        answers = drop_states(states if readout is None else readout(states))
        return of_target(answers, reverse=True) if project is None else project(answers)

    logits = predict(target_ids)
    if settings.scheduled_sampling:
        sampling = layers.ScheduledSampling(
            settings.scheduled_sampling, settings.sampling_steps, name="scheduled_sampling"
        )
        logits = predict(sampling(target_ids, logits))
    return keras.Model({"source_ids": source_ids, "target_ids": target_ids}, logits, name="translator")
