"""Models: settings -> a functional `keras.Model`, to compile, fit, plot and take apart."""

from keras_seq.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "AttentionSettings": "classifier_settings",
        "CharacterSettings": "tagger_settings",
        "ClassifierSettings": "classifier_settings",
        "DecodingSettings": "decoding_settings",
        "DecoderAttentionSettings": "translator_settings",
        "TaggerSettings": "tagger_settings",
        "Translate": "translate",
        "Translator": "translating",
        "TranslatorSettings": "translator_settings",
        "attention_choices": "choosing",
        "attention_scores": "attending",
        "build_classifier": "classifier",
        "build_tagger": "tagger",
        "build_translator": "translator",
        "explainer": "explaining",
        "in_float32": "precision",
        "load_model": "loading",
        "tag_chain": "explaining",
        "translating_model": "translate",
    },
)
