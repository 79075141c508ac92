"""Tagging: a tag for every word of a sentence. Parts of speech, names, slots, and the sentence's intent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from keras_seq.application.app import App
from keras_seq.application.settings import DataSettings
from keras_seq.errors import InputError
from keras_seq.models import TaggerSettings
from keras_seq.progress import followed
from keras_seq.settings import setting, updated
from keras_seq.text import WordEncoder, looks_unspaced, tag_schemes
from keras_seq.training.settings import TrainingSettings

__all__ = ["Tagging", "TaggingSettings"]

TAGS_FILE, INTENTS_FILE = "tags.txt", "intents.txt"
_CONFUSED = 8  # tags in the table of those that are mistaken most


@dataclass(frozen=True)
class TaggingSettings(TrainingSettings, TaggerSettings, DataSettings):
    """All settings of the app."""

    tag_column: str | None = setting(None, "name or number of the column with the tags")
    scheme: str | None = setting(
        None, "how tags say spans; tags in another scheme are converted", choices=tag_schemes.SCHEMES
    )
    illegal_tags: str = setting("repair", "training tags that break it", choices=("repair", "refuse"))
    tokenizer: str = setting(
        "auto",
        "how raw text is cut; auto: by the training tokens",
        choices=("auto", "words", "characters", "spaces"),
    )
    lowercase: bool = setting(True, "look words up in small letters (their letters stay as they are)")
    digits: bool = setting(True, "look words up with every digit as 0")
    vocabulary_size: int = setting(20_000, "number of words, padding and unknown included", minimum=3)
    minimum_count: int = setting(2, "how often a word must occur to be in the vocabulary", minimum=1)


class Tagging(App):
    """A tag for every word: parts of speech, names, slots; and with it the sentence's intent.

    Args:
        preset: `"toy"` (generated bookings, seconds), `"small"` (a phone) or `"base"` (best quality).
        settings: any setting by its name, over the preset's.

    Example:
        ```python
        app = Tagging(preset="small", characters="rnn")
        app.fit(tokens, tags, intents, validation_data=(more_tokens, more_tags, more_intents))
        app.predict(["a flight to Rome"])   # [{"text", "tokens", "tags", "spans", "intent", …}]
        app.predict([["a", "flight"]])      # a sentence that is cut already
        ```
    """

    name = "tagging"
    task = "tagging"
    Settings = TaggingSettings
    presets = {
        "toy": {"embedding_dim": 24, "units": 32, "characters": {"units": 12, "length": 12}, "epochs": 3,
                "dropout": 0.2, "state_dropout": 0.2, "word_dropout": 0.2, "learning_rate": 0.01},
        "small": {"embedding_dim": 64, "units": 64, "vocabulary_size": 8000, "epochs": 6, "patience": 6,
                  "word_dropout": 0.2, "learning_rate": 6e-3},
        "base": {"embeddings": "counted", "epochs": 12, "patience": 6, "averaging": 0.995,
                 "token_dropout": 0.01, "learning_rate": 3e-3},
    }  # fmt: skip
    default_data = {
        "toy": "builtin:flights",
        "small": "builtin:flights",
        "base": "tfds:universal_dependencies/en_ewt",
    }
    data_options = ("tag_column",)
    scored_by_corpus = True

    word_encoder: WordEncoder
    tags: list[str]
    intents: list[str]  # empty where sentences have none

    @property
    def monitor(self) -> str:
        """Span F1 where tags are spans; else the fraction of right tags."""
        return "token_accuracy" if self.settings.scheme in (None, "plain") else "span_f1"

    def check(self, examples) -> None:
        from keras_seq.data import require_tags

        require_tags(examples)

    def ready(self, examples):
        """Tags in one legal scheme, the first examples' unless the settings name one; and how text is cut."""
        if "tags" not in examples.columns:
            return examples
        tags, notes = self._in_scheme(examples)
        if self.settings.tokenizer == "auto":
            kind, said = _tokenizer_of(examples["tokens"])
            self.settings = updated(self.settings, {"tokenizer": kind})
            notes += said
        if hasattr(self, "tags"):
            notes += self._unseen(examples, tags)
        return replace(examples, columns={**examples.columns, "tags": tags}, notes=(*examples.notes, *notes))

    def prepare(self, examples) -> None:
        from keras_seq.data import require_tags

        settings = self.settings
        self.tags = require_tags(examples)
        self.intents = examples.classes("intent") if "intent" in examples.columns else []
        if len(self.intents) == 1:
            raise InputError(
                f"All sentences of {examples.title} have the intent {self.intents[0]!r}: expected several "
                "intents, or none."
            )
        self.word_encoder = WordEncoder.fit(
            followed(examples["tokens"], "counting words"),
            tokenizer=settings.tokenizer,
            vocabulary_size=settings.vocabulary_size,
            minimum_count=settings.minimum_count,
            letters=0 if settings.characters.reader == "none" else settings.characters.length,
            lowercase=settings.lowercase,
            digits=settings.digits,
        )

    def encode(self, examples):
        """Rows of ids; tags, none at all for a sentence with one that is unknown; intents, one-hot or 0."""
        from keras_seq.data import IdLists, OneHot

        inputs = IdLists(map(self.word_encoder.encode, followed(examples["tokens"], "encoding")))
        known = {tag: place for place, tag in enumerate(self.tags)}
        targets = {
            "tags": IdLists(
                [known[tag] for tag in tags] if known.keys() >= set(tags) else [] for tags in examples["tags"]
            )
        }
        if self.intents:
            places = {intent: place for place, intent in enumerate(self.intents)}
            given = examples.columns.get("intent", [None] * len(examples))
            targets["intent"] = OneHot([places.get(intent, -1) for intent in given], len(self.intents))
        return inputs, targets

    def build_model(self, inputs, targets):
        from keras_seq.models import build_tagger
        from keras_seq.pretraining import first_vectors

        settings, encoder = self.settings, self.word_encoder
        first = first_vectors(
            settings.embeddings,
            encoder.vocabulary.tokens,
            inputs,
            settings.embedding_dim,
            seed=settings.seed,
        )
        if first is not None:
            self.settings = settings = updated(settings, {"embedding_dim": first[0].shape[1]})
        model = build_tagger(
            settings,
            len(encoder.vocabulary),
            len(encoder.characters or ()),
            len(self.tags),
            len(self.intents),
            allowed=self._allowed(),
        )
        if first is not None:
            vectors, found = first
            embeddings = model.get_layer("embedding").embeddings
            embeddings.assign(np.where(found[:, None], vectors, embeddings.numpy()))
        return model

    def loss(self):
        import keras

        from keras_seq.losses import ChainLikelihood, TagCrossentropy

        smoothing = self.settings.label_smoothing
        losses = {"tags": ChainLikelihood() if self.settings.head == "crf" else TagCrossentropy(smoothing)}
        if self.intents:
            losses["intent"] = keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=smoothing
            )
        return losses

    def loss_weights(self):
        return {"tags": 1.0, "intent": self.settings.intent_weight} if self.intents else None

    def metrics(self):
        return []

    def scores(self, examples):
        from keras_seq.metrics import tagging_scores

        return tagging_scores(*self._answers(self.predictor, examples), scheme=self.settings.scheme)

    def report(self, examples):
        from keras_seq.metrics import confusion, tag_report, tagging_scores

        true, predicted, *intents = self._answers(self.predictor, examples)
        scheme = self.settings.scheme
        tables = [_label_table(tag_report(true, predicted, scheme))]
        tables += _confusion_table("tags", confusion(_flat(true), _flat(predicted)))
        if intents:
            tables += _confusion_table("intents", confusion(*intents))
        return tagging_scores(true, predicted, *intents, scheme=scheme), tables

    def signature(self):
        from importlib.metadata import version

        said = {"token_accuracy": "fraction of words whose tag is right"}
        if self.settings.scheme != "plain":
            said["span_f1"] = f"micro F1 of spans, seqeval {version('seqeval')}, strict"
        if self.intents:
            said["intent_accuracy"] = "fraction of sentences whose likeliest intent is theirs"
        both = ", and the intent" if self.intents else ""
        said["sentence_accuracy"] = f"fraction of sentences with every tag right{both}"
        return {**said, "scheme": self.settings.scheme, "tags": len(self.tags)}

    def predict(self, texts: Sequence[str | Sequence[str]]) -> list[dict[str, Any]]:
        """Tokens, tags, spans and intent of each text.

        Args:
            texts: texts; or lists of tokens, of texts that are cut already. Of each, the first `most_tokens`
                tokens are read.

        Returns:
            `{"text", "tokens", "offsets", "tags", "spans", "intent", "weights"}` a text. Offsets are
            `[start, end]` of each token in the text, spans `{"start", "end", "label"}` in characters of it
            too; plain tags make no spans. The weights say where the intent looked and sum to 1 over the
            tokens; both are None where the model has no intent. A text without a token has no intent.
        """
        if isinstance(texts, (str, bytes)):
            raise InputError(f"Expected a list of texts. Received: one text, {texts[:40]!r}. Write [text].")
        predictor = self.predictor
        if not texts:
            return []
        cut = [self._cut(text) for text in texts]
        outputs = self._outputs(predictor, [self.word_encoder.encode(tokens) for _, tokens, _ in cut])
        answers = []
        for place, (text, tokens, offsets) in enumerate(cut):
            tags = self._names(outputs["tag_ids"][place])
            intent = weights = None
            if self.intents and tokens:
                intent = self.intents[int(np.argmax(outputs["intent_probabilities"][place]))]
            if self.intents:
                weights = [float(each) for each in outputs["intent_weights"][place]]
            answers.append(
                {
                    "text": text,
                    "tokens": tokens,
                    "offsets": offsets,
                    "tags": tags,
                    "spans": self._spans(tags, offsets),
                    "intent": intent,
                    "weights": weights,
                }
            )
        return answers

    def looked_from(self, answer, token):
        count = len(answer["tokens"])
        if not self.settings.heads:
            raise InputError(
                "Words look at no others in this model: it has no self-attention. Train one with heads=2, or "
                "leave the token out to see where the intent looked."
            )
        if not 0 <= token < count:
            raise InputError(f"The text has {count} tokens, counted from 0. Received: token {token}.")
        if self.model is None:
            raise InputError(
                "An exported folder does not hold where each word looked. Inspect the run, or leave the "
                "token out."
            )
        from keras_seq.models import attention_scores

        rows = self.word_encoder.encode(answer["tokens"])
        heads = attention_scores(self.model, rows[None])["self_attention"]  # (1, H, T, T)
        weights = heads[0].mean(axis=0)[token]
        return {**answer, "weights": weights.tolist(), "looked_from": token}

    def reads(self, answer: Mapping[str, Any]) -> bool:
        return self.word_encoder.reads(answer["tokens"])

    def view(self, answer: Mapping[str, Any]):
        from keras_seq.viz import TaggedText

        spans = answer["spans"]
        if self.settings.scheme == "plain":  # then every word is one
            pairs = zip(answer["offsets"], answer["tags"], strict=True)
            spans = [{"start": start, "end": end, "label": tag} for (start, end), tag in pairs]
        looking = answer.get("looked_from")
        return TaggedText(
            answer["text"],
            [(span["start"], span["end"], span["label"]) for span in spans],
            answer=answer["intent"],
            offsets=[tuple(offset) for offset in answer["offsets"]],
            weights=answer["weights"],
            looked_from="the intent" if looking is None else answer["tokens"][looking],
            chosen=self.settings.attention.selection == "hard",
        )

    def samples(self, examples, most):
        if not self.intents:
            return {}, {}
        return self.attention_images(self.predict(examples["tokens"][:most])), {}

    def answering_model(self):
        from keras_seq.models import explainer

        return explainer(self._require_model(), self._allowed())

    def export_plan(self, sample, length):
        from keras_seq.export import TaggerPlan

        sentences, measure = (), None
        if sample is not None:
            sample = self._no_longer_than(length, self.ready(sample))
            sentences = sample["tokens"]
        if len(sentences):
            from keras_seq.metrics import tagging_scores

            scheme = self.settings.scheme
            measure = lambda predictor: tagging_scores(  # noqa: E731
                *self._answers(predictor, sample), scheme=scheme
            )
        return TaggerPlan(
            self._require_model(),
            self.word_encoder,
            self.tags,
            self.intents,
            self.settings.scheme,
            sentences,
            length=length,
            measure=measure,
        )

    def save_parts(self, folder: Path) -> None:
        from keras_seq.export.folder import save_labels

        self.word_encoder.save(folder)
        save_labels(folder, self.tags, TAGS_FILE)
        if self.intents:
            save_labels(folder, self.intents, INTENTS_FILE)

    def load_parts(self, folder: Path) -> None:
        from keras_seq.export import load_labels

        self.word_encoder = WordEncoder.load(folder)
        self.tags = load_labels(folder, TAGS_FILE)
        self.intents = load_labels(folder, INTENTS_FILE) if (folder / INTENTS_FILE).is_file() else []
        for name, labels in ((TAGS_FILE, self.tags), (INTENTS_FILE, self.intents)):
            if len(set(labels)) < len(labels) or (name == TAGS_FILE and len(labels) < 2):
                raise InputError(f"{folder / name} is damaged: expected different labels, one a line.")

    # Private steps ----------------------------------------------------------------------------------------

    def _rows(self, examples):
        return [self.word_encoder.encode(tokens) for tokens in examples["tokens"]]

    def _allowed(self):
        """The sequences of tags that are legal."""
        return tag_schemes.allowed_transitions(self.tags, self.settings.scheme)

    def _outputs(self, predictor, rows):
        """What a model answers, of whose numbers each has a name."""
        outputs = predictor.predict(rows)
        most = max((int(each.max()) for each in outputs["tag_ids"] if each.size), default=0)
        self.require_names(self.tags, max(len(self.tags), most + 1), TAGS_FILE)
        intents = outputs.get("intent_probabilities", [np.empty(0)])[0].size
        self.require_names(self.intents, intents, INTENTS_FILE)
        return outputs

    def _names(self, tag_ids):
        """Numbers of tags -> their names."""
        return [self.tags[number] for number in tag_ids]

    def _no_longer_than(self, length, examples):
        """The sentences that a model of fixed length takes: a tag for every word."""
        return examples.where(length is None or len(tokens) <= length for tokens in examples["tokens"])

    def _answers(self, predictor, examples):
        """True and predicted tags; where there are intents, true and predicted ones too."""
        outputs = self._outputs(predictor, self._rows(examples))
        predicted = [self._names(tag_ids) for tag_ids in outputs["tag_ids"]]
        if not self.intents or "intent" not in examples.columns:
            return examples["tags"], predicted
        intents = [self.intents[int(np.argmax(each))] for each in outputs["intent_probabilities"]]
        return examples["tags"], predicted, examples["intent"], intents

    def _cut(self, text):
        """A text, its tokens, and their offsets."""
        if isinstance(text, (str, bytes)):
            tokens = self.word_encoder.split(text)[: self.most_tokens]
            if (
                self.settings.tokenizer == "spaces"
                and len(tokens) == 1
                and len(text) > 8
                and looks_unspaced(text)
            ):
                raise InputError(
                    "This model tags words, and this text has no spaces between its words.\n"
                    f"Received: {text[:40]!r}. Cut it into words with spaces between, or train on characters."
                )
            return text, [token.text for token in tokens], [[token.start, token.end] for token in tokens]
        tokens = list(text)[: self.most_tokens]
        if not all(isinstance(token, str) for token in tokens):
            raise InputError(f"Expected a text, or a list of tokens. Received: {str(text)[:60]}.")
        offsets, end = [], -1
        for token in tokens:
            offsets.append([end + 1, end + 1 + len(token)])
            end = offsets[-1][1]
        return " ".join(tokens), tokens, offsets

    def _spans(self, tags, offsets):
        found = tag_schemes.spans(tags) if self.settings.scheme != "plain" else []
        return [
            {"start": offsets[first][0], "end": offsets[behind - 1][1], "label": label}
            for first, behind, label in found
        ]

    def _in_scheme(self, examples):
        """The tags, legal and in the settings' scheme, which is recognised where it is None; and notes."""
        from keras_seq.data import collect

        given = examples["tags"]
        wanted, found = self.settings.scheme, tag_schemes.recognise(given)
        if wanted not in (None, "plain") and all(tag_schemes.is_legal(tags, wanted) for tags in given):
            found = wanted
        wanted = wanted or found
        self.settings = updated(self.settings, {"scheme": wanted})
        if wanted == "plain":
            return given, ["tags are plain: they say no spans"]
        if found == "plain":
            raise InputError(
                f"{examples.title} has plain tags, which say no spans, and expected are tags in {wanted}.\n"
                "Leave the setting scheme out, or say which column holds the tags with --tag-column."
            )
        illegal = [place for place, tags in enumerate(given) if not tag_schemes.is_legal(tags, found)]
        if illegal and self.settings.illegal_tags == "refuse":
            tags = given[illegal[0]]
            wrong = tag_schemes.first_illegal(tags, found)
            raise InputError(
                f"{examples.title}, sentence {illegal[0] + 1}: tag {wrong + 1}, {tags[wrong]!r}, is not "
                f"legal in {found}; {len(illegal):,} sentences have such tags.\n"
                "Mend them, or train with illegal_tags=repair."
            )
        notes = [f"tags are in the scheme {found}" + (f", converted to {wanted}" if wanted != found else "")]
        if illegal:
            notes.append(f"sentences with tags that {found} forbids, repaired: {len(illegal):,}")
        repaired = (tag_schemes.repair(tags, found) for tags in given)
        return collect(tag_schemes.convert(tags, found, wanted) for tags in repaired), notes

    def _unseen(self, examples, tags):
        """Notes on tags and intents that training did not have."""
        known, notes = set(self.tags), []
        strange = sorted({tag for sentence in tags for tag in sentence} - known)
        count = sum(tag not in known for sentence in tags for tag in sentence)
        if count > sum(map(len, tags)) / 2:
            raise InputError(
                f"{examples.title} has other tags than the training data: {', '.join(strange[:5])}.\n"
                f"Known: {', '.join(self.tags[:10])}. Say which column holds the tags with --tag-column."
            )
        if strange:
            shown = ", ".join(strange[:5])
            notes.append(f"words with tags that training did not have, counted as wrong: {count:,} ({shown})")
        if self.intents and "intent" in examples.columns:
            unseen = sum(intent not in self.intents for intent in examples["intent"])
            if unseen:
                notes.append(
                    f"sentences with intents that training did not have, counted as wrong: {unseen:,}"
                )
        return notes


def _tokenizer_of(sentences):
    """How raw text must be cut to give such tokens, and what to say about it."""
    some = [token for tokens in sentences[:2000] for token in tokens]
    unspaced = [token for token in some if looks_unspaced(token)]
    if len(unspaced) > len(some) / 2 and sum(len(token) > 1 for token in unspaced) > len(unspaced) / 10:
        said = "words of a script without spaces: texts to predict must come with spaces between their words"
        return "spaces", [said]
    return ("characters" if all(len(token) == 1 for token in some) else "words"), []


def _flat(sentences):
    return [tag for tags in sentences for tag in tags]


def _label_table(rows):
    from rich.table import Table

    table = Table("label", "precision", "recall", "F1", "count")
    for row in rows:
        numbers = (f"{row[name]:.4f}" for name in ("precision", "recall", "f1"))
        table.add_row(row["label"], *numbers, f"{row['count']:,}")
    return table


def _confusion_table(what, confused):
    """The labels that are mistaken most, each against each; none where nothing is mistaken."""
    from rich.table import Table

    labels, counts = confused["labels"], np.array(confused["counts"])
    mistakes = counts - np.diag(np.diag(counts))
    most = [
        k
        for k in np.argsort(-(mistakes.sum(0) + mistakes.sum(1)), kind="stable")
        if mistakes[k].any() or mistakes[:, k].any()
    ]
    most = sorted(most[:_CONFUSED])
    if not most:
        return []
    table = Table("true \\ predicted", *(labels[k] for k in most), title=f"{what} that are mistaken most")
    for k in most:
        table.add_row(labels[k], *(str(counts[k, j]) if counts[k, j] else "·" for j in most))
    return [table]
