"""Lines that are hard to tokenize, the same ones on every run. For text and its graph twin."""

import random

SENTENCES = [
    "The acting isn't bad, but the plot -- well, don't ask!",
    "“It’s O’Neill’s best film,” she said; rock 'n' roll 4ever.",
    "I'd give it 8.5/10, or 85%... mail me: a.b_c@d-e.org #film",
    "NAÏVE café, déjà-vu; l'eau, l’été, aujourd'hui.",
    "Ein großartiger Film über Größe, Übermut und ÄRGER – 2½ Stunden!",
    "Das ist's: „Straßenbahn“, GRÜẞE, Donaudampfschifffahrt.",
    "这部电影真的很好看，我看了3遍！Bravo《开始》。",
    "導演的手法很細膩，𠮷野家也出現了。",
    "この映画はとても良かったです。コーヒーを飲みながらﾃﾞｨｽｸで見た。",
    "이 영화는 정말 재미있어요! ㅋㅋㅋ 최고예요.",
    "หนังเรื่องนี้สนุกมาก น้ำตาไหลเลย ๕๕๕",
    "ຮູບເງົາດີຫຼາຍ ភាពយន្តនេះល្អណាស់ ဒီရုပ်ရှင်က ကောင်းတယ်။",
    "هٰذَا الفِيلْمُ جَمِيــلٌ جِدًّا، أليسَ كذلك؟ ١٢٣",
    "این فیلم را می‌خواهم دوباره ببینم.",
    "הסרט נהדר! צה״ל, ג׳ירפה, שָׁלוֹם־עליכם",
    "यह फ़िल्म बहुत अच्छी है। क्‍या बात है! १२३",
    "இந்தப் படம் மிகவும் நன்றாக இருந்தது.",
    "Фильм ОЧЕНЬ хороший, Ёлка й и́мя ѢЖ.",
    "Η ταινία ήταν ΥΠΈΡΟΧΗ, Ἀθῆναι ᾼ ΟΔΟΣ.",
    "İstanbul'da ILIK bir FİLM izledim, ŞĞÇ.",
    "Pel·lícula col·lectiva · Ŀ ŀ; Phở Việt Nam tiếng VIỆT.",
    "Տեսա ֆիլմը, ԱՅՈ։ ფილმი ᲙᲐᲠᲒᲘ ፊልሙ፡ጥሩ፡ነው። བཀྲ་ཤིས་བདེ་ལེགས།",
    "Great 👍🏽👩‍💻👨‍👩‍👧‍👦❤️‍🔥❤ ☺️ 🇩🇪🇫🇷🇯",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣ 🏿 :-) ^_^",
    "Ｆｕｌｌ　Ｗｉｄｔｈ！ ℃ ™ Ⅳ ² ½ ℌ 𝓵𝓸𝓿𝓮 ﬁlm Ω K",
    "soft\u00adhyphen zero\u200bwidth no\u00a0break\ufeff \u202eright\u202c",
    "to\u2028line\u2029par\x85next\x0bvt\x00nul",
    "",
    " ",
    "\t\r\n \u3000\ufeff\u00ad",
    "[PAD] [UNK] ▁ ▁a a▁b <unk> <br /><br />",
    "''' ’’ 'a' a'' a'b'c a' 'b a'\u0301b a\u0301'b a'\u00adb",
    "\u0301\u0302 \u0301a \u200d \u200d😀 😀\u200d\u200d😀 😀\u200da a\u200d😀 !\u200d? '\u200d'",
    "好\u200d好 🇩\u0301🇪 🇩\u200d🇪",
]

BORDERLINE = [
    *"aZéßẞİıſ0²'’·״.-_!？，好の가กำ😀👩💻❤🇩🇪🇫",
    *" \n\t\x00\x7f\u00a0\u00ad\u034f\u0301\u0640\u064b\u093f\u0e31",
    *"\u200b\u200c\u200d\u200e\u2028\u2581\u3000\u3099",
    *"\ufe0f\ufeff\uff9e\ufffd\uffff\ue000\U0001f3fd\U000e0067\U000e007f\U000e0100\U0002a6d7\U0010ffff",
    "\u200d", "'", " ", " ", "\ud800", "\udc00",
]  # fmt: skip

MALFORMED = [
    b"\x80", b"\xbf\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc3", b"\xe2\x82", b"\xe2\x28\xa1", b"\xe0\x80\xaf",
    b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80", b"\xf0\x9f\x98",
    b"\xf0\x9f", b"\xf0", b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80",
    b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xfe", b"\xff", b"\xfe\xff\x00a",
    b"\xff\xfea\x00", b"\xef\xbb\xbf", b"\xef\xbb", b"\xef\xbf\xbf",
]  # fmt: skip


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogatepass")


def hard_lines() -> list[bytes]:
    """Some 5,000 lines of UTF-8, well-formed and not."""
    chance = random.Random(20)
    lines = [as_bytes(sentence) for sentence in SENTENCES]
    words = [word for sentence in SENTENCES for word in sentence.split(" ")]
    for _ in range(1000):  # languages mixed, words cut and glued
        some = chance.choices(words, k=chance.randint(1, 20))
        gaps = chance.choices(["", " ", " ", "  ", "\n", "'"], k=len(some))
        lines.append(as_bytes("".join(map("".join, zip(some, gaps, strict=True)))))
    for _ in range(1500):  # what a border can stand on
        lines.append(as_bytes("".join(chance.choices(BORDERLINE, k=chance.randint(1, 16)))))
    for plane in range(17):
        for _ in range(40):
            points = [plane * 0x10000 + chance.randrange(0x10000) for _ in range(chance.randint(1, 12))]
            gaps = chance.choices(["", "", "a", " "], k=len(points))
            lines.append(as_bytes("".join(chr(point) + gap for point, gap in zip(points, gaps, strict=True))))
    for _ in range(500):
        lines.append(chance.randbytes(chance.randint(1, 20)))
    for _ in range(500):
        around = [b"a", b" ", b"'", "é".encode(), "好".encode()]
        lines.append(b"".join(chance.choices(MALFORMED + around, k=chance.randint(1, 8))))
    for _ in range(700):  # good text that was hurt: a byte lost, changed, or the end cut off
        line = bytearray(as_bytes(chance.choice(SENTENCES[:25])))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(line))
            if chance.random() < 0.5:
                del line[place]
            else:
                line[place] = chance.randrange(256)
        lines.append(bytes(line[: chance.randint(0, len(line))]))
    return lines


def long_lines() -> list[bytes]:
    """A few lines that go on and on: many words, one word, one mark after another."""
    chance = random.Random(21)
    words = [word for sentence in SENTENCES for word in sentence.split(" ")]
    return [
        as_bytes(" ".join(chance.choices(words, k=3_000))),
        b"a" * 30_000,
        as_bytes("好的" * 10_000),
        as_bytes("e" + "\u0301" * 10_000),
        as_bytes("🇩" * 10_001),
        as_bytes("👩\u200d" * 5_000),
        b"a'" * 10_000,
        b"\xff" * 10_000,
    ]
