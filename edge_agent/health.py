"""How the box is: the retained status, and when it is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from typing import Final

from edge_agent.acquisition import Stamper, clean
from edge_agent.config import EdgeConfig
from edge_agent.intake import Intake
from edge_agent.outbox import Outbox
from edge_agent.outbox_file import OutboxError
from edge_agent.reconfigure import Reconfigure
from telemetry.clock import Clock
from telemetry.messages import SCHEMA_VERSION, MachineLink, Status

EVERY_S: Final = 30.0
# A broker that still held our old session publishes its last will when the new one begins, in either order.
AGAIN_S: Final = 3.0
LONGEST_TEXT: Final = 40


@dataclass(slots=True)
class Figures:
    """Counts since the start."""

    messages_sent: int = 0
    rows_sent: int = 0
    rows_settled: int = 0
    rows_refused: int = 0
    rows_poisoned: int = 0
    acks: int = 0
    acks_of_unknown_epoch: int = 0
    down_unreadable: int = 0


@dataclass(slots=True)
class Health:
    """What the status is made of, and when it was last told."""

    config: EdgeConfig
    clock: Clock
    stamp: Stamper
    outbox: Outbox
    intake: Intake
    machine: MachineLink = MachineLink.DISCONNECTED
    figures: Figures = field(default_factory=Figures)
    certificate_until_us: int = 0
    remote: Reconfigure | None = None
    source_lives: Callable[[], bool] = lambda: True
    _told: tuple[object, ...] | None = None  # the essence of what was told last
    _due_s: float = 0.0

    def status(self, *, online: bool) -> Status:
        """The status as it is now."""
        at = self.stamp()
        return Status(
            version=SCHEMA_VERSION,
            unit=self.config.unit,
            online=online,
            sent_us=at.time_us,
            epoch=self.outbox.epoch,
            boot=self.clock.boot_id()[:LONGEST_TEXT],
            agent_version=agent_version(),
            synchronised=at.synchronised,
            machine=self._machine(),
            protocol=self.config.machine.protocol,
            profile=self.config.machine.profile[:LONGEST_TEXT],
            outbox_rows=self.outbox.rows,
            outbox_oldest_us=self._oldest_us(),
            thinned=self.outbox.thinned + self.intake.lost,
            rejected=self.outbox.rejected,
            trouble=clean(self.intake.trouble),
            certificate_until_us=self.certificate_until_us,
            config_serial=self.remote.serial if self.remote else 0,
            config_trouble=clean(self.remote.trouble) if self.remote else "",
        )

    def due(self, now: float) -> bool:
        """Whether something has changed that somebody waits for, or nothing has been told for a while."""
        return now >= self._due_s or self._essence() != self._told

    def told(self, now: float) -> None:
        """The status has just been published."""
        self._due_s = now + (AGAIN_S if self._told is None else EVERY_S)
        self._told = self._essence()

    def connected(self) -> None:
        """A new connection: nobody there has heard of us."""
        self._told = None

    def _essence(self) -> tuple[object, ...]:
        outbox, intake = self.outbox, self.intake
        synchronised = self.stamp().synchronised
        return (
            outbox.epoch, synchronised, self._machine(), outbox.thinned, intake.lost, outbox.rejected, intake.trouble,
            self.certificate_until_us, *((self.remote.serial, self.remote.trouble) if self.remote else ()),
        )  # fmt: skip

    def _machine(self) -> MachineLink:
        # Who hangs in a call to the port cannot say so: what it said before is not true any more.
        hangs = self.machine is MachineLink.CONNECTED and not self.source_lives()
        return MachineLink.SILENT if hangs else self.machine

    def _oldest_us(self) -> int:
        try:
            return self.outbox.oldest_us()
        except OutboxError as error:
            self.intake.failed(error)
            return 0


@cache
def agent_version() -> str:
    """The installed distribution's version, "0" in a bare checkout."""
    try:
        return metadata.version("homehd")
    except metadata.PackageNotFoundError:
        return "0"
