"""Opening the outbox, however long the disk takes. Meanwhile the box says so: to the service manager, and to the cloud,
which would else see a box that is offline for no known reason.

What the status says beside the trouble is little: without its outbox the agent neither asks the machine nor knows what
waits to be sent.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from random import Random
from typing import Final

from edge_agent.acquisition import clean
from edge_agent.clock_sync import source as clock_source
from edge_agent.config import EdgeConfig, broker_of
from edge_agent.health import EVERY_S, LONGEST_TEXT, agent_version
from edge_agent.outbox import DAY_US, Outbox
from edge_agent.outbox_file import OutboxError
from edge_agent.supervision import Host, waits_for_disk
from edge_agent.uplink import Uplink, UplinkSink, topics_of
from telemetry import wire
from telemetry.clock import Clock
from telemetry.messages import SCHEMA_VERSION, MachineLink, Status

log = logging.getLogger(__name__)

DISK_RETRY_S: Final = 5.0
JOIN_S: Final = 5.0


def open_outbox(
    config: EdgeConfig, clock: Clock, stop: threading.Event, under: Host, config_serial: int = 0
) -> Outbox | None:
    """The outbox; a disk that is full or failing for the moment is waited for, None when stopped meanwhile.

    OutboxError when waiting cannot help. `config_serial`: of the settings from afar that are in force.
    """
    plea: _Plea | None = None
    try:
        while not stop.is_set():
            try:
                return Outbox(
                    Path(config.outbox.path),
                    now_us=clock.now_us(),
                    max_bytes=config.outbox.max_bytes,
                    max_age_us=round(config.outbox.max_days * DAY_US),
                    unit=config.unit,
                )
            except OutboxError as error:
                if not error.recoverable:
                    raise
                log.error("outbox does not open", extra={"fields": {"error": error.line()}})
                waits_for_disk(under, error.line())
                plea = plea or _Plea(config, clock, config_serial)
                plea.say(error.line())
                stop.wait(DISK_RETRY_S)
        return None
    finally:
        if plea is not None:
            plea.end(stopped=stop.is_set())


class _Plea:
    """A connection that carries nothing but the status."""

    def __init__(self, config: EdgeConfig, clock: Clock, config_serial: int) -> None:
        self._config, self._clock, self._serial = config, clock, config_serial
        self._synchronised = clock_source(config.clock, clock.now_us)
        self._topics = topics_of(config)
        self._trouble = ""
        self._due_s = float("-inf")
        self._stop = threading.Event()
        self._uplink = Uplink(
            broker_of(config), config.uplink, self._topics,
            client_id=f"hhd-{config.unit}",
            will=lambda: wire.encode(self._status(online=False)),
            sink=UplinkSink(self._tell, lambda: None, lambda _data: None, lambda _data: None),
            clock=clock, rng=Random(),
        )  # fmt: skip
        self._thread = threading.Thread(
            target=self._uplink.run, args=(self._stop,), name="uplink without outbox", daemon=True
        )
        self._thread.start()

    def say(self, trouble: str) -> None:
        """This is why; told now when it is another reason than before, and again like any status."""
        if trouble != self._trouble or self._clock.monotonic_s() >= self._due_s:
            self._trouble = trouble
            self._tell()

    def end(self, *, stopped: bool) -> None:
        """Leave the connection to the agent, or with a goodbye when there will be none."""
        if stopped:
            self._publish(online=False)
        self._stop.set()
        self._thread.join(JOIN_S)

    def _tell(self) -> None:
        if self._publish(online=True):
            self._due_s = self._clock.monotonic_s() + EVERY_S

    def _publish(self, *, online: bool) -> bool:
        status = wire.encode(self._status(online=online))
        return self._uplink.publish(self._topics.status, status, qos=1, retain=True)

    def _status(self, *, online: bool) -> Status:
        return Status(
            version=SCHEMA_VERSION,
            unit=self._config.unit,
            online=online,
            sent_us=self._clock.now_us(),
            boot=self._clock.boot_id()[:LONGEST_TEXT],
            agent_version=agent_version(),
            synchronised=self._synchronised(),
            machine=MachineLink.DISCONNECTED,
            protocol=self._config.machine.protocol,
            profile=self._config.machine.profile[:LONGEST_TEXT],
            trouble=clean(self._trouble),
            config_serial=self._serial,
        )
