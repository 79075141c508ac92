import re
from html.parser import HTMLParser

import pytest

from keras_seq.viz import TokenWeights, page
from keras_seq.viz.colors import DARK, LIGHT, STEPS
from keras_seq.viz.markup import TOP, fragment

TEXT = "A superb,\n\tquiet film — 真好!"
SPANS = [(0, 1), (2, 8), (8, 9), (11, 16), (17, 21), (24, 25), (25, 26), (26, 27)]
WEIGHTS = [0.02, 0.5, 0.0, 0.2, 0.05, 0.1, 0.1, 0.03]
VIEW = TokenWeights(TEXT, SPANS, WEIGHTS, "good", {"bad": 0.1, "good": 0.9}, "A caption", "bad")


class Reader(HTMLParser):
    """Reads a page as a browser does: tags with attributes, and the text with the classes above it."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.tags, self.open, self.texts = [], [], []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "br"):
            self.open.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag, "tags must nest"

    def handle_data(self, data):
        self.texts.append((data, list(self.open)))

    def inside(self, **wanted):
        """The text under an element with such an attribute."""
        ((name, value),) = wanted.items()
        return "".join(
            data
            for data, above in self.texts
            if any(value in (a.get(name.strip("_")) or "").split() for _, a in above)
        )

    def marks(self):
        return [a for tag, a in self.tags if tag == "mark"]


def test_the_text_is_there_character_for_character():
    assert Reader(fragment(VIEW)).inside(class_="text") == TEXT


def test_each_token_is_marked_with_its_weight_and_nothing_else_is():
    reader = Reader(fragment(VIEW))
    expected = [TEXT[start:end] for start, end in SPANS]
    seen = [data for data, above in reader.texts if above and above[-1][0] == "mark"]
    assert seen == expected
    assert [a["title"] for a in reader.marks()] == [
        "A: 2.0 %", "superb: 50.0 %", ",: 0 %", "quiet: 20.0 %", "film: 5.0 %",
        "真: 10.0 %", "好: 10.0 %", "!: 3.0 %",
    ]  # fmt: skip
    # greatest weight 0.5 = full colour; 20 steps of 2.5 % each
    assert [a["class"] for a in reader.marks()] == ["w1", "w20", "w0", "w8", "w2", "w4", "w4", "w1"]


def test_answer_probabilities_true_label_scale_and_top_words_are_told_in_words():
    reader = Reader(fragment(VIEW))
    shown = "".join(data for data, above in reader.texts if not any(tag == "style" for tag, _ in above))
    for words in (
        "A caption",
        "good answer",
        "90.0 %",
        "bad true label",
        "10.0 %",
        "even spread: 12.5 % each",
    ):
        assert words in shown
    assert re.search(r"Most weight\s*superb 50\.0 %", shown)
    assert shown.index("90.0 %") < shown.index("bad true label"), "the most probable stands first"


EVIL = '<script>alert(\'x\')</script> "&amp;" </style> <img src=x onerror="y"> \x1b[31m\x00\ud800 \u202e'


def test_nothing_from_outside_becomes_markup():
    spans = [(0, 8), (9, 14), (27, 34), (34, len(EVIL))]
    view = TokenWeights(EVIL, spans, [0.1, 0.2, 0.3, 0.4], EVIL, {EVIL: 0.7, "</td>": 0.3}, EVIL, EVIL + "2")
    document = page([view], title=EVIL)
    document.encode("utf-8")  # no surrogate is left
    four = TokenWeights("word " * 4, [(0, 4), (5, 9), (10, 14), (15, 19)], [0.1, 0.2, 0.3, 0.4],
                        "a", {"a": 0.7, "b": 0.3}, "caption", "c")  # fmt: skip
    harmless = Reader(page([four]))
    reader = Reader(document)
    assert [tag for tag, _ in reader.tags] == [tag for tag, _ in harmless.tags]
    assert [sorted(a) for _, a in reader.tags] == [sorted(a) for _, a in harmless.tags]
    assert "\x1b" not in document and "\x00" not in document and "\u202e" not in document
    assert reader.inside(class_="text").startswith("<script>alert('x')</script>")


def test_a_page_is_whole_and_asks_for_nothing_from_outside():
    document = page([VIEW, VIEW], title="Two")
    reader = Reader(document)
    assert document.startswith("<!DOCTYPE html>")
    assert ("html", {"lang": "en"}) in reader.tags
    assert ("meta", {"charset": "utf-8"}) in reader.tags
    assert [tag for tag, _ in reader.tags].count("article") == 2
    assert [tag for tag, _ in reader.tags].count("style") == 1
    assert not reader.open
    for outside in ("http", "url(", "@import", "<script", "<link", " src="):
        assert outside not in document


def test_both_modes_have_all_their_shades():
    style = re.search("<style>(.*?)</style>", fragment(VIEW), re.DOTALL)[1]
    light, dark = style.split("prefers-color-scheme: dark")
    for number in range(1, STEPS + 1):
        assert f"--w{number}: {LIGHT.ramp(number / STEPS)};" in light
        assert f"--w{number}: {DARK.ramp(number / STEPS)};" in dark
        assert f".w{number} {{ background: var(--w{number}); }}" in dark


def test_the_tab_key_stops_at_few_words_and_a_tap_reaches_all():
    text = "a " * 400
    weights = [(number % 37) / 100 for number in range(400)]
    marks = Reader(fragment(TokenWeights(text, [(2 * n, 2 * n + 1) for n in range(400)], weights))).marks()
    assert len(marks) == 400
    assert {mark["tabindex"] for mark in marks} == {"0", "-1"}
    assert TOP <= sum(mark["tabindex"] == "0" for mark in marks) <= 2 * TOP


def test_the_script_tells_the_browser_the_language():
    chinese = TokenWeights("电影", [(0, 1), (1, 2)], [0.5, 0.5])
    assert 'lang="zh"' in fragment(chinese)
    assert [a["lang"] for tag, a in Reader(fragment(VIEW)).tags if a.get("class") == "text"] == ["zh"]


@pytest.mark.parametrize(
    "view, words",
    [
        (TokenWeights("a b", [(0, 1), (2, 3)]), "This model gives no attention weights."),
        (TokenWeights("", [], []), "(The text is empty.)"),
        (TokenWeights("?", [(0, 1)], [0.0]), "Nothing in this text has weight."),
        (TokenWeights("?", [], None, label="x"), "Answer: <b>x</b>"),
        (TokenWeights("?", [], None, probabilities={str(n): n / 66 for n in range(12)}), "and 2 more labels"),
    ],
)
def test_what_is_not_there_is_said(view, words):
    assert words in fragment(view)


def test_the_same_view_gives_the_same_bytes_and_the_notebook_shows_the_fragment():
    assert fragment(VIEW) == fragment(VIEW) == VIEW._repr_html_() == VIEW.html()


def test_a_single_view_is_a_page_too():
    assert page(VIEW) == page([VIEW])
