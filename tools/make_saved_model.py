"""Makes what stands in saved_models/: a run, exported as int8 .tflite, with its test score on the card.

    keras-seq sentiment train --preset small --data tfds:imdb_reviews --run runs/imdb-small
    python tools/make_saved_model.py runs/imdb-small saved_models/sentiment-imdb-small

    keras-seq tagging train --preset small --data builtin:flights --run runs/flights-small
    python tools/make_saved_model.py runs/flights-small saved_models/tagging-flights-small

    keras-seq translation train --preset small --data builtin:dates --run runs/dates
    python tools/make_saved_model.py runs/dates saved_models/translation-dates

    python tools/make_saved_model.py runs/rnn saved_models/translation-en-de --test multi30k/test_2016_flickr

A run that was trained on files is scored on --test. The tool also writes the model's answers to a few texts
into tests/golden/answers.json, where a test keeps them: the texts below, of the data set or else of the app,
or with --texts the lines of a file.
"""

import argparse
import json
from pathlib import Path

from keras_seq import apps
from keras_seq.application import RunFolder, verbs

ANSWERS = Path(__file__).parents[1] / "tests" / "golden" / "answers.json"
TEXTS = {
    "sentiment": [
        "A wonderful film with a dull ending.",
        "Not a good film, but I could not stop laughing.",
        "Two hours of my life that I will never get back.",
        "The best thing in it is the dog.",
        "I don't think anybody will forget this story soon: moving, funny, brilliantly played.",
        "很好看的电影",
        "ok",
    ],
    "tagging": [
        "Book a flight from Paris to Tokyo on May 3.",
        "I'd like to know what the cheapest seat to New York costs, please.",
        "The old man's dogs had been barking at 12 cars since 1998!",
        "我想订一张12月2号去台北的票",
        "She didn't see him – or so she said.",
        "Cancel it",
        "ok",
    ],
    "translation": [
        "A man is riding a bicycle.",
        "Two children are playing with a dog in the snow.",
        "A woman in a red dress sings on a stage.",
        "Three people sit at a table and eat.",
        "An old man wearing a hat looks at the sea.",
        "a dog runs",
        "Girl.",
    ],
    "builtin:dates": [
        "3 May 1998",
        "October 7, 2019",
        "Sunday, 12 April 2015",
        "5. März 2021",
        "14 juillet 1989",
        "2008年8月8日",
        "31 de diciembre de 1999",
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", help="a run folder")
    parser.add_argument("target", type=Path, help="the folder to write")
    parser.add_argument("--test", help="a file of examples, instead of the test of the run's own data")
    parser.add_argument("--texts", type=Path, help="a UTF-8 file with a text a line, to keep the answers to")
    given = parser.parse_args()

    config = RunFolder(given.run).read_config()
    kind = getattr(apps, apps.APPS[config["app"]])
    texts = TEXTS.get(config["data"], TEXTS[kind.name])
    if given.texts:
        texts = given.texts.read_text(encoding="utf-8").splitlines()
    result = verbs.evaluate(kind, given.run, test=given.test)
    app = kind.load(given.run)
    app.facts["metrics"] = {**app.facts["metrics"], "test, before quantisation": result["metrics"]}
    sample = verbs.sample(app)
    report = app.export(given.target, format="tflite", quantize="int8", sample=sample)
    verbs.print_report(report)

    after = verbs.evaluate(kind, str(given.target), test=given.test)
    print(json.dumps({"before": result["metrics"], "after": after["metrics"]}))
    app.facts["metrics"]["test, as exported"] = after["metrics"]
    verbs.print_report(app.export(given.target, format="tflite", quantize="int8", sample=sample))

    answers = json.loads(ANSWERS.read_text(encoding="utf-8")) if ANSWERS.exists() else {}
    answers[given.target.name] = list(map(kept, kind.load(given.target).predict(texts)))
    ANSWERS.write_text(json.dumps(answers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def kept(answer: dict) -> dict:
    """The answer without a table of weights, a number for each pair of words."""
    is_table = isinstance(next(iter(answer["weights"] or []), None), list)
    return {name: value for name, value in answer.items() if not (is_table and name == "weights")}


if __name__ == "__main__":
    main()
