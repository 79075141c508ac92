"""Metrics of a translator, from texts as people read them."""

from bisect import bisect_left
from collections.abc import Sequence

from keras_seq.errors import InputError

__all__ = ["EDGES", "bleu_by_length", "translation_scores", "translation_signature"]

EDGES = (5, 10, 15, 20, 25, 30, 40, 50)  # tokens of a source: the last of each bucket

# 13a cuts words at spaces; these are written without.
_UNSPACED = {"ja", "th", "lo", "km", "my"}
_CHINESE = {"zh", "zho", "chi", "cmn", "yue", "wuu", "lzh"}


def translation_scores(
    references: Sequence[str], translations: Sequence[str], language: str | None = None
) -> dict[str, float]:
    """BLEU, chrF and exact match of translations.

        bleu        = corpus BLEU of sacreBLEU, 0-100
        chrf        = chrF2 of sacreBLEU, 0-100: F of letter n-grams, recall counted twice
        exact_match = translations that equal their reference / translations, white space aside

    BLEU counts n-grams of up to four tokens, so it is 0 where no reference has as many, as single words.

    Args:
        references: one for each sentence, not tokenized.
        translations: as many, not tokenized either.
        language: of both, "de" or "zh-CN" or the like: it decides what a token is, as
            `translation_signature` says.

    Returns:
        `{"bleu", "chrf", "exact_match"}`.

    Raises:
        ValueError: no sentences, or not as many translations as references.
        InputError: sacrebleu is not installed.

    Example:

    >>> scores = translation_scores(["Der Hund bellt laut.", "Ja!"], ["Der Hund bellt laut.", "Nein!"], "de")
    >>> {name: round(score, 3) for name, score in scores.items()}
    {'bleu': 90.999, 'chrf': 94.487, 'exact_match': 0.5}

    Reference: Papineni et al. (2002), BLEU; Popović (2015), chrF; Post (2018), A Call for Clarity in
        Reporting BLEU Scores, whose sacreBLEU (https://github.com/mjpost/sacrebleu) counts here.
    """
    _check(references, translations)
    bleu, chrf = _judges(language)
    pairs = zip(references, translations, strict=True)
    equal = [reference.split() == translation.split() for reference, translation in pairs]
    return {
        "bleu": float(bleu.corpus_score(translations, [references]).score),
        "chrf": float(chrf.corpus_score(translations, [references]).score),
        "exact_match": sum(equal) / len(equal),
    }


def translation_signature(language: str | None = None) -> dict[str, str]:
    """What each of `translation_scores` is, with the signatures of sacreBLEU, to stand beside the numbers.

    Tokens of BLEU: "zh" for Chinese (a character each, words of other scripts whole), "char" for other
    languages written without spaces (ja, th, lo, km, my), "13a", that of WMT, for all else.

    Raises:
        InputError: sacrebleu is not installed.

    Example:

    >>> translation_signature("zh")["bleu"].split("|")[:4]
    ['nrefs:1', 'case:mixed', 'eff:no', 'tok:zh']
    """
    bleu, chrf = _judges(language)
    for judge in (bleu, chrf):  # they know the number of references only once they have judged
        judge.corpus_score([""], [[""]])
    return {
        "bleu": str(bleu.get_signature()),
        "chrf": str(chrf.get_signature()),
        "exact_match": "fraction of translations that equal the reference, white space aside",
    }


def bleu_by_length(
    references: Sequence[str],
    translations: Sequence[str],
    lengths: Sequence[int],
    language: str | None = None,
    edges: Sequence[int] = EDGES,
) -> list[dict[str, float]]:
    """Corpus BLEU of short, longer and long sentences apart.

    Args:
        references, translations, language: as in `translation_scores`.
        lengths: of the sources, in tokens.
        edges: the greatest length of each bucket, growing; behind the last is one more bucket.

    Returns:
        For each bucket that has sentences `{"shortest", "longest", "sentences", "bleu"}`: the lengths that
        are in it, how many, and their BLEU.

    Raises:
        ValueError: lists of different length; edges that do not grow.
        InputError: sacrebleu is not installed.

    Example:

    >>> texts = ["a b c d", "a b c d e f"]
    >>> rows = bleu_by_length(texts, ["a b c d", "f"], [4, 6])
    >>> [(row["shortest"], row["longest"], row["sentences"], round(row["bleu"])) for row in rows]
    [(4, 4, 1, 100), (6, 6, 1, 0)]

    Reference: Bahdanau et al. (2015), Neural Machine Translation by Jointly Learning to Align and Translate,
        figure 2.
    """
    _check(references, translations)
    if len(lengths) != len(references):
        raise ValueError(
            f"Each sentence has one length. Received: {len(references)} references and {len(lengths)} lengths"
        )
    if any(one >= other for one, other in zip(edges, edges[1:], strict=False)):
        raise ValueError(f"The edges of buckets grow. Received: edges={tuple(edges)}")
    bleu, _ = _judges(language)
    buckets: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        buckets.setdefault(bisect_left(edges, length), []).append(place)
    rows = []
    for _, places in sorted(buckets.items()):
        score = bleu.corpus_score([translations[i] for i in places], [[references[i] for i in places]])
        rows.append(
            {
                "shortest": int(min(lengths[i] for i in places)),
                "longest": int(max(lengths[i] for i in places)),
                "sentences": len(places),
                "bleu": float(score.score),
            }
        )
    return rows


def _judges(language):
    """sacreBLEU's BLEU and chrF for a language."""
    try:
        from sacrebleu.metrics import BLEU, CHRF
    except ImportError:
        raise InputError(
            "BLEU and chrF are counted by the package sacrebleu, which is not installed.\n"
            "Install it: pip install 'keras_seq[translation]'"
        ) from None
    return BLEU(tokenize=_cut_by(language)), CHRF()


def _cut_by(language) -> str:
    """sacreBLEU's name of the tokenizer for a language."""
    name = (language or "").replace("_", "-").split("-")[0].lower()
    if name in _CHINESE:
        return "zh"
    return "char" if name in _UNSPACED else "13a"


def _check(references, translations):
    if len(references) != len(translations):
        raise ValueError(
            "Each reference has one translation. "
            f"Received: {len(references)} references and {len(translations)} translations"
        )
    if not len(references):
        raise ValueError("Nothing to score: there is no sentence.")
