"""How many backlog rows may be under way, so that the line is full and its queue is short. Pure.

Nothing can be overtaken once it is handed over, wherever it then queues: socket, kernel, the home's router. So no more
is handed over than the line carries in `queue_s`, which is told by how long backlog messages take to be acknowledged.
"""

from __future__ import annotations

from dataclasses import dataclass

from telemetry.wire import MAX_ROWS


@dataclass(frozen=True, slots=True)
class PaceTuning:
    """Limits, each with its reason.

    Attributes:
        queue_s: a backlog message should be acknowledged about so long after it was sent. Longer fills a thin line no
            better, and a live alarm waits behind it; it must cover the way there and back and one commit.
        rows_min: 60 rows are 2 kB compressed, a quarter of a second of a 64 kbit/s line.
        rows_max: four full messages; on a good line there is no more to win.
    """

    queue_s: float = 1.5
    rows_min: int = 60
    rows_max: int = 4 * MAX_ROWS


class Pace:
    """The backlog window.

    Attributes:
        rows: that may be under way together.
    """

    def __init__(self, tuning: PaceTuning) -> None:
        self._tuning = tuning
        self.restart()

    def restart(self) -> None:
        """Nothing is known of the line: it does not answer, or it is another one."""
        self.rows = self._tuning.rows_min

    def room(self, under_way: int) -> int:
        """Rows the next message may have; 0 when there is no room, or too little for a message of its own."""
        # Half a window at most, so that the line has the other half to carry while this one is acknowledged.
        half = self.rows // 2
        room = min(half, self.rows - under_way)
        return min(MAX_ROWS, room) if room >= half // 2 else 0

    def acknowledged(self, under_way: int, took_s: float) -> None:
        """A message was acknowledged after `took_s`; `under_way` rows were on the line when it was sent, with its own.

        So much the line has carried meanwhile. But a message that found it half empty is no proof that it carries
        little: a quick answer never shrinks the window.
        """
        tuning = self._tuning
        carried = round(under_way * tuning.queue_s / max(took_s, 0.001))
        if took_s < tuning.queue_s:
            wanted = max(self.rows, min(carried, self.rows * 2))
        else:
            wanted = min(self.rows, max(carried, self.rows // 2))
        self.rows = min(max(wanted, tuning.rows_min), tuning.rows_max)
