"""What every character is to a tokenizer, and how it is folded: the one definition.

Two tables over all 0x110000 code points, written out as ranges instead of asked from `unicodedata`: its
tables differ from one Python version to the next and are not there in a TensorFlow graph, and the same
text must give the same ids in training, on a phone and in a SavedModel, this year and next.

Classes
    WORD      letters and digits of scripts that put spaces between words (Latin, Greek, Cyrillic, Hebrew,
              Arabic, Hindi, Hangul, ...); a run of them is one word. Also whatever no range below names.
    UNSPACED  letters of scripts that put none: Chinese, kana, Thai, Lao, Khmer, Burmese, ...
    SYMBOL    punctuation, signs, emoji: each stands alone.
    JOINER    apostrophes and their like: part of the word between two WORD characters (don't, l'eau, צה״ל),
              a SYMBOL elsewhere. The hyphen is a SYMBOL: well-known is three tokens.
    FLAG      regional indicators: two in a row are one flag.
    EXTEND    combining marks, zero-width joiner, skin tones: belong to the character before them;
              with none before them they are a SYMBOL.
    SPACE     white space, controls with NUL, private use, surrogates, unassigned planes, U+FFFD:
              between tokens.
    IGNORED   soft hyphen, variation selectors, direction marks, byte order mark, Arabic stretching:
              the text is read as if they were not there, so that U+2764 U+FE0F is the same heart as U+2764.

Folding maps one character to one character of the same class: the right apostrophe to the typewriter's (but
not where a text is to be written again as it was), and with `lowercase` the capitals of the scripts that have
them. Nothing is composed or decomposed: é as one code
point and é as e with a combining accent are different tokens, though neither is cut.

Reference: the properties of the Unicode Standard (https://www.unicode.org/charts/); the word rule is a short
relative of its Annex 29.
"""

import functools
import re

from keras_seq.errors import InputError

__all__ = [
    "CLASSES", "CODE_POINTS", "ZERO_WIDTH_JOINER",
    "SPACE", "IGNORED", "EXTEND", "SYMBOL", "JOINER", "FLAG", "UNSPACED", "WORD",
    "character_set", "class_of", "clean", "decode", "folding", "has_letter", "looks_unspaced",
    "single_spaced",
]  # fmt: skip

SPACE, IGNORED, EXTEND, SYMBOL, JOINER, FLAG, UNSPACED, WORD = range(8)

CODE_POINTS = 0x110000
ZERO_WIDTH_JOINER = "\u200d"  # glues emoji into one picture

# Later rows win over earlier ones.
_RANGES = [
    # --- scripts without spaces between words; their digits stay WORD
    (UNSPACED, "E01-E2F E30-E4E E81-EBD EC0-ECE EDC-EDF"),  # Thai, Lao
    (UNSPACED, "1000-103F 1050-108F 109A-109D A9E0-A9EF A9FA-A9FE AA60-AA7F"),  # Burmese
    (UNSPACED, "1780-17D3 17D7 17DC-17DD"),  # Khmer
    (UNSPACED, "1950-19CF 1A20-1A7F 1AA7 AA80-AADF"),  # Tai Le, New Tai Lue, Tai Tham, Tai Viet
    (UNSPACED, "1B00-1B4F A980-A9CF"),  # Balinese, Javanese
    (UNSPACED, "2E80-2FDF 3005-3007 3021-302F 3031-3035 3038-303C 3400-4DBF 4E00-9FFF F900-FAFF"),  # Han
    (UNSPACED, "3041-309F 30A1-30FF 31F0-31FF FF66-FF9F"),  # kana
    (UNSPACED, "3100-312F 31A0-31BF A000-A48F"),  # Bopomofo, Yi
    # Tangut, Nushu, old kana, the ideographs of planes 2 and 3
    (UNSPACED, "16FE0-18DFF 1AFF0-1B2FF 20000-3FFFF"),
    # --- punctuation and symbols
    # Latin; not the letters ª µ º
    (SYMBOL, "21-2F 3A-40 5B-60 7B-7E A1-A9 AB-AC AE-B1 B4 B6-B8 BB BF D7 F7"),
    (SYMBOL, "2C2-2C5 2D2-2DF 2E5-2EB 2ED 2EF-2FF 375 37E 384-385 387 3F6 482 55A-55F 589-58F"),
    # Hebrew, Arabic, Syriac
    (SYMBOL, "5BE 5C0 5C3 5C6 606-60F 61B 61D-61F 66A-66D 6D4 6DE 6E9 6FD-6FE 700-70D"),
    (SYMBOL, "7F6-7F9 7FE-7FF 830-83E 85E 888 964-965 970 9F2-9F3 9FA-9FB 9FD A76 AF0-AF1"),
    (SYMBOL, "B70 BF3-BFA C77 C7F C84 D4F D79 DF4 E3F E4F E5A-E5B"),
    (SYMBOL, "F01-F0A F0D-F17 F1A-F1F F34 F36 F38 F3A-F3D F85 FBE-FC5 FC7-FDA"),  # Tibetan
    (SYMBOL, "104A-104F 109E-109F 10FB 1360 1362-1368"),
    (SYMBOL, "1390-1399 1400 166D-166E 169B-169C 16EB-16ED 1735-1736"),
    (SYMBOL, "17D4-17D6 17D8-17DB 1800-180A 1940-1945 19DE-19FF 1A1E-1A1F 1AA0-1AA6 1AA8-1AAD"),
    (SYMBOL, "1B5A-1B6A 1B74-1B7E 1BFC-1BFF 1C3B-1C3F 1C7E-1C7F 1CC0-1CC7 1CD3"),
    (SYMBOL, "1FBD 1FBF-1FC1 1FCD-1FCF 1FDD-1FDF 1FED-1FEF 1FFD-1FFE"),  # Greek accents that stand alone
    # general punctuation, money
    (SYMBOL, "2010-2027 2030-205E 207A-207E 208A-208E 20A0-20CF 2100-214F 218A-218B"),
    (SYMBOL, "2190-2BFF 2CE5-2CEA 2CF9-2CFC 2CFE-2CFF 2D70 2E00-2E2E 2E30-2E7F"),  # arrows to dingbats
    (SYMBOL, "2FE0-2FFF 3001-3004 3008-3020 3030 3036-3037 303D-303F 309B-309C 30A0 30FB"),
    (SYMBOL, "3190-319F 31C0-31EF 3200-33FF 4DC0-4DFF A490-A4CF A4FE-A4FF A60D-A60F A673 A67E"),
    (SYMBOL, "A6F2-A716 A720-A721 A789-A78A A828-A82B A836-A839 A874-A877 A8CE-A8CF A8F8-A8FA A8FC"),
    (SYMBOL, "A92E-A92F A95F A9C1-A9CD A9DE-A9DF AA5C-AA5F AA77-AA79 AADE-AADF AAF0-AAF1"),
    (SYMBOL, "AB5B AB6A-AB6B ABEB FB29 FBB2-FBC2 FD3E-FD4F FDCF FDFC-FDFF FE10-FE19 FE30-FE6F"),
    (SYMBOL, "FF01-FF0F FF1A-FF20 FF3B-FF40 FF5B-FF65 FFE0-FFEE"),  # full and half width
    (SYMBOL, "11140-11143 1CF00-1D35F 1D800-1DAAF 1E95E-1E95F"),  # Chakma, music, sign writing, Adlam
    (SYMBOL, "1F000-1FFFF"),  # cards, emoji, pictographs, old computers
    # --- marks; those of rare scripts of plane 1 stay WORD, which keeps their words together too
    (EXTEND, "300-36F 483-489 591-5BD 5BF 5C1-5C2 5C4-5C5 5C7"),
    (EXTEND, "610-61A 64B-65F 670 6D6-6DC 6DF-6E4 6E7-6E8 6EA-6ED"),
    (EXTEND, "711 730-74A 7A6-7B0 7EB-7F3 7FD 816-819"),
    (EXTEND, "81B-823 825-827 829-82D 859-85B 898-89F 8CA-8E1 8E3-903"),
    (EXTEND, "93A-93C 93E-94F 951-957 962-963 981-983 9BC 9BE-9CD 9D7 9E2-9E3 9FE-A03 A3C-A51 A70-A71 A75"),
    (EXTEND, "A81-A83 ABC ABE-ACD AE2-AE3 AFA-B03 B3C B3E-B57 B62-B63 B82 BBE-BCD BD7 C00-C04 C3C C3E-C56"),
    (EXTEND, "C62-C63 C81-C83 CBC CBE-CD6 CE2-CE3 D00-D03"),
    (EXTEND, "D3B-D3C D3E-D4D D57 D62-D63 D81-D83 DCA-DDF DF2-DF3"),
    (EXTEND, "E31 E34-E3A E47-E4E EB1 EB4-EBC EC8-ECE F18-F19"),
    (EXTEND, "F35 F37 F39 F3E-F3F F71-F84 F86-F87 F8D-FBC FC6"),
    (EXTEND, "102B-103E 1056-1059 105E-1060 1062-1064 1067-106D"),
    (EXTEND, "1071-1074 1082-108D 108F 109A-109D 135D-135F"),
    (EXTEND, "1712-1715 1732-1734 1752-1753 1772-1773 17B4-17D3"),
    (EXTEND, "17DD 1885-1886 18A9 1920-193B 1A17-1A1B 1A55-1A7F"),
    (EXTEND, "1AB0-1B04 1B34-1B44 1B6B-1B73 1B80-1B82 1BA1-1BAD"),
    (EXTEND, "1BE6-1BF3 1C24-1C37 1CD0-1CD2 1CD4-1CE8 1CED"),
    (EXTEND, "1CF4 1CF7-1CF9 1DC0-1DFF 200D 20D0-20FF"),
    (EXTEND, "2CEF-2CF1 2D7F 2DE0-2DFF 302A-302F 3099-309A A66F-A672"),
    (EXTEND, "A674-A67D A69E-A69F A6F0-A6F1 A802 A806 A80B"),
    (EXTEND, "A823-A827 A82C A880-A881 A8B4-A8C5 A8E0-A8F1 A8FF"),
    (EXTEND, "A926-A92D A947-A953 A980-A983 A9B3-A9C0 A9E5"),
    (EXTEND, "AA29-AA36 AA43 AA4C-AA4D AA7B-AA7D AAB0 AAB2-AAB4"),
    (EXTEND, "AAB7-AAB8 AABE-AABF AAC1 AAEB-AAEF AAF5-AAF6 ABE3-ABEA ABEC-ABED FB1E FE20-FE2F FF9E-FF9F"),
    # skin tones, the letters of the flags of England, Scotland and Wales
    (EXTEND, "1F3FB-1F3FF E0020-E007F"),
    # --- the few that have a class of their own
    (FLAG, "1F1E6-1F1FF"),
    (JOINER, "27 2019 B7 5F3-5F4"),  # ' ’, the middle dot of Catalan, the quotes of Hebrew abbreviations
    # --- between tokens
    (SPACE, "0-20 7F-A0 1680 180E 2000-200B 2028-2029 202F 205F 2065 206A-206F 3000"),  # controls, spaces
    (SPACE, "F0B-F0C 1361"),  # what Tibetan and Ethiopic write instead of a space
    (SPACE, "115F-1160 3164 FFA0"),  # invisible Hangul fillers
    (SPACE, "2581"),  # subwords mark the start of a word with it
    (SPACE, "D800-F8FF FDD0-FDEF FFF0-FFFF"),  # surrogates, private use, noncharacters, U+FFFD
    (SPACE, "1FFFE-1FFFF 2FFFE-2FFFF 3FFFE-E001F E0080-E00FF E01F0-10FFFF"),
    # --- not seen at all
    (IGNORED, "AD 34F 61C 640 180B-180D 180F 200C"),
    (IGNORED, "200E-200F 202A-202E 2060-2064 2066-2069 FE00-FE0F FEFF E0100-E01EF"),
]  # fmt: skip

# first capital, last capital, step between capitals, distance to the small letter
_CAPITALS = [
    (0x41, 0x5A, 1, 32), (0xC0, 0xD6, 1, 32), (0xD8, 0xDE, 1, 32),  # ASCII, Latin-1
    (0x100, 0x12E, 2, 1), (0x130, 0x130, 1, -199),
    (0x132, 0x136, 2, 1), (0x139, 0x147, 2, 1),  # Latin Extended-A
    (0x14A, 0x176, 2, 1), (0x178, 0x178, 1, -121), (0x179, 0x17D, 2, 1),  # the dotted I becomes i
    (0x181, 0x181, 1, 210), (0x182, 0x184, 2, 1),
    (0x186, 0x186, 1, 206), (0x187, 0x187, 1, 1),  # Latin Extended-B
    (0x189, 0x18A, 1, 205), (0x18B, 0x18B, 1, 1), (0x18E, 0x18E, 1, 79), (0x18F, 0x18F, 1, 202),
    (0x190, 0x190, 1, 203), (0x191, 0x191, 1, 1), (0x193, 0x193, 1, 205), (0x194, 0x194, 1, 207),
    (0x196, 0x196, 1, 211), (0x197, 0x197, 1, 209), (0x198, 0x198, 1, 1), (0x19C, 0x19C, 1, 211),
    (0x19D, 0x19D, 1, 213), (0x19F, 0x19F, 1, 214), (0x1A0, 0x1A4, 2, 1), (0x1A7, 0x1A7, 1, 1),
    (0x1A9, 0x1A9, 1, 218), (0x1AC, 0x1AC, 1, 1), (0x1AE, 0x1AE, 1, 218), (0x1AF, 0x1AF, 1, 1),
    (0x1B1, 0x1B2, 1, 217), (0x1B3, 0x1B5, 2, 1), (0x1B7, 0x1B7, 1, 219), (0x1B8, 0x1B8, 1, 1),
    (0x1BC, 0x1BC, 1, 1), (0x1C4, 0x1C4, 1, 2),
    (0x1C5, 0x1C5, 1, 1), (0x1C7, 0x1C7, 1, 2), (0x1C8, 0x1C8, 1, 1),
    (0x1CA, 0x1CA, 1, 2), (0x1CB, 0x1DB, 2, 1),
    (0x1DE, 0x1EE, 2, 1), (0x1F1, 0x1F1, 1, 2), (0x1F2, 0x1F4, 2, 1),
    (0x1F6, 0x1F6, 1, -97), (0x1F7, 0x1F7, 1, -56), (0x1F8, 0x21E, 2, 1), (0x222, 0x232, 2, 1),
    (0x370, 0x372, 2, 1), (0x376, 0x376, 1, 1),
    (0x37F, 0x37F, 1, 116), (0x386, 0x386, 1, 38),  # Greek, Coptic
    (0x388, 0x38A, 1, 37), (0x38C, 0x38C, 1, 64), (0x38E, 0x38F, 1, 63), (0x391, 0x3A1, 1, 32),
    (0x3A3, 0x3AB, 1, 32), (0x3CF, 0x3CF, 1, 8), (0x3D8, 0x3EE, 2, 1), (0x2C80, 0x2CE2, 2, 1),
    (0x400, 0x40F, 1, 80), (0x410, 0x42F, 1, 32), (0x460, 0x480, 2, 1), (0x48A, 0x4BE, 2, 1),  # Cyrillic
    (0x4C0, 0x4C0, 1, 15), (0x4C1, 0x4CD, 2, 1), (0x4D0, 0x52E, 2, 1),
    (0x531, 0x556, 1, 48), (0x10A0, 0x10C5, 1, 7264), (0x1C90, 0x1CBA, 1, -3008), (0x1CBD, 0x1CBF, 1, -3008),
    (0x1E00, 0x1E94, 2, 1), (0x1E9E, 0x1E9E, 1, -7615), (0x1EA0, 0x1EFE, 2, 1),  # Latin Extended Additional
    (0x1F08, 0x1F0F, 1, -8), (0x1F18, 0x1F1D, 1, -8),
    (0x1F28, 0x1F2F, 1, -8), (0x1F38, 0x1F3F, 1, -8),  # Greek
    (0x1F48, 0x1F4D, 1, -8), (0x1F59, 0x1F5F, 2, -8),
    (0x1F68, 0x1F6F, 1, -8), (0x1F88, 0x1F8F, 1, -8),  # Extended
    (0x1F98, 0x1F9F, 1, -8), (0x1FA8, 0x1FAF, 1, -8), (0x1FB8, 0x1FB9, 1, -8), (0x1FBA, 0x1FBB, 1, -74),
    (0x1FBC, 0x1FBC, 1, -9), (0x1FC8, 0x1FCB, 1, -86), (0x1FCC, 0x1FCC, 1, -9), (0x1FD8, 0x1FD9, 1, -8),
    (0x1FDA, 0x1FDB, 1, -100), (0x1FE8, 0x1FE9, 1, -8), (0x1FEA, 0x1FEB, 1, -112), (0x1FEC, 0x1FEC, 1, -7),
    (0x1FF8, 0x1FF9, 1, -128), (0x1FFA, 0x1FFB, 1, -126), (0x1FFC, 0x1FFC, 1, -9),
    (0x2160, 0x216F, 1, 16), (0xA640, 0xA66C, 2, 1), (0xA680, 0xA69A, 2, 1), (0xFF21, 0xFF3A, 1, 32),
    (0x10400, 0x10427, 1, 40), (0x1E900, 0x1E921, 1, 34),  # Deseret, Adlam
]  # fmt: skip


def _class_table() -> bytes:
    table = bytearray([WORD]) * CODE_POINTS
    for character_class, ranges in _RANGES:
        for piece in ranges.split():
            first, _, last = piece.partition("-")
            first, last = int(first, 16), int(last or first, 16)
            table[first : last + 1] = bytes([character_class]) * (last - first + 1)
    return bytes(table)


CLASSES: bytes = _class_table()  # CLASSES[code point] -> class


def class_of(character: str) -> int:
    """The class of one character, for example `class_of("a") == WORD`."""
    return CLASSES[ord(character)]


def has_letter(text: str) -> bool:
    """Whether there is a letter in it, of any script."""
    return any(map(str.isalpha, text))


@functools.cache
def folding(lowercase: bool = True, apostrophes: bool = True) -> dict[int, int]:
    """Code point -> folded code point, for those that change. Do not alter the dict: it is shared."""
    table = {0x2019: 0x27} if apostrophes else {}
    if lowercase:
        for first, last, step, distance in _CAPITALS:
            table.update((code, code + distance) for code in range(first, last + 1, step))
    return table


@functools.cache
def character_set(*classes: int, below: int = CODE_POINTS) -> str:
    """The characters of these classes, up to a code point, as a regular expression's bracket."""
    runs = re.finditer(b"[" + re.escape(bytes(classes)) + b"]+", CLASSES[:below])
    ranges = "".join(f"\\U{run.start():08x}-\\U{run.end() - 1:08x}" for run in runs)
    return f"[{ranges}]" if ranges else "(?!)"


@functools.cache
def _cleaning(lowercase: bool, apostrophes: bool) -> dict[int, int | None]:
    ignored = re.finditer(bytes([IGNORED]), CLASSES)
    return folding(lowercase, apostrophes) | {one.start(): None for one in ignored}


def clean(text: str, lowercase: bool = True, apostrophes: bool = True) -> str:
    """The text as tokenizers read it: folded, and without the IGNORED characters.

    Args:
        text: any text.
        lowercase: fold capitals to small letters.
        apostrophes: fold the right apostrophe to the typewriter's.

    Example:
        >>> clean("Don\N{RIGHT SINGLE QUOTATION MARK}t CO\N{SOFT HYPHEN}OPERATE")
        "don't cooperate"
    """
    return text.translate(_cleaning(bool(lowercase), bool(apostrophes)))


def single_spaced(cleaned: str, space: str = " ") -> str:
    """The text with one space where there were SPACE characters, and none at its ends.

    Args:
        cleaned: what `clean` gives.
        space: what to write for a space.

    Example:
        >>> single_spaced("  a good\\n\\nfilm ")
        'a good film'
    """
    some, unusual = _spaces(0x80 if cleaned.isascii() else CODE_POINTS)
    if unusual.search(cleaned):
        cleaned = some.sub(" ", cleaned)
    return cleaned.strip(" ").replace(" ", space)


@functools.cache
def _spaces(below: int) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Spaces of any kind and number, and what is not a single plain one."""
    spaces = character_set(SPACE, below=below)
    return re.compile(f"{spaces}+"), re.compile(f"(?! ){spaces}|  ")


def decode(text: str | bytes) -> str:
    """Text as it is; bytes as UTF-8, with U+FFFD (a SPACE) in place of what is malformed."""
    if isinstance(text, str):
        return text
    if isinstance(text, (bytes, bytearray)):
        return text.decode("utf-8", errors="replace")
    raise InputError(f"A text must be a str or UTF-8 bytes.\nReceived: {text!r:.80} ({type(text).__name__})")


def looks_unspaced(text: str | bytes, share: float = 0.5) -> bool:
    """Whether most letters of the text are of a script without spaces (Chinese, Japanese, Thai, ...).

    Such text works with every tokenizer: words gives each letter as a token, exactly as characters does, and
    keeps the English words and numbers between them whole. What "characters" does better is to stay small
    where both kinds mix; "subwords" also finds the words of several letters.

    Args:
        text: any text; a few hundred characters are enough to tell.
        share: how much of the letters must be of such a script, a fraction of 1.

    Example:
        >>> looks_unspaced("这部电影很好看"), looks_unspaced("a good film")
        (True, False)
    """
    counts = [0] * 8
    for code in map(ord, decode(text)):
        counts[CLASSES[code]] += 1
    return counts[UNSPACED] > share * (counts[UNSPACED] + counts[WORD])
