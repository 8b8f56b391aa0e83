"""Wires the parts of one home's agent and runs them until told to stop.

Three threads, each with one task: the source (machine → outbox), the forwarder (outbox → broker, and the answers
back) and the uplink (the connection). An error nobody expected in one of them ends the agent with a line that says so;
the service manager starts it again, and the outbox has everything.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from edge_agent import clock_sync
from edge_agent.acquisition import Acquisition, Stamp
from edge_agent.config import EdgeConfig, broker_of, check
from edge_agent.forwarder import Forwarder
from edge_agent.health import Health, agent_version
from edge_agent.intake import Intake
from edge_agent.outbox import Outbox
from edge_agent.outbox_file import OutboxError
from edge_agent.source import SourceSink
from edge_agent.sources import machine_source
from edge_agent.uplink import Topics, Uplink, UplinkSink
from edge_agent.window import WindowTuning
from protocols.events import Observation
from telemetry import topics, wire
from telemetry.clock import Clock
from telemetry.errors import HomehdError
from telemetry.messages import MachineLink

log = logging.getLogger(__name__)

DISK_RETRY_S: Final = 5.0
JOIN_S: Final = 5.0
FIGURES_EVERY_S: Final = 600.0


def run(config: EdgeConfig, clock: Clock, stop: threading.Event) -> None:
    """Run one agent until `stop`. SettingsError or OutboxError at the start; afterwards it only ends by `stop`.

    A machine or a broker that is not there is no error: the agent keeps trying and its status says so.
    """
    check(config)
    outbox = _open_outbox(config, clock, stop)
    if outbox is None:
        return
    try:
        _Agent(config, clock, outbox).run(stop)
    finally:
        outbox.close()


def _open_outbox(config: EdgeConfig, clock: Clock, stop: threading.Event) -> Outbox | None:
    """The outbox; a disk that is full or failing for the moment is waited for, None when stopped meanwhile."""
    while not stop.is_set():
        try:
            return Outbox(Path(config.outbox.path), now_us=clock.now_us(), max_bytes=config.outbox.max_bytes)
        except OutboxError as error:
            if not error.recoverable:
                raise
            log.error("outbox does not open", extra={"fields": {"error": error.line()}})
            stop.wait(DISK_RETRY_S)
    return None


class _Agent:
    def __init__(self, config: EdgeConfig, clock: Clock, outbox: Outbox) -> None:
        self._clock = clock
        self._synchronised = clock_sync.source(config.clock)
        rng = Random()
        names = Topics(*(topics.home(config.shard, config.unit, way) for way in ("up", "down", "status")))
        tuning = WindowTuning(ack_timeout_s=config.uplink.ack_timeout_s)
        self._forwarder = Forwarder(
            unit=config.unit,
            outbox=outbox,
            topics=names,
            tuning=tuning,
            clock=clock,
            rng=rng,
            qos=config.uplink.qos,
        )
        self._intake = Intake(outbox, clock, self._stamp, self._forwarder.accepted)
        self._health = Health(config, clock, self._stamp, outbox, self._intake)
        self._acquisition = Acquisition(outbox.memory())
        sink = SourceSink(observed=self._observed, link=self._link_changed, tick=self._tick)
        self._source = machine_source(config, clock, sink)
        self._uplink = Uplink(
            broker_of(config),
            config.uplink,
            names,
            client_id=f"hhd-{config.unit}",
            will=lambda: wire.encode(self._health.status(online=False)),
            sink=UplinkSink(self._forwarder.connected, self._forwarder.disconnected, self._forwarder.received),
            clock=clock,
            rng=rng,
        )
        self._failure: BaseException | None = None
        self._figures_due_s = clock.monotonic_s() + FIGURES_EVERY_S

    def run(self, stop: threading.Event) -> None:
        log.info("agent started", extra={"fields": {"version": agent_version()}})
        self._intake.note("agent started", f"version {agent_version()}")
        stop_forwarder, stop_uplink = threading.Event(), threading.Event()
        source = self._thread("source", lambda: self._source.run(stop), stop)
        forwarder = self._thread(
            "forwarder",
            lambda: self._forwarder.run(self._uplink, self._intake, self._health, stop_forwarder),
            stop,
        )
        uplink = self._thread("uplink", lambda: self._uplink.run(stop_uplink), stop)
        stop.wait()
        # In the order of the data: nothing new, then goodbye, then the connection.
        source.join(JOIN_S)
        stop_forwarder.set()
        self._forwarder.wake()
        forwarder.join(JOIN_S)
        stop_uplink.set()
        uplink.join(JOIN_S)
        self._intake.flush()
        self._log_figures("agent stopped")
        if self._failure is not None:
            raise HomehdError("run agent", str(self._failure), hint="start it again") from self._failure

    def _thread(self, name: str, body: Callable[[], None], stop: threading.Event) -> threading.Thread:
        def guarded() -> None:
            try:
                body()
            except BaseException as error:
                log.exception("thread failed", extra={"fields": {"thread": name}})
                self._failure = error
                stop.set()

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        return thread

    def _stamp(self) -> Stamp:
        return Stamp(self._clock.now_us(), round(self._clock.monotonic_s() * 1000), self._synchronised())

    def _observed(self, seen: Observation) -> bool:
        records = self._acquisition.observed(seen, self._stamp())
        self._intake.put(records, self._acquisition.memory())
        return not self._intake.queued

    def _link_changed(self, state: MachineLink) -> None:
        self._health.machine = state
        records = self._acquisition.link(state, self._stamp())
        if records:
            self._intake.put(records, self._acquisition.memory())
        self._forwarder.wake()

    def _tick(self) -> None:
        if self._intake.trouble:
            self._intake.flush()
        if self._clock.monotonic_s() >= self._figures_due_s:
            self._figures_due_s += FIGURES_EVERY_S
            self._log_figures("figures")

    def _log_figures(self, what: str) -> None:
        parts = (self._health.figures, self._source.figures)
        fields = {name: getattr(part, name) for part in parts for name in part.__slots__}
        fields |= {"outbox_rows": self._health.outbox.rows, "connects": self._uplink.connects}
        log.info(what, extra={"fields": fields})
