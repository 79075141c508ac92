"""What every view can do: show itself in a terminal, a notebook, an HTML page and a PNG file."""

import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["View", "listed"]


class View:
    """Something to look at; a subclass holds what, and each way to draw knows all of them."""

    def terminal(self, dark: bool | None = None):
        """A rich renderable: `rich.print(view.terminal())`; it does with what colours the terminal has.

        Args:
            dark: whether the terminal's background is dark; None asks COLORFGBG and else believes so.
        """
        from keras_seq.viz.terminal import terminal_view

        return terminal_view(self, dark)

    def html(self) -> str:
        """A self-contained HTML fragment; follows the reader's light or dark mode."""
        from keras_seq.viz.markup import fragment

        return fragment(self)

    def png(self, path: str | os.PathLike) -> Path:
        """Writes the picture as a PNG file and returns its path.

        Raises:
            InputError: matplotlib is not installed, or the file cannot be written.
        """
        from keras_seq.viz.files import store
        from keras_seq.viz.picture import png

        return store(png([self]), path)

    def _repr_html_(self) -> str:
        return self.html()


def listed(views: View | Sequence[View]) -> list[View]:
    """One view or several, as a list."""
    return [views] if isinstance(views, View) else list(views)
