"""An export that does not do what its model does."""

__all__ = ["ExportError"]


class ExportError(RuntimeError):
    """The model cannot be converted, or the exported file failed its check; nothing was exported."""
