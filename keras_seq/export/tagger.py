"""How a tagger is taken away."""

import functools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_seq.export.graph_tags import GraphTags
from keras_seq.export.graph_words import GraphWordEncoder
from keras_seq.export.inference import KerasModel
from keras_seq.export.parity import TOLERANCE
from keras_seq.export.plan import ExportPlan
from keras_seq.export.samples import generated_texts, some_of
from keras_seq.export.saved_model import answering, serving
from keras_seq.models import explainer, tag_chain
from keras_seq.ops import chain
from keras_seq.text import WordEncoder, tag_schemes

__all__ = ["TaggerPlan"]

_TFLITE_EXAMPLE = """\
import numpy as np
from ai_edge_litert.interpreter import Interpreter  # pip install ai-edge-litert
from keras_seq.text import WordEncoder  # plain Python; TensorFlow is not needed

folder = "."  # where this file is
encoder = WordEncoder.load(folder)
tags = open(f"{{folder}}/tags.txt", encoding="utf-8").read().splitlines()
model = Interpreter(f"{{folder}}/model.tflite", num_threads=1).get_signature_runner("serving_default")

tokens = [token.text for token in encoder.split({text!r})]{cut}
rows = np.zeros((1, {length}, encoder.width), np.int32)  # 0 is padding, on the right
rows[0, : len(tokens)] = encoder.encode(tokens)
answer = model(token_ids=rows)
print([(token, tags[number]) for token, number in zip(tokens, answer["tag_ids"][0])])
"""

_TFLITE_INTENT = """\
intents = open(f"{folder}/intents.txt", encoding="utf-8").read().splitlines()
print(intents[int(answer["intent_probabilities"][0].argmax())])
"""

_SAVED_MODEL_EXAMPLE = """\
import tensorflow as tf  # nothing else is needed

model = tf.saved_model.load(".")  # the folder of this file; keep the object
answer = model.signatures["serving_default"](texts=tf.constant([{text!r}]))
tokens, tags = ([each.decode() for each in answer[name][0].numpy()] for name in ("tokens", "tags"))
print(list(zip(tokens, tags)))
"""

_SAVED_MODEL_INTENT = """\
print(answer["intent"][0].numpy().decode())
"""

_ELSEWHERE = (
    "cut the text into tokens as `tokenizer.json`\n"
    "says. A token is a row of ids: first its word's, folded as `tokenizer.json` says and looked up in\n"
    "`vocabulary.txt`, then its first letters', as they are, in `characters.txt` where there is one (in\n"
    "both the line number, from 0, is the id; 0 is padding, 1 unknown). Run the signature\n"
    "`serving_default`; tag number n is line n of `tags.txt`, from 0."
)


class TaggerPlan(ExportPlan):
    """The export of a tagger. Its SavedModel has these signatures:

        serving_default  texts (B,) string -> of each token (B, T): tokens, tags string, padded with "",
                         token_starts, token_ends int32, in characters of the text, padded with -1; of each
                         span (B, S): span_starts, span_ends, span_labels, likewise; intent (B,) string
        tokens           tokens (B, T) string, padded with "" -> tags (B, T), intent (B,)
        token_ids        token_ids (B, T, 1 + L) int32 -> tag_ids (B, T), intent_probabilities (B, I),
                         intent_weights (B, T)

    What belongs to spans is absent with plain tags, and what belongs to the intent where there is none; a
    text without a token has the intent "". B may be 0, and texts may be empty.

    Args:
        model: a tagger.
        word_encoder: turns texts into tokens, and these into the model's rows of ids.
        tags, intents: in the order of the model's logits.
        scheme: which the tags are in, see `keras_seq.text.tag_schemes`.
        sentences: tokens of real sentences to compare on, hundreds of many lengths; generated ones always
            join them.
        options: `length` and `measure` of `ExportPlan`.
    """

    meanings = {
        "token_ids": "one token a row, its word then its letters; 0 = padding, on the right",
        "tag_ids": "the number of each token's tag, in `tags.txt` counted from 0; 0 on padding",
        "intent_probabilities": "one an intent, in the order of `intents.txt`; a row sums to 1",
        "intent_weights": "how much each token counted for the intent; a row sums to 1, and is 0 on padding",
    }

    def __init__(
        self,
        model: keras.Model,
        word_encoder: WordEncoder,
        tags: Sequence[str],
        intents: Sequence[str] = (),
        scheme: str = "plain",
        sentences: Sequence[Sequence[str]] = (),
        **options: Any,
    ):
        allowed = tag_schemes.allowed_transitions(tags, scheme)
        super().__init__(explainer(model, allowed), **options)
        self.word_encoder, self.tags, self.intents, self.scheme = (
            word_encoder,
            list(tags),
            list(intents),
            scheme,
        )
        generated = [text.split() for text in generated_texts(word_encoder.vocabulary.tokens[2:])]
        self.sentences = [*generated, *map(list, some_of(sentences))]
        self.texts = list(map(" ".join, self.sentences))
        self._example = next(
            (text for text in map(" ".join, sentences) if 10 < len(text) < 60), "a flight to Rome"
        )
        self._chain = KerasModel(
            keras.Model(model.input, {"chain": tag_chain(model, allowed)}), device="CPU:0"
        )

    def id_lists(self):
        return [self.word_encoder.encode(tokens[: self.length]) for tokens in self.sentences]

    def difference(self, name, text, expected, found):
        """Other tags may be as good within rounding: counted is by how much less they score, a word."""
        if name != "tag_ids":
            return super().difference(name, text, expected, found)
        rows = self.word_encoder.encode(self.sentences[text][: self.length])
        return self._worse(rows, expected[name], found[name])

    def saved_model_signatures(self):
        encoder, tags = GraphWordEncoder(self.word_encoder), GraphTags(self.tags, self.scheme)
        intents = tf.constant(self.intents, tf.string)
        answer = answering(self.reference.model)

        def named(outputs, lengths):
            found = {"tags": tags.names(outputs["tag_ids"], lengths)}
            if self.intents:
                intent = tf.gather(intents, tf.argmax(outputs["intent_probabilities"], axis=-1))
                found["intent"] = tf.where(lengths > 0, intent, "")
            return found

        def serve(texts):
            encoded = encoder(texts)
            lengths, starts, ends = encoded["lengths"], encoded["starts"], encoded["ends"]
            outputs = answer(encoded["token_ids"])
            found = {"tokens": encoded["tokens"], "token_starts": starts, "token_ends": ends}
            if tags.says_spans:
                found |= tags.spans(outputs["tag_ids"], lengths, starts, ends)
            return found | named(outputs, lengths)

        def serve_tokens(tokens):
            # "" is padding where nothing else follows it.
            is_token = tf.cumsum(tf.cast(tokens != "", tf.int32), axis=1, reverse=True) > 0
            lengths = tf.reduce_sum(tf.cast(is_token, tf.int32), axis=1)
            outputs = answer(encoder.rows(tokens, lengths))
            outputs["tag_ids"] = outputs["tag_ids"][:, : tf.shape(tokens)[1]]
            return named(outputs, lengths)

        functions = {
            "serving_default": serving(serve, tf.TensorSpec((None,), tf.string, name="texts")),
            "tokens": serving(serve_tokens, tf.TensorSpec((None, None), tf.string, name="tokens")),
            "token_ids": answer,
        }
        variables = [variable.value for variable in self.reference.model.variables]
        return functions, [encoder, tags, *variables]

    def questions(self):
        return {"serving_default": ("texts", self.texts), "tokens": ("tokens", self.sentences)}

    def expected_row(self, signature, number, row):
        rows, outputs = self._expected[signature]
        tag_ids = outputs["tag_ids"][number]
        found = row["tags"][: len(tag_ids)]
        if set(found) <= set(self.tags):
            found_ids = np.array([self.tags.index(tag) for tag in found], np.int32)
            if self._worse(rows[number], tag_ids, found_ids) <= TOLERANCE:
                tag_ids = found_ids
        expected = {"tags": [self.tags[number] for number in tag_ids]}
        if self.intents:
            probabilities = outputs["intent_probabilities"][number]
            best = {self.intents[k] for k in np.flatnonzero(probabilities >= probabilities.max() - TOLERANCE)}
            expected["intent"] = (
                row["intent"] if row["intent"] in best else self.intents[probabilities.argmax()]
            )
            if not len(tag_ids):
                expected["intent"] = ""
        if signature == "serving_default":
            expected |= self._places(self.texts[number], expected["tags"])
        return expected

    def about(self):
        scheme = "" if self.scheme == "plain" else f" ({self.scheme})"
        intents = {"intents": ", ".join(self.intents)} if self.intents else {}
        return {"tags": ", ".join(self.tags) + scheme, **intents}

    def example(self, format):
        if format == "saved_model":
            code, intent = _SAVED_MODEL_EXAMPLE.format(text=self._example), _SAVED_MODEL_INTENT
        else:
            cut, length = f"[:{self.length}]" if self.length else "", self.length or "max(1, len(tokens))"
            code = _TFLITE_EXAMPLE.format(text=self._example, cut=cut, length=length)
            intent = _TFLITE_INTENT
        return code + intent if self.intents else code

    def elsewhere(self):
        return _ELSEWHERE

    @functools.cached_property
    def _expected(self):
        """Signature -> the rows of ids of its questions, and the Keras model's outputs."""
        cut = [[token.text for token in self.word_encoder.split(text)] for text in self.texts]
        sentences = {"serving_default": cut, "tokens": self.sentences}
        rows = {name: list(map(self.word_encoder.encode, each)) for name, each in sentences.items()}
        return {name: (each, self.reference.predict(each)) for name, each in rows.items()}

    def _places(self, text, tags):
        """Tokens and spans of a text, as `serving_default` names them."""
        tokens = self.word_encoder.split(text)
        places = {
            "tokens": [token.text for token in tokens],
            "token_starts": [token.start for token in tokens],
            "token_ends": [token.end for token in tokens],
        }
        if self.scheme == "plain":
            return places
        spans = tag_schemes.spans(tags)
        return places | {
            "span_starts": [tokens[first].start for first, _, _ in spans],
            "span_ends": [tokens[behind - 1].end for _, behind, _ in spans],
            "span_labels": [label for _, _, label in spans],
        }

    def _worse(self, rows, best, found):
        """By how many nats a word some tags score less than the best ones do."""
        if len(found) != len(best):
            return float("inf")
        if np.array_equal(best, found):
            return 0.0
        of_text = self._chain.run(rows[None])["chain"].astype("float64")
        best, found = (chain.sequence_score(of_text, each[None]) for each in (best, found))
        return float(np.asarray(best - found)[0]) / len(rows)
