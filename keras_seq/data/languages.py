"""Which of the languages at hand is translated from, and which into."""

from collections.abc import Mapping, Sequence

from keras_seq.data.columns import recognise
from keras_seq.data.examples import Task
from keras_seq.errors import InputError

# What a column or key of sentences is called for its language: codes of ISO 639 (but not "id" and "no", which
# are numbers more often), English and Chinese names.
NAMES = frozenset((
    "ar", "be", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr",
    "ga", "gl", "gu", "he", "hi", "hr", "hu", "is", "it", "ja", "ka", "kk", "km", "ko", "lt",
    "lv", "mk", "mr", "ms", "nb", "ne", "nl", "nn", "pl", "ps", "pt", "ro", "ru", "si", "sk",
    "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "vi", "yue", "zh", "ara", "ces",
    "cmn", "deu", "eng", "fra", "heb", "hin", "ita", "jpn", "kor", "nld", "pol", "por", "rus", "spa",
    "swe", "tur", "ukr", "vie", "zho", "arabic", "chinese", "czech", "dutch", "english", "french",
    "german", "hindi", "italian", "japanese", "korean", "mandarin", "polish", "portuguese", "russian",
    "spanish", "swedish", "turkish", "ukrainian", "英文", "英语", "中文", "汉语", "德文", "德语",
    "法文", "法语", "日文", "日语", "韩语", "俄语", "西班牙语",
))  # fmt: skip


def is_language(name: str) -> bool:
    """Whether a name is that of a language, with or without a region: "zh", "zh-CN", "pt_BR", "English"."""
    return name.strip().casefold().replace("_", "-").partition("-")[0] in NAMES


def choose_languages(
    task: Task,
    wanted: Sequence[str],
    names: Sequence[str],
    chosen: Mapping[str, str | None],
    where: str,
    order: Sequence[str] = (),
    what: str = "language",
) -> dict[str, str]:
    """Find source and target among the languages at hand.

    Args:
        task: translation, whose columns are source and target.
        wanted: the columns that are to be found: both, or the source alone.
        names: the languages, as the data call them.
        chosen: the names a person gave, by column of the task; None or absent where the person gave none.
        where: what has these languages, as the error names it.
        order: source and target where nobody chose; empty where the data have no order.
        what: what `names` are names of.

    Returns:
        wanted column -> one of `names`.

    Raises:
        InputError: a given name is not there (those that are there are said), both are the same, or it is
            open which is which.
    """
    found = {column: str(chosen[column]) for column in task.columns if chosen.get(column) is not None}
    there = f"There are: {', '.join(names) or 'none'}."
    for column, name in found.items():
        if name not in names:
            raise InputError(f"{where}: there is no {what} {name!r}, as {task.flag(column)} says. {there}")
    if len(set(found.values())) < len(found):
        same = next(iter(found.values()))
        raise InputError(f"{where}: source and target are the same {what}. Received: {same!r}. {there}")
    others = [name for name in names if name not in found.values()]
    open_columns = [column for column in task.columns if column not in found]
    if not found:
        found = dict(zip(task.columns, order, strict=False))
    elif len(open_columns) == len(others) == 1:
        found[open_columns[0]] = others[0]  # the one that is left over
    if not set(wanted) <= set(found):
        raise InputError(
            f"{where}: it is open which {what} is the source and which the target. {there}\n"
            f"Say it with {flags_of(task)}."
        )
    return {column: found[column] for column in wanted}


def own_order(task: Task, wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    """Source and target among named columns or keys, where nobody chose.

    Those that are called so; else the two that are called for a language; else the two that there are.
    Empty where none of this holds.
    """
    called = [name for name in (recognise(column, task, names) for column in wanted) if name]
    if len(called) == len(wanted):
        return called
    spoken = [name for name in names if is_language(name)]
    enough = (len(task.columns), len(wanted))
    return next((list(some) for some in (spoken, names) if len(some) in enough), [])


def direction_notes(
    task: Task, found: Mapping[str, str], chosen: Mapping[str, str | None]
) -> tuple[str, ...]:
    """The note that says which way is translated, where the data alone decided it."""
    said = any(given is not None for given in chosen.values())
    if (
        said
        or len(found) < len(task.columns)
        or all(recognise(column, task, [found[column]]) for column in found)
    ):
        return ()
    source, target = found.values()
    return (f"translated from {source!r} into {target!r}; the other way round with {flags_of(task)}",)


def flags_of(task: Task) -> str:
    """The command line's words for the choice of both: "--source-language and --target-language"."""
    return " and ".join(map(task.flag, task.columns))
