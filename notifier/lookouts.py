"""Looks at what is wrong with the system, each for itself: one that fails hides nothing of what the others find."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from notifier import troubles
from notifier.troubles import Trouble
from store.errors import OURS, StoreError
from store.pool import Connection

log = logging.getLogger(__name__)

Look = Callable[[Connection, int], Sequence[Trouble]]


@dataclass(frozen=True, slots=True)
class Lookout:
    """One look, given the time of the database (microseconds since 1970 UTC). `causes`: of what it may find."""

    look: Look
    causes: tuple[str, ...] = ()


def found(
    conn: Connection, now_us: int, lookouts: Sequence[Lookout], failed: Callable[[], object]
) -> list[Trouble]:  # fmt: skip
    """What all of them find. Of one that fails nothing is known: what stands of its causes goes on standing, it is
    logged, and `failed` is called. StoreError when it is the database that fails.
    """
    every: list[Trouble] = []
    for one in lookouts:
        try:
            every += one.look(conn, now_us)
        except Exception as error:
            if isinstance(error, StoreError) and error.trouble not in OURS:
                raise
            log.exception("a look at what is wrong fails", extra={"fields": {"causes": ", ".join(one.causes)}})
            failed()
            every += troubles.standing(conn, one.causes)
    return every
