"""Speeds of several contenders, as tables of Markdown."""

import statistics

__all__ = ["Speeds", "print_head", "print_row"]


class Speeds:
    """Words a second of several contenders, round by round, by the clock and by processor time.

    Args:
        names: of the contenders.
        beside: the name of the one that the others are compared with.
    """

    def __init__(self, names, beside: str):
        self.rounds = {name: [] for name in names}
        self.beside = beside

    def add(self, name: str, words: int, clock: float, processor: float) -> None:
        self.rounds[name].append((words / clock, words / processor))

    def row(self, name: str, sentences_a_word: float | None = None) -> list[str]:
        """Medians and, beside the other, medians of ratios within a round; a dash where there is none.

        Words a second, sentences a second if asked for, the ratio; the same by processor time.
        """
        beside = self.rounds.get(self.beside)
        cells = []
        for measure in (0, 1):
            own = [each[measure] for each in self.rounds[name]]
            cells.append(f"{statistics.median(own):,.0f}")
            if measure == 0 and sentences_a_word is not None:
                cells.append(f"{statistics.median(own) * sentences_a_word:,.0f}")
            if beside is None:
                cells.append("–")
                continue
            pairs = zip(own, (each[measure] for each in beside), strict=True)
            cells.append(f"{statistics.median(one / other for one, other in pairs):.2f}")
        return cells


def print_row(*cells: str) -> None:
    print("|", " | ".join(cells), "|", flush=True)


def print_head(*cells: str) -> None:
    print()
    print_row(*cells)
    print("|---" * len(cells) + "|", flush=True)
