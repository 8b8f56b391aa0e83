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

from edge_agent import clock_sync, placing, renewal
from edge_agent.acquisition import Acquisition, Record, Stamp
from edge_agent.box_state import BoxState
from edge_agent.config import EdgeConfig, broker_of, check
from edge_agent.forwarder import Forwarder
from edge_agent.growth import Growth
from edge_agent.health import Health, agent_version
from edge_agent.intake import Intake
from edge_agent.outbox import Outbox
from edge_agent.outbox_wait import open_outbox
from edge_agent.reconfigure import Reconfigure, settings_in_force
from edge_agent.remote_config import State
from edge_agent.source import SourceSink
from edge_agent.sources import companion_source, machine_source
from edge_agent.status_page import StatusPage
from edge_agent.supervision import NOBODY, Host, Supervision
from edge_agent.uplink import Uplink, UplinkSink, topics_of
from edge_agent.window import WindowTuning
from protocols import ADAPTERS
from protocols.events import Observation
from telemetry import wire
from telemetry.clock import Clock
from telemetry.errors import HomehdError
from telemetry.messages import Certificate, MachineLink

log = logging.getLogger(__name__)

JOIN_S: Final = 5.0
FIGURES_EVERY_S: Final = 600.0
# A source ticks twice a second. One that does not hangs in a call to its port, and the machine is no longer connected
# whatever was told last. The watchdog starts the agent anew, but later.
HUNG_S: Final = 8.0


def run(base: EdgeConfig, clock: Clock, stop: threading.Event, under: Host = NOBODY) -> bool:
    """Run one agent until `stop`; True when it ended (and set `stop`) only to be run again with settings from afar.

    SettingsError or OutboxError at the start; afterwards it only ends by `stop`. `base` is what the box's own file
    says. A machine or a broker that is not there is no error: the agent keeps trying and its status says so. `under`
    is the service manager that is told how it goes.
    """
    check(base)
    config, state = settings_in_force(base)
    outbox = open_outbox(config, clock, stop, under, state.in_force.serial if state.in_force else 0)
    if outbox is None:
        return False
    try:
        return _Agent(config, base, state, clock, outbox, under).run(stop)
    finally:
        outbox.close()


class _Agent:
    def __init__(
        self, config: EdgeConfig, base: EdgeConfig, state: State, clock: Clock, outbox: Outbox, under: Host
    ) -> None:
        self._config = config
        self._clock = clock
        self._outbox = outbox
        self._began_s = clock.monotonic_s()
        self._last_reading_s: float | None = None
        self._set_aside = Growth(outbox.rejected, self._began_s)
        self._supervision = Supervision(under, clock, self._state)
        self._synchronised = clock_sync.source(config.clock, clock.now_us)
        self._placer = placing.of(outbox, Path(config.outbox.path), clock, self._synchronised)
        self._ticked_s = self._began_s
        self._stamped_ms = 0
        rng = Random()
        names = topics_of(config)
        tuning = WindowTuning(ack_timeout_s=config.uplink.ack_timeout_s)
        self._forwarder = Forwarder(
            unit=config.unit,
            outbox=outbox,
            topics=names,
            tuning=tuning,
            clock=clock,
            rng=rng,
            qos=config.uplink.qos,
            on_certificate=self._certificate_came,
            placed=self._placer.placed,
        )
        self._renewal = renewal.of(config, clock, self._forwarder.say)
        self._intake = Intake(outbox, clock, self._stamp, self._forwarder.accepted)
        self._health = Health(config, clock, self._stamp, outbox, self._intake)
        self._health.certificate_until_us = self._renewal.until_us if self._renewal else 0
        self._health.source_lives = lambda: clock.monotonic_s() - self._ticked_s < HUNG_S
        self._acquisition = Acquisition(outbox.memory())
        self._remote = Reconfigure(base, state, clock, self._synchronised, last_phase=self._acquisition.last_phase)
        self._health.remote = self._remote
        self._acquiring = threading.Lock()  # the machine's thread and the companion's meet here
        note = self._intake.note
        self._source = machine_source(
            config, clock, SourceSink(observed=self._observed, link=self._link_changed, tick=self._tick, note=note)
        )
        self._companion = companion_source(
            config, clock, SourceSink(observed=self._observed, link=self._gateway_changed, tick=lambda: None, note=note)
        )
        self._gateway: MachineLink | None = None
        self._uplink = Uplink(
            broker_of(config),
            config.uplink,
            names,
            client_id=f"hhd-{config.unit}",
            will=lambda: wire.encode(self._health.status(online=False)),
            sink=UplinkSink(self._connected, self._disconnected, self._forwarder.received, self._remote.received),
            clock=clock,
            rng=rng,
        )
        self._failure: BaseException | None = None
        self._figures_due_s = clock.monotonic_s() + FIGURES_EVERY_S

    def run(self, stop: threading.Event) -> bool:
        log.info("agent started", extra={"fields": {"version": agent_version()}})
        self._intake.note("agent started", f"version {agent_version()}")
        stop_forwarder, stop_uplink = threading.Event(), threading.Event()
        pulse = self._supervision.pulse  # a stop event that notes who asks it: the proof that a thread lives
        # Names have to be looked up for a broker, and that may take long; for a serial port nothing may.
        machine = "gateway" if ADAPTERS[self._config.machine.protocol].transport == "mqtt" else "source"
        sources = [self._thread(machine, lambda: self._source.run(pulse(machine, stop)), stop)]
        companion = self._companion
        if companion is not None:
            sources.append(self._thread("gateway", lambda: companion.run(pulse("gateway", stop)), stop))
        forwarder = self._thread(
            "forwarder",
            lambda: self._forwarder.run(self._uplink, self._intake, self._health, pulse("forwarder", stop_forwarder)),
            stop,
        )
        uplink = self._thread("uplink", lambda: self._uplink.run(pulse("uplink", stop_uplink)), stop)
        if self._renewal is not None:
            certificates = self._renewal
            self._thread("renewal", lambda: certificates.run(stop), stop)
        self._thread("remote settings", lambda: self._remote.run(stop), stop)
        if self._config.status_page.listen:
            page = StatusPage(self._config.status_page.listen, lambda: self._supervision.latest, self._clock)
            self._thread("status page", lambda: page.run(stop), stop)
        self._supervision.watch(stop)
        # In the order of the data: nothing new, then goodbye, then the connection.
        for source in sources:
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
        return self._remote.wants_restart

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

    def _next_stamp(self) -> Stamp:
        """A stamp in a later millisecond than the one before: readings that are placed by it keep their order."""
        at = self._stamp()
        ahead_ms = max(0, self._stamped_ms + 1 - at.mono_ms)
        self._stamped_ms = at.mono_ms + ahead_ms
        return Stamp(at.time_us + ahead_ms * 1000, self._stamped_ms, at.synchronised)

    def _state(self) -> BoxState:
        """How things are, from memory alone: whoever asks must not wait for a disk."""
        now, at, outbox, read_s = self._clock.monotonic_s(), self._stamp(), self._outbox, self._last_reading_s
        uplink = self._uplink
        return BoxState(
            version=agent_version(),
            taken_us=at.time_us,
            uptime_s=round(now - self._began_s, 1),
            machine=self._health.machine,
            reading_age_s=None if read_s is None else round(now - read_s, 1),
            outbox_rows=outbox.rows,
            outbox_share=round(outbox.bytes / self._config.outbox.max_bytes, 4),
            lost=outbox.thinned + self._intake.lost,
            rejected=outbox.rejected,
            rejected_age_s=self._set_aside.age_s(outbox.rejected, now),
            trouble=self._intake.trouble,
            broker=uplink.trouble or ("" if uplink.connects else "not connected yet"),
            synchronised=at.synchronised,
            certificate_until_us=self._health.certificate_until_us,
            config_serial=self._remote.serial,
            config_trouble=self._remote.trouble,
        )

    def _certificate_came(self, certificate: Certificate) -> None:
        if self._renewal is not None:
            self._renewal.received(certificate)

    def _observed(self, seen: Observation) -> bool:
        if not seen.beside:
            self._last_reading_s = self._clock.monotonic_s()
            self._remote.observed(seen.phase)
        with self._acquiring:
            self._keep(self._acquisition.observed(seen, self._next_stamp()))
            return not self._acquisition.waits(seen) and not self._intake.queued

    def _link_changed(self, state: MachineLink) -> None:
        self._health.machine = state
        self._remote.link(state)
        with self._acquiring:
            self._keep(self._acquisition.link(state, self._stamp()))
        self._forwarder.wake()

    def _connected(self) -> None:
        self._forwarder.connected()
        self._remote.connected()

    def _disconnected(self) -> None:
        self._forwarder.disconnected()
        self._remote.disconnected()

    def _gateway_changed(self, state: MachineLink) -> None:
        """Cuff and scale are heard of or not: a note, and no word about the machine's own link."""
        if state is not MachineLink.CONNECTED or self._gateway is not None:
            self._intake.note(f"gateway {state.value}", "where cuff and scale come from")
        self._gateway = state

    def _keep(self, records: list[Record]) -> None:
        if records:
            self._intake.put(records, self._acquisition.memory())

    def _tick(self) -> None:
        self._ticked_s = self._clock.monotonic_s()
        self._placer.look()
        with self._acquiring:
            self._keep(self._acquisition.overdue(self._next_stamp()))
        if self._renewal is not None:
            self._health.certificate_until_us = self._renewal.until_us
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
