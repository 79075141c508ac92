"""What every character is, and how it is folded, in a TensorFlow graph: the twin of `text.characters`."""

import numpy as np
import tensorflow as tf

from keras_seq.text.characters import CLASSES, CODE_POINTS, folding

__all__ = ["GraphCharacters"]

_PAGE = 256  # code points


class GraphCharacters:
    """The tables of `keras_seq.text.characters` as constants of a graph.

    Args:
        lowercase: fold capitals to small letters too.
        apostrophes: fold the right apostrophe to the typewriter's.

    Call arguments:
        codes: code points, int32 `(N,)`.

    Returns:
        their classes and their folded code points, int32 `(N,)` each.
    """

    def __init__(self, lowercase: bool, apostrophes: bool = True):
        classes = np.frombuffer(CLASSES, np.uint8).astype(np.int32)
        shifts = np.zeros(CODE_POINTS, np.int32)
        for code, small in folding(lowercase, apostrophes).items():
            shifts[code] = small - code
        # In pages of code points, equal pages stored once; first, which page.
        both = np.stack([classes.reshape(-1, _PAGE), shifts.reshape(-1, _PAGE)], axis=1)
        different: dict[bytes, int] = {}
        pages = [different.setdefault(page.tobytes(), len(different)) for page in both]
        tables = np.frombuffer(b"".join(different), np.int32).reshape(-1, 2, _PAGE)
        self._pages = np.array(pages, np.int32)
        self._classes, self._shifts = tables[:, 0].reshape(-1), tables[:, 1].reshape(-1)

    def __call__(self, codes):
        place = tf.gather(tf.constant(self._pages), codes // _PAGE) * _PAGE + codes % _PAGE
        return (
            tf.gather(tf.constant(self._classes), place),
            codes + tf.gather(tf.constant(self._shifts), place),
        )
