"""Makes what stands in saved_models/: a run, exported as int8 .tflite, with its test score on the card.

    keras-seq sentiment train --preset small --data tfds:imdb_reviews --run runs/imdb-small
    python tools/make_saved_model.py runs/imdb-small saved_models/sentiment-imdb-small

It also writes the model's answers to a few sentences into tests/golden/answers.json, where a test keeps them.
"""

import argparse
import json
from pathlib import Path

from keras_seq.apps import Sentiment

from keras_seq.application import verbs

ANSWERS = Path(__file__).parents[1] / "tests" / "golden" / "answers.json"
TEXTS = [
    "A wonderful film with a dull ending.",
    "Not a good film, but I could not stop laughing.",
    "Two hours of my life that I will never get back.",
    "The best thing in it is the dog.",
    "I don't think anybody will forget this story soon: moving, funny, brilliantly played.",
    "很好看的电影",
    "ok",
]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", help="a run folder")
    parser.add_argument("target", type=Path, help="the folder to write")
    given = parser.parse_args()

    result = verbs.evaluate(Sentiment, given.run)
    app = Sentiment.load(given.run)
    app.facts["metrics"] = {**app.facts["metrics"], "test, before quantisation": result["metrics"]}
    sample = verbs.sample(app)
    report = app.export(given.target, format="tflite", quantize="int8", sample=sample)
    verbs.print_report(report)

    after = verbs.evaluate(Sentiment, str(given.target))
    print(json.dumps({"before": result["metrics"], "after": after["metrics"]}))
    app.facts["metrics"]["test, as exported"] = after["metrics"]
    verbs.print_report(app.export(given.target, format="tflite", quantize="int8", sample=sample))

    answers = json.loads(ANSWERS.read_text(encoding="utf-8")) if ANSWERS.exists() else {}
    answers[given.target.name] = Sentiment.load(given.target).predict(TEXTS)
    ANSWERS.write_text(json.dumps(answers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
