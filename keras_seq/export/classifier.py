"""How a classifier is taken away."""

import functools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_seq.errors import InputError
from keras_seq.export.graph_text import GraphTextEncoder
from keras_seq.export.plan import ExportPlan
from keras_seq.export.samples import generated_texts, some_of
from keras_seq.export.saved_model import answering, serving
from keras_seq.text import TextEncoder

__all__ = ["ClassifierPlan"]

_TFLITE_EXAMPLE = """\
import numpy as np
from ai_edge_litert.interpreter import Interpreter  # pip install ai-edge-litert
from keras_seq.text import TextEncoder  # plain Python; TensorFlow is not needed

folder = "."  # where this file is
encoder = TextEncoder.load(folder)
labels = open(f"{{folder}}/labels.txt", encoding="utf-8").read().splitlines()
model = Interpreter(f"{{folder}}/model.tflite", num_threads=1).get_signature_runner("serving_default")

token_ids = encoder.encode({text!r}){cut}
row = np.zeros((1, {length}), np.int32)  # 0 is padding, on the right
row[0, : len(token_ids)] = token_ids
answer = model(token_ids=row)
print(labels[int(answer["probabilities"][0].argmax())], answer["probabilities"][0])
"""

_SAVED_MODEL_EXAMPLE = """\
import tensorflow as tf  # nothing else is needed

model = tf.saved_model.load(".")  # the folder of this file; keep the object
answer = model.signatures["serving_default"](texts=tf.constant([{text!r}]))
print(answer["label"][0].numpy().decode(), answer["probabilities"][0].numpy())
"""

_ELSEWHERE = (
    "cut the text into tokens as `tokenizer.json` says, look each\n"
    "up in `vocabulary.txt` (the line number, from 0, is the id; 0 is padding, 1 an unknown token), and\n"
    "run the signature `serving_default`."
)


class ClassifierPlan(ExportPlan):
    """The export of a classifier. Its SavedModel has these signatures:

        serving_default  texts (B,) string      -> label (B,) string, probabilities (B, C) float32
        explain          texts (B,) string      -> also tokens (B, T) string, padded with "", weights (B, T)
        token_ids        token_ids (B, T) int32 -> probabilities (B, C), weights (B, T)

    `weights` are absent where the model has none. B may be 0, and texts may be empty.

    Args:
        model: a classifier; its output: logits.
        text_encoder: turns texts into the model's ids.
        labels: in the order of the logits.
        texts: real texts to compare on, hundreds of many lengths; generated ones always join them.
        example_text: what the card's program asks.
        options: `length` and `measure` of `ExportPlan`.

    Raises:
        InputError: fewer than two different labels.
    """

    meanings = {
        "token_ids": "one text a row, 0 = padding, on the right",
        "probabilities": "one a label, in the order of `labels.txt`; a row sums to 1",
        "weights": "how much each token counted; a row sums to 1, and is 0 on padding",
    }

    def __init__(
        self,
        model: keras.Model,
        text_encoder: TextEncoder,
        labels: Sequence[str],
        texts: Sequence[str] = (),
        example_text: str = "a wonderful film",
        **options: Any,
    ):
        if len(set(labels)) != len(labels) or len(labels) < 2:
            raise InputError(f"An export needs at least two different labels. Received: {list(labels)!r:.80}")
        super().__init__(model, **options)
        self.text_encoder, self.labels = text_encoder, list(labels)
        self.texts = [*generated_texts(text_encoder.vocabulary.tokens[2:]), *some_of(texts)]
        self._example_text = example_text

    def id_lists(self):
        return [self.text_encoder.encode(text)[: self.length] for text in self.texts]

    def saved_model_signatures(self):
        encoder = GraphTextEncoder(self.text_encoder)
        names = tf.constant(self.labels, tf.string)
        answer = answering(self.reference.model)

        def explain(texts):
            encoded = encoder(texts)
            outputs = answer(encoded["token_ids"])
            label = tf.gather(names, tf.argmax(outputs["probabilities"], axis=-1))
            return {"label": label, "tokens": encoded["tokens"], **outputs}

        def serve(texts):
            outputs = explain(texts)
            return {"label": outputs["label"], "probabilities": outputs["probabilities"]}

        texts = tf.TensorSpec((None,), tf.string, name="texts")
        functions = {
            "serving_default": serving(serve, texts),
            "explain": serving(explain, texts),
            "token_ids": answer,
        }
        return functions, [encoder, *(variable.value for variable in self.reference.model.variables)]

    def questions(self):
        return {name: ("texts", self.texts) for name in ("serving_default", "explain")}

    def expected_row(self, signature, number, row):
        expected = {name: outputs[number] for name, outputs in self._expected.items()}
        # Of two labels as likely as each other, either.
        expected["label"] = self.labels[int(np.argmax(row["probabilities"]))]
        if signature == "explain":
            tokens = self.text_encoder.split(self.texts[number])
            return {**expected, "tokens": [token.text for token in tokens]}
        return {name: expected[name] for name in ("label", "probabilities")}

    def about(self):
        return {"labels": ", ".join(self.labels)}

    def example(self, format):
        if format == "saved_model":
            return _SAVED_MODEL_EXAMPLE.format(text=self._example_text)
        return _TFLITE_EXAMPLE.format(
            text=self._example_text,
            cut=f"[:{self.length}]" if self.length else "",
            length=self.length or "max(1, len(token_ids))",
        )

    def elsewhere(self):
        return _ELSEWHERE

    @functools.cached_property
    def _expected(self):
        return self.reference.predict([self.text_encoder.encode(text) for text in self.texts])
