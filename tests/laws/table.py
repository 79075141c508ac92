"""The one table of layers: each public layer with its arguments and inputs, gathered from tests/laws/rows.

A new layer gets a row in the file of its room.
"""

import importlib
import pkgutil

from keras_seq.testing import Case
from tests.laws import rows

CASES: dict[str, Case] = {}
for _room in pkgutil.iter_modules(rows.__path__):
    CASES |= importlib.import_module(f"{rows.__name__}.{_room.name}").ROWS

WITHOUT_A_ROW: dict[str, str] = {
    "BahdanauCell": "a step: it obeys the laws inside AttentionRNN",
    "LuongCell": "a step: it obeys the laws inside AttentionRNN",
}
"""Public layers that have no row, each with its reason."""
