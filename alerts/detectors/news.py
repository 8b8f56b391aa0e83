"""Whether what is known of a patient has changed since the last judgement, for detectors that judge only now and then.

Part of the snapshot: after a restart a judgement stands as it would have stood, unless something was changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from alerts.detectors.base import Bools
from alerts.inputs import Rows
from alerts.table import Field, Table


class News:
    """`known`: the fields of the detector that follow from the context."""

    def __init__(self, name: str, known: Sequence[Field]) -> None:
        self._known = tuple(field.name for field in known)
        self._field = f"{name}.news"
        self.fields: tuple[Field, ...] = (Field(self._field, "?", False),)

    def has(self, table: Table, at: Rows) -> Bools:
        """[n]."""
        return np.asarray(table[self._field][at])

    def judged(self, table: Table, at: Rows) -> None:
        """These have been judged by what is known now."""
        table[self._field][at] = False

    def take_up(self, table: Table, row: int, change: Callable[[], None]) -> None:
        """Let the detector put down what is known, and see whether that is new."""
        before = self._all(table, row)
        change()
        if self._all(table, row) != before:
            table[self._field][row] = True

    def _all(self, table: Table, row: int) -> bytes:
        # As bytes: what is not known is NaN, and like itself.
        return b"".join(table[name][row].tobytes() for name in self._known)
