"""How people write dates, by language: the patterns of CLDR, and what is heard beside them.

A pattern is written as in CLDR: d day, M month in numbers, MMM and MMMM its name, y year, EEE and EEEE day of
the week, text between quotation marks. {th} and {er} are the endings of English and French ordinals.

What is left out, and why:
- Years of two digits: 21/11/26 is 1926 or 2026, and in some places 2021.
- Croatian: its listopad is October, that of Poles and Czechs is November; so with lip and srp.
- Thai years without ค.ศ. (of our era): they may as well be Buddhist.
"""

ISO = ("y-MM-dd",)
_DOTS = ("dd.MM.y", "d.M.y")
_SLASHES = ("dd/MM/y", "d/M/y")

PATTERNS = {
    "en": (
        "MMMM d, y", "MMMM d, y", "d MMMM y", "MMM d, y", "d MMM y", "d-MMM-y", "MMMM d'{th}', y",
        "'the' d'{th}' 'of' MMMM y", "EEEE, MMMM d, y", "EEEE, d MMMM y", "EEE, MMM d, y", "EEE d MMM y",
        "M/d/y", "MM/dd/y", *_SLASHES,
    ),
    "de": ("d. MMMM y", "EEEE, d. MMMM y", "EEEE, 'den' d. MMMM y", "d. MMM y", "EEE d.M.y", *_DOTS),
    "fr": ("d'{er}' MMMM y", "EEEE d'{er}' MMMM y", "'le' d'{er}' MMMM y", "d MMM y", *_SLASHES),
    "es": ("d 'de' MMMM 'de' y", "EEEE, d 'de' MMMM 'de' y", "d 'de' MMMM 'del' y", "d MMM y", *_SLASHES),
    "it": ("d MMMM y", "EEEE d MMMM y", "d MMM y", *_SLASHES),
    "pt": ("d 'de' MMMM 'de' y", "EEEE, d 'de' MMMM 'de' y", "d 'de' MMM 'de' y", *_SLASHES),
    "nl": ("d MMMM y", "EEEE d MMMM y", "d MMM y", "dd-MM-y", "d-M-y"),
    "sv": ("d MMMM y", "EEEE 'den' d MMMM y", "'den' d MMMM y", "d MMM y"),
    "da": ("d. MMMM y", "EEEE 'den' d. MMMM y", "d. MMM y", "dd.MM.y"),
    "nb": ("d. MMMM y", "EEEE d. MMMM y", "d. MMM y", "dd.MM.y"),
    "fi": ("d. MMMM y", "EEEE d. MMMM y", "d.M.y"),
    "et": ("d. MMMM y", "EEEE, d. MMMM y", "d. MMM y", "dd.MM.y"),
    "lv": ("y. 'gada' d. MMMM", "EEEE, y. 'gada' d. MMMM", "y. 'gada' d. MMM", "dd.MM.y"),
    "lt": ("y 'm'. MMMM d 'd'.", "y 'm'. MMMM d 'd'., EEEE", "y-MM-dd"),
    "pl": ("d MMMM y", "EEEE, d MMMM y", "d MMMM y 'r'.", "d MMM y", "dd.MM.y"),
    "cs": ("d. MMMM y", "EEEE d. MMMM y", "d. M. y"),
    "sk": ("d. MMMM y", "EEEE d. MMMM y", "d. M. y"),
    "sl": ("d. MMMM y", "EEEE, d. MMMM y", "d. MMM y", "d. M. y"),
    "hu": ("y. MMMM d.", "y. MMMM d., EEEE", "y. MMM d.", "y. MM. dd."),
    "ro": ("d MMMM y", "EEEE, d MMMM y", "d MMM y", "dd.MM.y"),
    "bg": ("d MMMM y 'г'.", "EEEE, d MMMM y 'г'.", "d.MM.y 'г'."),
    "ru": ("d MMMM y", "d MMMM y 'г'.", "EEEE, d MMMM y 'г'.", "d MMM y", "dd.MM.y"),
    "uk": ("d MMMM y 'р'.", "EEEE, d MMMM y 'р'.", "d MMMM y 'року'", "d MMM y 'р'.", "dd.MM.y"),
    "el": ("d MMMM y", "EEEE d MMMM y", "d MMM y", "d/M/y"),
    "tr": ("d MMMM y", "d MMMM y EEEE", "d MMM y", *_DOTS),
    "id": ("d MMMM y", "EEEE, d MMMM y", "d MMM y", "dd/MM/y"),
    "vi": ("'ngày' d MMMM 'năm' y", "d MMMM, y", "EEEE, 'ngày' d MMMM 'năm' y", "d/M/y"),
    "zh_Hans": ("y年M月d日", "y年M月d日", "y年M月d日EEEE", "y年M月d号", "y年M月d号EEE", "y/M/d", "y.M.d"),
    "zh_Hant": ("y年M月d日", "y年M月d日 EEEE", "y年M月d日（EEE）", "y/M/d"),
    "ja": ("y年M月d日", "y年M月d日EEEE", "y年M月d日(EEE)", "y/MM/dd"),
    "ko": ("y년 M월 d일", "y년 M월 d일 EEEE", "y년 M월 d일 (EEE)", "y. M. d."),
    "ar": ("d MMMM y", "EEEE، d MMMM y", "d MMMM، y"),
    "fa": ("d MMMM y", "EEEE d MMMM y", "d MMM y"),
    "he": ("d 'ב'MMMM y", "EEEE, d 'ב'MMMM y", "d 'ב'MMM y", "d.M.y"),
    "hi": ("d MMMM y", "EEEE, d MMMM y", "d MMM y"),
    "th": ("d MMMM 'ค.ศ.' y", "EEEE'ที่' d MMMM 'ค.ศ.' y", "d MMM 'ค.ศ.' y"),
}  # fmt: skip

# Digits of a language's own, from 0 to 9; a part of its dates is written with them. Chinese ones say the
# number: 二十一.
DIGITS = {
    "ar": "٠١٢٣٤٥٦٧٨٩",
    "fa": "۰۱۲۳۴۵۶۷۸۹",
    "hi": "०१२३४५६७८९",
    "th": "๐๑๒๓๔๕๖๗๘๙",
    "zh_Hans": "〇一二三四五六七八九",
    "zh_Hant": "〇一二三四五六七八九",
}

# Python's capitals are not theirs: the Turkish i has a dot on its capital, Greek capitals have no accents.
NO_CAPITALS = ("tr", "el")
