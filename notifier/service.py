"""`homehd notify`: the thread that decides, the threads that send, and the health port, put together."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from alerts import ruleset
from alerts.asked import ruleset as asked_rules
from alerts.between import ruleset as between_rules
from alerts.routing import SILENCE
from notifier import audit_chain, database_disk, hl7, lost_channels, pathway, selftest, silences, walls
from notifier.away.keeper import Keeper
from notifier.away.pager import Line, Pager
from notifier.away.takeover import Takeover
from notifier.dead_man import DeadMan
from notifier.decider import Decider
from notifier.digests import Digests
from notifier.dispatch import Carrier, Dispatch
from notifier.kept import KeptDeliveries
from notifier.lookouts import Lookout
from notifier.metrics import Metrics
from notifier.on_call import OnCall
from notifier.page import Site
from notifier.router import Causes
from notifier.walls import Walls
from store import migrate, notices, pool, push_key, vital_signs
from store.errors import StoreError, Trouble
from store.vital_signs import VitalSigns
from telemetry.clock import Clock
from telemetry.disk_limits import Limits
from telemetry.health_port import HealthPort

log = logging.getLogger(__name__)

# The decider looks every second: silence for this long is a fault.
STALE_S: Final = 10.0
# At the end pages on their way may arrive, within the ten seconds a service has.
LAST_S: Final = 8.0


@dataclass(frozen=True, slots=True)
class NotifyOptions:
    """What `homehd notify` is told.

    Attributes:
        health_port: 0 = any free one, printed in the log.
        digest: whether who is on call is told once a day what is on the work list.
        folder: where the card and the journal are, for when the database is away; None: then nobody is paged.
        heartbeat_url: what is called every minute while all is well; may hold a secret. None: nobody outside watches.
        push_key: the public key that browsers subscribe to, told to the API; empty: web push is not set up.
        database_folders: where the database keeps its files, if they are on this machine. disk_limits: when the disk
            it is on, whoever measures it, is told to operations.
    """

    database_url: str
    site: Site
    health_port: int = 0
    heartbeat_url: str | None = None
    digest: bool = True
    push_key: str = ""
    folder: Path | None = None
    database_folders: tuple[Path, ...] = ()
    disk_limits: Limits = field(default_factory=Limits)


def causes() -> Causes:
    """Cause groups of all rules we have: in treatment, between, and what people ask for."""
    found = {rule.id: rule.spec.cause for rule in ruleset.load().rules}
    found |= {rule.id: rule.spec.cause for rule in between_rules.load()}
    return Causes(found | {rule.id: rule.spec.cause for rule in asked_rules.load()})


def run(
    options: NotifyOptions, carrier: Carrier, clock: Clock, stop: threading.Event, line: Line | None = None
) -> None:  # fmt: skip
    """Tell people what has happened until `stop`. Several may run at once; what one had begun another ends.

    `line`: the way to the broker, by which is heard what is not saved; None: there is none.

    StoreError when the database is not ours, or not there at the start and nothing is known without it; HomehdError
    when the health port or the folder cannot be had. Later troubles are logged, counted, and waited out.
    """
    instance = vital_signs.new_instance()
    metrics, on_call = Metrics(), OnCall()
    away = _Away(options, instance, line, carrier, clock, metrics) if options.folder else None
    _check(options, away)
    kept = KeptDeliveries(options.database_url, instance, options.site, metrics)
    dispatch = Dispatch(kept, carrier, clock)
    rules = causes()
    silent = rules.rules_of(SILENCE)
    decider: Decider = Decider(
        options.database_url,
        instance,
        rules,
        on_call,
        [
            *([Lookout(Digests(on_call.book).look)] if options.digest else []),
            metrics.counting(on_call.troubles, "rota"),
            metrics.counting(lost_channels.troubles, lost_channels.CAUSE),
            metrics.counting(selftest.troubles, selftest.CAUSE),
            metrics.counting(audit_chain.troubles, audit_chain.CAUSE),
            metrics.counting(Walls().troubles, *walls.CAUSES),
            metrics.counting(
                lambda conn, now_us: database_disk.troubles(conn, options.disk_limits, now_us), database_disk.CAUSE
            ),
            metrics.counting(hl7.troubles, hl7.CAUSE),
            metrics.counting(lambda conn, now_us: pathway.troubles(conn, on_call.duty, now_us), pathway.CAUSE),
            metrics.counting(
                lambda conn, now_us: silences.troubles(conn, silent, now_us, hears=decider.hears), *silences.CAUSES
            ),
        ],
        dispatch.wake,
        clock,
        metrics,
        away.takeover if away else None,
        VitalSigns(options.database_folders, clock),
    )
    metrics.silent_s.set_function(lambda: clock.monotonic_s() - decider.answered_s)
    metrics.unlooked_s.set_function(lambda: clock.monotonic_s() - dispatch.looked_s)
    health = HealthPort(
        options.health_port, metrics.page, lambda: _health(decider, dispatch, away, clock), named="notify_health_port"
    )
    sender = threading.Thread(target=dispatch.run, args=(stop,), name="pages", daemon=True)
    try:
        sender.start()
        if away:
            away.start(decider, stop)
        _watched(options.heartbeat_url, lambda: _is_well(decider, dispatch, clock), clock, metrics, stop)
        log.info("notifier ready", extra={"fields": {"health_port": health.port, "instance": instance}})
        decider.run(stop)
    finally:
        stop.set()
        dispatch.wake()
        sender.join(LAST_S)
        if away:
            away.end()
        kept.close()
        health.stop()
    log.info("notifier stopped")


class _Away:
    """Everything for when the database is away (decision 36), put together."""

    def __init__(
        self, options: NotifyOptions, instance: str, line: Line | None, carrier: Carrier, clock: Clock, metrics: Metrics
    ) -> None:  # fmt: skip
        assert options.folder is not None
        self._decider: Decider | None = None
        self._clock = clock
        self._line = line
        self.keeper = Keeper(options.database_url, options.folder / "card.json", clock, metrics)
        self._pager = Pager(
            instance, options.folder, line, options.site, clock, metrics, causes().of, lambda: self.keeper.card,
            self._silent_s,
        )  # fmt: skip
        self.takeover = Takeover(self._pager, metrics.away_reported.inc, metrics.away_refused.inc)
        self._dispatch = Dispatch(self._pager.outbox, carrier, clock)
        self._threads: list[threading.Thread] = []
        metrics.card_age_s.set_function(self.keeper.age_s)

    def start(self, decider: Decider, stop: threading.Event) -> None:
        """Threads of its own: none of them waits for the database but the one that keeps the card."""
        self._decider = decider
        threading.Thread(target=self.keeper.run, args=(stop,), name="card", daemon=True).start()
        self._threads = [
            threading.Thread(target=self._pager.run, args=(stop, self._dispatch.wake), name="away", daemon=True),
            threading.Thread(target=self._dispatch.run, args=(stop,), name="away pages", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """What is on its way may end; then the journal is free."""
        self._dispatch.wake()
        for thread in self._threads:
            thread.join(LAST_S)
        self._pager.close()

    def health(self) -> str:
        """Whether people could be paged without the database, in words."""
        if self.keeper.card is None:
            return "nobody could be paged: there is no card"
        if self._line is None or not self._line.connected:
            return "operations only: the broker does not let us hear"
        return f"ready, by a card of {self.keeper.age_s():.0f} s"

    def _silent_s(self) -> float:
        return 0.0 if self._decider is None else self._clock.monotonic_s() - self._decider.worked_s


def _check(options: NotifyOptions, away: _Away | None) -> None:
    try:
        with pool.connect(options.database_url, name="homehd notifier") as conn:
            migrate.check(conn)
            if push_key.publish(conn, options.push_key, notices.database_us(conn)):
                log.info("key for web push told", extra={"fields": {"set_up": bool(options.push_key)}})
    except StoreError as error:
        if error.trouble is not Trouble.UNAVAILABLE or away is None or away.keeper.card is None:
            if away is not None:
                away.end()
            raise
        fields = {"error": error.line(), "card_age_s": round(away.keeper.age_s())}
        log.error("started without the database: people are paged by the card", extra={"fields": fields})


def _watched(
    url: str | None, well: Callable[[], bool], clock: Clock, metrics: Metrics, stop: threading.Event
) -> None:  # fmt: skip
    """Somebody outside hears from us for as long as all is well."""
    if url:
        dead_man = DeadMan(url, well, clock, metrics)
        threading.Thread(target=dead_man.run, args=(stop,), name="dead man", daemon=True).start()


def _is_well(decider: Decider, dispatch: Dispatch, clock: Clock) -> bool:
    """The database answers, decisions are fresh, pages go out, and what happens at home reaches us."""
    return decider.hears and _health(decider, dispatch, None, clock)[0]


def _health(decider: Decider, dispatch: Dispatch, away: _Away | None, clock: Clock) -> tuple[bool, dict[str, object]]:
    silent_s, waiting_s = (clock.monotonic_s() - last_s for last_s in (decider.answered_s, dispatch.looked_s))
    answers, sends = silent_s < STALE_S, waiting_s < STALE_S
    return answers and sends, {
        "database": "answers" if answers else f"silent for {silent_s:.0f} s",
        "pages": "go out" if sends else f"not looked for since {waiting_s:.0f} s",
        "without the database": away.health() if away else "nobody is paged",
    }
