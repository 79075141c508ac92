"""Translation: a text for a text. One language into another, or any rewriting that pairs show."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from keras_seq.application.app import App
from keras_seq.application.settings import DataSettings
from keras_seq.errors import InputError
from keras_seq.models import DecodingSettings, TranslatorSettings
from keras_seq.progress import followed
from keras_seq.settings import setting
from keras_seq.text import END, TextEncoder, looks_unspaced
from keras_seq.training.settings import TrainingSettings

__all__ = ["Translation", "TranslationSettings"]

SOURCE, TARGET = "source", "target"  # the names of the files of two encoders


@dataclass(frozen=True)
class TranslationSettings(TrainingSettings, TranslatorSettings, DataSettings):
    """All settings of the app."""

    source_language: str | None = setting(None, "what is translated: a language, column or ending of a file")
    target_language: str | None = setting(None, "what it is translated into")
    tokenizer: str = setting("words", "how text is cut", choices=("words", "characters", "subwords"))
    lowercase: bool = setting(False, "read and write small letters only")
    vocabulary_size: int = setting(
        10_000, "number of different tokens of a side, special ones included", minimum=4
    )
    minimum_count: int = setting(1, "how often a token must occur to be in the vocabulary", minimum=1)
    shared_vocabulary: bool = setting(False, "one vocabulary for both sides")
    copy_unknowns: bool = setting(
        True, "put the source word that was looked at most in the place of an unknown one"
    )
    decoding: DecodingSettings = setting(DecodingSettings, "how a translation is searched for")
    keep_best_by: str = setting(
        "bleu",
        "the metric of the validation by which weights are kept",
        choices=("bleu", "chrf", "exact_match"),
    )


class Translation(App):
    """A text for a text: one language into another, dates into numbers, words into their opposites.

    Args:
        preset: `"toy"` (six words and their opposites, seconds), `"small"` (a phone) or `"base"` (best
            quality).
        settings: any setting by its name, over the preset's.

    Example:
        ```python
        app = Translation(preset="small", architecture="transformer")
        app.fit(sources, targets, validation_data=(more_sources, more_targets))
        app.predict(["a dog runs"])     # [{"text", "translation", "score", "tokens", …}]
        app.inspect("a dog runs")       # which word looked at which
        ```
    """

    name = "translation"
    task = "translation"
    Settings = TranslationSettings
    presets = {
        "toy": {"tokenizer": "characters", "embedding_dim": 32, "units": 48, "dropout": 0.0,
                "state_dropout": 0.0, "epochs": 4, "patience": 4, "learning_rate": 0.01,
                "keep_best_by": "exact_match"},
        "small": {"tokenizer": "characters", "embedding_dim": 64, "units": 128, "dropout": 0.1,
                  "state_dropout": 0.1, "batch_size": 128, "epochs": 4, "patience": 4,
                  "learning_rate": 6e-3, "keep_best_by": "exact_match"},
        "base": {"tokenizer": "subwords", "shared_vocabulary": True, "vocabulary_size": 8000, "tied": "all",
                 "architecture": "transformer", "num_layers": 3, "feed_forward_dim": 512, "dropout": 0.2,
                 "state_dropout": 0.1, "label_smoothing": 0.1, "batch_size": 128, "epochs": 22,
                 "patience": 10, "learning_rate": 2e-3, "averaging": 0.998,
                 "decoding.length_penalty": 1.4},
    }  # fmt: skip
    default_data = {"toy": "builtin:opposites", "small": "builtin:dates", "base": "builtin:dates"}
    data_options = ("source_language", "target_language")
    changeable = ("decoding",)
    scored_by_corpus = True
    narrow_buckets = True

    source_encoder: TextEncoder
    target_encoder: TextEncoder

    @property
    def monitor(self) -> str:
        return self.settings.keep_best_by

    @property
    def most_tokens(self) -> int:
        known = self.settings.longest_sentence
        return App.most_tokens if known is None else min(App.most_tokens, known - 1)  # [END] has a place too

    @property
    def longest_trained(self) -> tuple[str, int]:
        places = "max_positions", self.settings.longest_sentence or math.inf
        return min(super().longest_trained, places, key=lambda limit: limit[1])

    def prepare(self, examples) -> None:
        settings = self.settings
        settings.decoding.check()
        if settings.tied == "all" and not settings.shared_vocabulary:
            raise InputError(
                "tied=all wants one vocabulary for both sides: shared_vocabulary=true. Or use tied=target."
            )
        sources, targets = examples["source"], examples["target"]
        if settings.shared_vocabulary:
            self.source_encoder = self.target_encoder = self._encoder_of(sources, targets)
        else:
            self.source_encoder, self.target_encoder = map(self._encoder_of, (sources, targets))

    def encode(self, examples):
        """Source ids; target ids as the decoder reads them, `[END]` first, and as it is to say them, it last.

        Pairs with a side of more than `max_length` tokens, or than the model knows places for, are left out.
        """
        from keras_seq.data import IdLists

        limit, longest = self.longest_trained
        end = self.target_encoder.vocabulary.end_id
        inputs, targets = {"source_ids": IdLists(), "target_ids": IdLists()}, IdLists()
        for source, target in zip(followed(examples["source"], "encoding"), examples["target"], strict=True):
            (source_ids,) = self._source_ids([self.source_encoder.tokenizer.tokens(source)])
            target_ids = self.target_encoder.encode(target)
            if len(source_ids) <= longest and len(target_ids) < longest:
                inputs["source_ids"].append(source_ids)
                inputs["target_ids"].append([end, *target_ids])
                targets.append([*target_ids, end])
        if not len(targets):
            raise InputError(
                f"Every pair of {examples.title} is longer than {limit}, {longest} tokens. Set it higher."
            )
        return inputs, targets

    def build_model(self, inputs, targets):
        from keras_seq.models import build_translator

        sizes = (len(encoder.vocabulary) for encoder in (self.source_encoder, self.target_encoder))
        return build_translator(self.settings, *sizes)

    def answering_model(self):
        return self._searching(self.settings.decoding)

    def set_model(self, model) -> None:
        super().set_model(model)
        self._greedy = None

    def loss(self):
        from keras_seq.losses import TokenCrossentropy

        return TokenCrossentropy(self.settings.label_smoothing)

    def metrics(self):
        return []

    def scores(self, examples):
        return self._scores(examples["target"], self.predict(examples["source"]))

    def validation_scores(self, examples):
        """Of a greedy search: a beam costs several times as much, and ranks the epochs alike."""
        return self._scores(examples["target"], self._answers(self._greedily, examples["source"]))

    def report(self, examples):
        from keras_seq.metrics import bleu_by_length

        targets, answers = examples["target"], self.predict(examples["source"])
        lengths = [len(answer["source_tokens"]) for answer in answers]
        rows = bleu_by_length(targets, _texts(answers), lengths, self._language)
        return self._scores(targets, answers), [_length_table(rows), _sample_table(targets, answers)]

    def signature(self):
        from keras_seq.metrics import translation_signature

        decoding = self.settings.decoding
        options = ", ".join(f"{name} {value}" for name, value in decoding.options().items())
        return {
            **translation_signature(self._language),
            "decoding": f"{decoding.method}: {options}" if options else decoding.method,
        }

    def predict(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """The translation of each text, and where it looked.

        Args:
            texts: texts; of each, the first `most_tokens` tokens are read.

        Returns:
            `{"text", "translation", "score", "tokens", "source_tokens", "weights"}` a text. The score is what
            the search ranked it by, nats. Tokens are those of the vocabularies, a "▁" where a space stood;
            the source's end with "[END]", which the model reads too. Weights are a row for each of `tokens`,
            with a fraction for each of `source_tokens`; None where the model has no attention. With
            `decoding.n_best` above 1 "n_best" lists the translations with their scores, the best first. A
            text without a token has an empty translation and no score.
        """
        if isinstance(texts, (str, bytes)):
            raise InputError(f"Expected a list of texts. Received: one text, {texts[:40]!r}. Write [text].")
        predictor = self.predictor
        return self._answers(predictor, texts) if texts else []

    def reads(self, answer: Mapping[str, Any]) -> bool:
        return self.source_encoder.reads(answer["source_tokens"][:-1])

    def view(self, answer: Mapping[str, Any]):
        from keras_seq.viz import Alignment

        return Alignment(
            answer["source_tokens"],
            answer["tokens"],
            answer["weights"],
            answer["text"],
            answer["translation"],
            chosen=self.settings.attention.selection == "hard",
        )

    def samples(self, examples, most):
        answers = self._answers(self._greedily, examples["source"][:most])
        texts = {
            f"translation/{place}": f"{answer['text']}\n\n**{answer['translation']}**\n\n{target}"
            for place, (answer, target) in enumerate(zip(answers, examples["target"], strict=False))
        }
        return self.attention_images(answers), texts

    def export_plan(self, sample, length):
        from keras_seq.export import TranslatorPlan

        longest = self.most_tokens + 1
        if length is not None and length > longest:
            raise InputError(
                f"The model reads sentences of at most {longest} tokens, the end included.\n"
                f"Received: --length {length}. Give {longest} or less, or train with larger max_positions."
            )
        if sample is not None:
            sample = self._no_longer_than(length, sample)
        measure = None
        if sample is not None and len(sample):
            measure = lambda predictor: self._scores(  # noqa: E731
                sample["target"], self._answers(predictor, sample["source"])
            )
        return TranslatorPlan(
            self.answering_model(),
            self.source_encoder,
            self.target_encoder,
            copy_unknowns=self.settings.copy_unknowns,
            most_tokens=self.most_tokens,
            texts=() if sample is None else sample["source"],
            length=length,
            measure=measure,
        )

    def save_parts(self, folder: Path) -> None:
        if self.settings.shared_vocabulary:
            self.source_encoder.save(folder)
        else:
            self.source_encoder.save(folder, SOURCE)
            self.target_encoder.save(folder, TARGET)

    def load_parts(self, folder: Path) -> None:
        if self.settings.shared_vocabulary:
            self.source_encoder = self.target_encoder = TextEncoder.load(folder)
        else:
            self.source_encoder, self.target_encoder = (
                TextEncoder.load(folder, side) for side in (SOURCE, TARGET)
            )
        for encoder in (self.source_encoder, self.target_encoder):
            if encoder.vocabulary.end_id is None or not encoder.tokenizer.keep_spaces:
                raise InputError(f"{folder} is damaged: its vocabulary has no [END], or forgets spaces.")

    # Private steps ----------------------------------------------------------------------------------------

    def _encoder_of(self, *columns):
        settings = self.settings
        return TextEncoder.fit(
            chain(*(followed(texts, "counting words") for texts in columns)),
            tokenizer=settings.tokenizer,
            vocabulary_size=settings.vocabulary_size,
            lowercase=settings.lowercase,
            minimum_count=settings.minimum_count,
            keep_spaces=True,
            end=True,
        )

    def _searching(self, decoding):
        from keras_seq.models import translating_model

        model = self._require_model()
        decoding.check()
        end, most_words = self.target_encoder.vocabulary.end_id, self.settings.longest_sentence
        return translating_model(model, decoding, end, most_words)

    @property
    def _greedily(self):
        """As `predictor`, by a greedy search; kept as long as the model."""
        if self._greedy is None:
            from keras_seq.export import KerasModel

            decoding = replace(self.settings.decoding, method="greedy", n_best=1)
            self._greedy = KerasModel(self._searching(decoding))
        return self._greedy

    def _scores(self, targets, answers):
        from keras_seq.metrics import translation_scores

        return translation_scores(targets, _texts(answers), self._language)

    @property
    def _language(self):
        """What sacreBLEU's tokens depend on: Chinese is recognised, whatever the data call it."""
        named = self.settings.target_language
        is_unspaced = looks_unspaced("".join(self.target_encoder.vocabulary.learned))
        return "zh" if is_unspaced and named not in ("ja", "th", "lo", "km", "my") else named

    def _answers(self, predictor, texts):
        sources = self._source_tokens(texts)
        outputs = predictor.predict(self._source_ids(sources))
        alignments = outputs.get("alignment", [None] * len(texts))
        found = (outputs[name] for name in ("target_ids", "lengths", "scores"))
        return [self._answer(*row) for row in zip(texts, sources, *found, alignments, strict=True)]

    def _no_longer_than(self, length, examples):
        """The examples that a model of fixed length takes."""
        sources = self._source_ids(self._source_tokens(examples["source"]))
        return examples.where(length is None or len(ids) <= length for ids in sources)

    def _source_tokens(self, texts):
        """The tokens of each text that are read."""
        return [self.source_encoder.tokenizer.tokens(text)[: self.most_tokens] for text in texts]

    def _source_ids(self, sources):
        """Ids of the tokens of each text, `[END]` last."""
        vocabulary = self.source_encoder.vocabulary
        return [[*vocabulary.ids(tokens), vocabulary.end_id] for tokens in sources]

    def _answer(self, text, source, target_ids, lengths, scores, alignment):
        """One answer of `predict`, from the tokens of the text and the outputs of the model."""
        answer = {
            "text": text,
            "translation": "",
            "score": None,
            "tokens": [],
            "source_tokens": source,
            "weights": None,
        }
        if not source:
            return answer
        several = [ids[:length] for ids, length in zip(target_ids, lengths, strict=True)]
        weights = None if alignment is None else alignment[: lengths[0], : len(source) + 1]
        names = self.target_encoder.vocabulary.tokens
        most = max((int(ids.max()) for ids in several if ids.size), default=0)
        self.require_names(names, max(len(names), most + 1), "its vocabulary")
        answer |= {
            "source_tokens": [*source, END],
            "translation": self._text_of(several[0], source, weights),
            "score": float(scores[0]),
            "tokens": [names[number] for number in several[0]],
            "weights": None if weights is None else weights.tolist(),
        }
        if self.settings.decoding.n_best > 1:
            answer["n_best"] = [
                {"translation": self.target_encoder.decode(ids), "score": float(score)}
                for ids, score in zip(several, scores, strict=True)
            ]
        return answer

    def _text_of(self, target_ids, source, weights):
        """Ids as a text; where weights are given, unknown words are the source's that were looked at most."""
        unknowns = None
        if self.settings.copy_unknowns and weights is not None:
            from keras_seq.export.copying import copied_unknowns

            unknowns = copied_unknowns(target_ids, source, weights)
        return self.target_encoder.decode(target_ids, unknowns)


def _texts(answers):
    return [answer["translation"] for answer in answers]


def _length_table(rows):
    from rich.table import Table

    table = Table("source tokens", "sentences", "BLEU", title="by length of the source")
    for row in rows:
        lengths = f"{row['shortest']}-{row['longest']}"
        table.add_row(lengths, f"{row['sentences']:,}", f"{row['bleu']:.2f}")
    return table


def _sample_table(targets, answers, most=5):
    """Some translations beside what was expected, from all over the data."""
    from rich.markup import escape
    from rich.table import Table

    table = Table("text", "translation", "expected")
    step = max(1, len(answers) // most)
    for answer, target in list(zip(answers, targets, strict=True))[::step][:most]:
        table.add_row(*map(escape, (answer["text"], answer["translation"], target)))
    return table
