"""Generated examples: real enough to learn from in seconds, and nothing to download.

`builtin:opinions` (English) and `builtin:opinions-zh` (Chinese) judge one thing or two. No single word
settles the label: "not" and its like turn a word round, and of two opposite clauses the main one counts.
"""

import random
from collections.abc import Callable

from keras_seq.data.examples import Examples
from keras_seq.data.splitting import normalised

SPLITS = {"train": 2000, "validation": 300, "test": 300}

_THINGS = (
    "film", "story", "ending", "music", "script", "dialogue", "hotel", "room", "breakfast", "service",
    "staff", "garden", "phone", "screen", "battery", "sound", "camera", "soup", "bread", "dessert",
    "coffee", "waiter", "book", "exhibition",
)  # fmt: skip
_GOOD = (
    "wonderful", "excellent", "lovely", "superb", "charming", "brilliant", "pleasant", "impressive",
    "delightful", "good", "great", "fine",
)  # fmt: skip
_BAD = (
    "terrible", "awful", "dull", "poor", "boring", "dreadful", "weak", "disappointing", "horrible", "bad",
    "bland", "clumsy",
)  # fmt: skip
_HOW_MUCH = ("", "", "really ", "very ", "quite ", "truly ")
_DENIALS = (
    "the {thing} was not {quality}",
    "the {thing} was never {quality}",
    "the {thing} was anything but {quality}",
    "nobody would call the {thing} {quality}",
)
_CONTRASTS = (
    "{aside}, but {main}",
    "although {aside}, {main}",
    "{main}, although {aside}",
    "{main}, even though {aside}",
)

_THINGS_ZH = (
    "电影", "故事", "结局", "音乐", "剧本", "对白", "酒店", "房间", "早餐", "服务", "店员", "花园",
    "手机", "屏幕", "电池", "音质", "相机", "汤", "面包", "甜点", "咖啡", "菜", "书", "展览",
)  # fmt: skip
_GOOD_ZH = (
    "好", "棒", "出色", "优秀", "精彩", "理想", "令人满意", "让人惊喜", "讨人喜欢", "迷人",
)  # fmt: skip
_BAD_ZH = (
    "差", "糟", "糟糕", "差劲", "拙劣", "平庸", "令人失望", "让人难受", "惹人讨厌", "乏味",
)  # fmt: skip
_HOW_MUCH_ZH = ("很", "非常", "真", "特别", "相当")
_DENIALS_ZH = (
    "{thing}并不{quality}",
    "{thing}一点也不{quality}",
    "{thing}算不上{quality}",
    "没有人会说{thing}{quality}",
)
_CONTRASTS_ZH = (
    "{aside}，但是{main}",
    "{aside}，不过{main}",
    "虽然{aside}，{main}",
    "{main}，尽管{aside}",
)


def load(name: str, split: str, seed: int = 0) -> Examples:
    """Generate one split: 2,000, 300 or 300 examples, half "pos", half "neg", no text twice in all splits."""
    make = SENTENCES[name]
    rng = random.Random(f"{name} {seed}")
    texts: dict[str, tuple[str, str]] = {}
    while len(texts) < sum(SPLITS.values()):
        label = ("neg", "pos")[len(texts) % 2]
        text = make(rng, label == "pos")
        texts.setdefault(normalised(text), (text, label))
    start = sum(SPLITS[other] for other in list(SPLITS)[: list(SPLITS).index(split)])
    rows = list(texts.values())[start : start + SPLITS[split]]
    rng.shuffle(rows)
    return Examples({"text": [text for text, _ in rows], "label": [label for _, label in rows]}, name, split)


def _english(rng: random.Random, good: bool) -> str:
    sentence = _sentence(rng, good, _THINGS, _english_clause, _CONTRASTS, "{one} and {other}", _english_both)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _english_clause(rng: random.Random, thing: str, good: bool) -> str:
    if rng.random() < 0.4:
        return rng.choice(_DENIALS).format(thing=thing, quality=rng.choice(_BAD if good else _GOOD))
    return f"the {thing} was {rng.choice(_HOW_MUCH)}{rng.choice(_GOOD if good else _BAD)}"


def _english_both(rng: random.Random, thing: str, good: bool) -> str:
    one, other = rng.sample(_GOOD if good else _BAD, 2)
    return f"the {thing} was not only {one} but also {other}"


def _chinese(rng: random.Random, good: bool) -> str:
    sentence = _sentence(
        rng, good, _THINGS_ZH, _chinese_clause, _CONTRASTS_ZH, "{one}，而且{other}", _chinese_both
    )
    return f"{sentence}。"


def _chinese_clause(rng: random.Random, thing: str, good: bool) -> str:
    if rng.random() < 0.4:
        return rng.choice(_DENIALS_ZH).format(thing=thing, quality=rng.choice(_BAD_ZH if good else _GOOD_ZH))
    return f"{thing}{rng.choice(_HOW_MUCH_ZH)}{rng.choice(_GOOD_ZH if good else _BAD_ZH)}"


def _chinese_both(rng: random.Random, thing: str, good: bool) -> str:
    one, other = rng.sample(_GOOD_ZH if good else _BAD_ZH, 2)
    return f"{thing}不仅{one}，而且{other}"


Clause = Callable[[random.Random, str, bool], str]


def _sentence(
    rng: random.Random,
    good: bool,
    things: tuple[str, ...],
    clause: Clause,
    contrasts: tuple[str, ...],
    agreement: str,
    both: Clause,
) -> str:
    """One clause, two that agree, or a main clause (which decides) against an aside of the other kind."""
    thing, second = rng.sample(things, 2)
    form = rng.random()
    if form < 0.25:
        return clause(rng, thing, good)
    if form < 0.35:
        return both(rng, thing, good)
    if form < 0.5:
        return agreement.format(one=clause(rng, thing, good), other=clause(rng, second, good))
    return rng.choice(contrasts).format(main=clause(rng, thing, good), aside=clause(rng, second, not good))


SENTENCES = {"builtin:opinions": _english, "builtin:opinions-zh": _chinese}
