"""How a translator is taken away."""

import functools
import json
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_seq.decoding import NO_HYPOTHESIS
from keras_seq.errors import InputError
from keras_seq.export.copying import copied_unknowns
from keras_seq.export.errors import ExportError
from keras_seq.export.graph_translator import GraphTranslator
from keras_seq.export.hypotheses import Hypotheses
from keras_seq.export.parity import Parity
from keras_seq.export.plan import ExportPlan
from keras_seq.export.runtime import TFLiteModel
from keras_seq.export.samples import generated_texts, some_of
from keras_seq.export.saved_model import answering, serving
from keras_seq.export.translator_steps import step_signatures, steps_log_prob
from keras_seq.text import END, TextEncoder

__all__ = ["TranslatorPlan"]

_SHORT = ("translation", "score")  # what `serving_default` gives
_LONGEST_GENERATED = 33  # tokens: a search takes time
_MOST_TEXTS = 200
_IN_STEPS = 20  # texts that go through `encode` and `decode_step` too
_MOST_LOST = 0.01  # of the texts, or one

_TFLITE_EXAMPLE = """\
import numpy as np
from ai_edge_litert.interpreter import Interpreter  # pip install ai-edge-litert
from keras_seq.text import TextEncoder  # plain Python; TensorFlow is not needed

folder = "."  # where this file is
{load}
model = Interpreter(f"{{folder}}/model.tflite", num_threads=1).get_signature_runner("serving_default")

token_ids = [*source.encode({text}){cut}, source.vocabulary.end_id]
row = np.zeros((1, {length}), np.int32)  # 0 is padding, on the right
row[0, : len(token_ids)] = token_ids
answer = model(token_ids=row)
print(target.decode(answer["target_ids"][0, 0]), answer["scores"][0, 0])
"""
_LOAD_BOTH = """\
source, target = (TextEncoder.load(folder, side) for side in ("source", "target"))"""
_LOAD_ONE = """\
source = target = TextEncoder.load(folder)"""

_SAVED_MODEL_EXAMPLE = """\
import tensorflow as tf  # nothing else is needed

model = tf.saved_model.load(".")  # the folder of this file; keep the object
answer = model.signatures["serving_default"](texts=tf.constant([{text}]))
translation, score = (answer[name].numpy().ravel()[0] for name in ("translation", "score"))
print(translation.decode(), score)
"""

_ELSEWHERE = (
    "cut the text into tokens as `tokenizer{source}.json`\n"
    "says, look each up in `vocabulary{source}.txt` (the line number, from 0, is the id; 0 is padding, 1 an\n"
    "unknown token, 2 the end), put the end behind them, and run the signature `serving_default`: the whole\n"
    "search is inside. The ids that it gives are lines of `vocabulary{target}.txt`; joined, a ▁ is a space.\n"
    "For a search of your own: run `encode` once, then `decode_step` for each word, step 0, 1, …, with the\n"
    "id of the last word (the end at first), the tensors of `encode`, and the caches of the step before."
)


class TranslatorPlan(ExportPlan):
    """The export of a translator. Its SavedModel has these signatures:

        serving_default  texts (B,) string -> translation (B,) string, score (B,) float32; both (B, n), the
                         best first, where the search gives n translations
        explain          texts (B,) string -> also tokens (B, T) string and source_tokens (B, S) string,
                         padded with "", and weights (B, T, S)
        token_ids        token_ids (B, S) int32 -> target_ids (B, n, L), lengths (B, n), scores (B, n),
                         alignment (B, L, S); the same in a `.tflite` as `serving_default`

    What belongs to weights is absent where the model has no attention. B may be 0, and texts may be empty. A
    `.tflite` has `encode` and `decode_step` too, see `keras_seq.export.translator_steps`: they share its
    weights.

    An exported file searches with other rounding than Keras. Where two hypotheses score the same within it,
    either may win. So what is checked of each translation is its score, against what the Keras model gives
    this very translation, and that it scores as well as the Keras model's own. Of 100 texts one may fall
    short of that: a hypothesis that is lost on the way to one as good may have been the better in the end.

    Args:
        model: of `keras_seq.models.translating_model`.
        source_encoder, target_encoder: texts to the model's ids, and back; with "[END]".
        copy_unknowns: put the source token that was looked at most in the place of an unknown one.
        most_tokens: of a source, those that are read; None: all.
        texts: real texts to compare on, hundreds of many lengths; generated ones always join them.
        options: `length` and `measure` of `ExportPlan`.
    """

    meanings = {
        "token_ids": "one text a row, closed by the id of [END]; 0 = padding, on the right",
        "target_ids": "the translations of each text, the best first; 0 behind the last token",
        "lengths": "tokens of each translation",
        "scores": "what the search ranks by: log-probabilities, nats; -1e30 where there is no translation",
        "alignment": "for each token of the best translation, how much each source token counted",
    }
    tolerance = 1e-4  # nats a word: a word's rounding goes into all that follow

    def __init__(
        self,
        model: keras.Model,
        source_encoder: TextEncoder,
        target_encoder: TextEncoder,
        copy_unknowns: bool = True,
        most_tokens: int | None = None,
        texts: Sequence[str] = (),
        **options: Any,
    ):
        super().__init__(model, **options)
        self.source_encoder, self.target_encoder = source_encoder, target_encoder
        self.copy_unknowns, self.most_tokens = copy_unknowns, most_tokens
        known = source_encoder.vocabulary.tokens[3:]
        generated = generated_texts(known, longest=_LONGEST_GENERATED)
        self.texts = [*generated, *some_of(texts, _MOST_TEXTS)]
        self._example_text = next((text for text in texts if 2 < len(text) < 60), "a dog runs")
        self._translate = self.reference.model.get_layer("translate")
        self._hypotheses = functools.lru_cache(Hypotheses(self._translate))
        self._lost: set[int] = set()
        self._told: dict[int, list[dict]] = {}  # what `explain` answered to each text

    def id_lists(self):
        end = self.source_encoder.vocabulary.end_id
        most = self.most_tokens if self.length is None else self.length - 1
        return [[*self.source_encoder.encode(text)[:most], end] for text in self.texts]

    def tflite_signatures(self):
        if self._translate.method == "sample":
            raise InputError(
                "A .tflite file cannot draw words at random: LiteRT has no random numbers.\n"
                "Export with decoding.method=beam or greedy, or with format saved_model."
            )
        functions, tracked = super().tflite_signatures()
        return {**functions, **step_signatures(self._translate, self.length)[0]}, tracked

    def difference(self, name, text, expected, found):
        """Counted is by how much a file is wrong about its own translations, nats a word, and they are worse.

        Weights are compared with those by which the Keras model would have told the same words.
        """
        source = tuple(self._id_lists[text])
        if name == "alignment":
            looked = self._judged(source, found, 0).weights
            return _distance(looked, found["alignment"])
        several = range(len(found["lengths"]))
        if name == "scores":
            return max(self._score_distance(source, found, number) for number in several)
        if name == "lengths" or self._translate.method == "sample":
            return 0.0  # said by target_ids; drawn, no two are the same
        best, other = (self._judged(source, outputs, 0) for outputs in (expected, found))
        worse = max(0.0, (best.score - other.score) / other.steps)
        if worse > self.tolerance:
            self._lost.add(text)
            if len(self._lost) <= max(1, _MOST_LOST * len(self.texts)):
                return 0.0
        return worse

    def check_tflite(self, path, tolerance):
        parity = super().check_tflite(path, tolerance)
        steps = self._difference_in_steps(TFLiteModel(path))
        if tolerance is not None and not steps <= tolerance:
            raise ExportError(
                f"The .tflite file, step by step, differs from the Keras model by {steps:.2g} nats a word.\n"
                "Nothing was exported. Please report it, with the model's config.yaml."
            )
        differences = {**parity.differences, "decode_step": steps}
        return Parity(parity.texts, parity.calls, differences, parity.agreement)

    def saved_model_signatures(self):
        answer = answering(self.reference.model)
        several = self._translate.several
        translator = GraphTranslator(
            answer, self.source_encoder, self.target_encoder, self.copy_unknowns, several, self.most_tokens
        )

        texts = tf.TensorSpec((None,), tf.string, name="texts")
        explain = serving(translator.__call__, texts)

        def serve(texts):  # TensorFlow leaves away what nobody asks of a function
            return {name: output for name, output in explain(texts).items() if name in _SHORT}

        functions = {"serving_default": serving(serve, texts), "explain": explain, "token_ids": answer}
        return functions, [translator, *(variable.value for variable in self.reference.model.variables)]

    def questions(self):
        return {name: ("texts", self.texts) for name in ("explain", "serving_default")}

    def expected_row(self, signature, number, row):
        if signature == "serving_default":
            # What `explain` said, which was held against Keras before; drawn, no two answers are the same.
            drawn = self._translate.method == "sample"
            told = [{name: row[name] for name in _SHORT}] if drawn else self._told[number]
            same = [each for each in told if each["translation"] == row["translation"]]
            return {name: _exact(value) for name, value in (same or told)[0].items()}
        expected = self._explained(number, row)
        self._told.setdefault(number, []).append({name: row[name] for name in _SHORT})
        return expected

    def about(self):
        options = ", ".join(f"{name} {value}" for name, value in self._translate.options.items())
        slope, besides = self._translate.words_per_word, self._translate.words_besides
        longest = f"{slope:g} tokens for each of the source, and {besides}"
        if self._translate.most_words is not None:
            longest += f"; {self._translate.most_words} at most"
        read = f"the first {self.most_tokens:,} tokens" if self.most_tokens else "all tokens"
        search = f"{self._translate.method}{': ' if options else ''}{options}"
        return {"search": search, "read of a source": read, "longest translation": longest}

    def example(self, format):
        if format == "saved_model":
            return _SAVED_MODEL_EXAMPLE.format(text=json.dumps(self._example_text, ensure_ascii=False))
        return _TFLITE_EXAMPLE.format(
            load=_LOAD_ONE if self._is_shared else _LOAD_BOTH,
            text=json.dumps(self._example_text, ensure_ascii=False),
            cut=f"[:{self.length - 1}]" if self.length else "",
            length=self.length or "len(token_ids)",
        )

    def elsewhere(self):
        sides = ("", "") if self._is_shared else (".source", ".target")
        return _ELSEWHERE.format(source=sides[0], target=sides[1])

    @property
    def _is_shared(self):
        return self.source_encoder is self.target_encoder

    @functools.cached_property
    def _id_lists(self):
        return self.id_lists()

    @functools.cached_property
    def _expected(self):
        """The Keras model's answer to each text."""
        outputs = self.reference.predict(self._id_lists)
        return [dict(zip(outputs, each, strict=True)) for each in zip(*outputs.values(), strict=True)]

    def _judged(self, source, outputs, number):
        """What the Keras model says about one of the translations in the outputs."""
        ids = outputs["target_ids"][number][: outputs["lengths"][number]]
        return self._hypotheses(source, tuple(map(int, ids)))

    def _score_distance(self, source, outputs, number):
        judged = self._judged(source, outputs, number)
        return abs(judged.score - float(outputs["scores"][number])) / judged.steps

    def _difference_in_steps(self, model):
        """The largest difference in log p of a translation told by `encode` and `decode_step`, a word."""
        worst = 0.0
        for ids, outputs in list(zip(self._id_lists, self._expected, strict=True))[:_IN_STEPS]:
            said = outputs["target_ids"][0][: outputs["lengths"][0]]
            judged = self._judged(tuple(ids), outputs, 0)
            found = steps_log_prob(model, self._translate, ids, list(map(int, said)))
            worst = max(worst, abs(judged.log_prob - found) / judged.steps)
        return worst

    def _explained(self, number, row):
        """What `explain` has to answer, given what it did."""
        source = [token.text for token in self.source_encoder.split(self.texts[number])][: self.most_tokens]
        several, names = self._translate.several, self.target_encoder.vocabulary.tokens
        scores = np.reshape(row["score"], -1)
        expected = {"tokens": [], "source_tokens": []}
        if "weights" in row:
            expected["weights"] = np.zeros((0, 0))
        if not source:
            return {
                **expected,
                "translation": "" if several == 1 else [],
                "score": 0 * np.array(row["score"]),
            }
        keras_said = self._expected[number]
        ids = [names.index(token) for token in row["tokens"] if token]
        found = {"target_ids": np.array([ids], np.int32), "lengths": [len(ids)], "scores": scores[:1]}
        if self.difference("target_ids", number, keras_said, found) > self.tolerance:
            found = {name: keras_said[name][:1] for name in found}
            ids = found["target_ids"][0][: found["lengths"][0]].tolist()
        judged = self._judged(tuple(self._id_lists[number]), found, 0)
        unknowns = None
        if "weights" in row:
            expected["weights"] = judged.weights
            if self.copy_unknowns and 0 < len(ids) <= len(row["weights"]):
                unknowns = copied_unknowns(ids, source, np.array(row["weights"]))
        expected |= {
            "tokens": [names[each] for each in ids],
            "source_tokens": [*source, END],
            "translation": self.target_encoder.decode(ids, unknowns),
            "score": np.array(scores[0] + (judged.score - scores[0]) / judged.steps),  # compared a word
        }
        return expected if several == 1 else expected | self._others(keras_said, row, expected)

    def _others(self, keras_said, row, expected):
        """The translations behind the best too; those that score the same may have changed places."""
        translations, scores = [expected["translation"]], [expected["score"]]
        rows = zip(*(keras_said[name] for name in ("target_ids", "lengths", "scores")), strict=True)
        known = [(self.target_encoder.decode(ids[:length]), length + 1, score) for ids, length, score in rows]
        nothing = ("", 1, NO_HYPOTHESIS)
        for place in range(1, len(row["score"])):
            said, found = row["translation"][place], row["score"][place]
            text, steps, score = known[place] if place < len(known) else nothing
            same = [each for each, _, other in known if abs(other - found) <= self.tolerance * steps]
            translations.append(said if said in same else text)
            scores.append(found + (score - found) / steps)
        return {"translation": translations, "score": np.array(scores, np.float32)}


def _distance(expected, found):
    """The largest difference; None where the shapes differ."""
    return float(np.max(np.abs(expected - found), initial=0.0)) if expected.shape == found.shape else None


def _exact(value):
    """As `compare_row` takes it: numbers as an array."""
    is_number = isinstance(value, float) or (isinstance(value, list) and not isinstance(value[0], str))
    return np.array(value) if is_number else value
