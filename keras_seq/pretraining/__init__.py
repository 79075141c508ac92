"""Pretraining: what is learnt by counting, before the first gradient. NumPy and SciPy."""

from keras_seq.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "MOST_TOKENS": "some_texts",
        "NgramEvidenceTable": "evidence_table",
        "evenly_spread": "some_texts",
        "first_vectors": "beginning",
        "learn_ngram_evidence": "counted_ngrams",
        "learn_text_evidence": "counted_texts",
        "learn_word_vectors": "counted_words",
        "stride": "some_texts",
    },
)
