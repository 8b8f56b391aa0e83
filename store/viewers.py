"""For whom a task works with the database: the second wall's own notion of who looks (decision 40).

It travels with the task (a context variable), not with the arguments: whoever forgets it works for nobody, and sees
nothing of any clinic.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Viewer:
    """What the database shows: of one clinic (its number), of all (`everything`), or of none; and single patients.

    Attributes:
        by_team: of the clinic itself only what is of no patient; `patients` are all that are seen of it.
        patients: seen in any case.
    """

    clinic_id: int | None = None
    everything: bool = False
    by_team: bool = False
    patients: frozenset[int] = frozenset()

    @property
    def settings(self) -> tuple[str, str, str]:
        """As the policies read it, in `homehd.clinic`, `homehd.team` and `homehd.patients`."""
        if self.everything:
            return "all", "", ""
        clinic = "" if self.clinic_id is None else str(self.clinic_id)
        patients = ",".join(map(str, sorted(self.patients)))
        return ("", clinic, patients) if self.by_team else (clinic, "", patients)


NOBODY: Final = Viewer()
EVERYTHING: Final = Viewer(everything=True)

_viewer: ContextVar[Viewer] = ContextVar("viewer", default=NOBODY)


def current() -> Viewer:
    """For whom this task works."""
    return _viewer.get()


def work_for(viewer: Viewer) -> None:
    """From now on, to the end of this task."""
    _viewer.set(viewer)


@contextmanager
def working_for(viewer: Viewer) -> Iterator[None]:
    """Within the block, and in tasks that are begun there."""
    token = _viewer.set(viewer)
    try:
        yield
    finally:
        _viewer.reset(token)
