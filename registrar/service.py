"""`homehd registrar`: the authority, its two doors, the revocation list and the health port, put together."""

from __future__ import annotations

import logging
import os
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from registrar import ca_files, identities, server
from registrar.app import create_app
from registrar.authority import UNIT_DAYS, Authority, validity_us
from registrar.broker_guard import BrokerGuard
from registrar.configurations import Publisher
from registrar.desk import Desk
from registrar.metrics import Metrics
from registrar.renewals import Renewals
from registrar.revocation import CrlFile
from store import heartbeat, migrate, pool, vital_signs
from store.pool import Connection
from store.vital_signs import VitalSigns
from telemetry import broker_address, broker_tls
from telemetry.broker_address import BrokerAddress
from telemetry.broker_tls import TlsFiles
from telemetry.clock import Clock
from telemetry.errors import HomehdError
from telemetry.health_port import HealthPort

log = logging.getLogger(__name__)

SERVER_FILE: Final = "registrar.pem"
SERVICE_FILE: Final = "svc-registrar.pem"
UPKEEP_S: Final = 2.0
# The list is looked at every two seconds: silence for this long is a fault.
STALE_S: Final = 20.0
DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class RegistrarOptions:
    """What `homehd registrar` is told.

    Attributes:
        folder: where the authority lives. names: host names and addresses boxes reach us by.
        host, port: where to listen; port 0 takes a free one. health_port: 0 = any free one, named in the log.
        passphrase: of the authority's key, empty when it has none. unit_days: how long a box's certificate lasts.
        crl: where the revocation list is written for the broker; None = beside the authority.
        broker_reload: how the broker is made to read it (registrar.broker_reload); empty = nobody guards the broker.
        homes_url: the homes' door of the broker, where the guard tries it.
        database_folders: where the database keeps its files, if they are on this machine.
    """

    database_url: str
    broker_url: str
    folder: Path
    names: tuple[str, ...]
    host: str = "127.0.0.1"
    port: int = 8443
    health_port: int = 0
    passphrase: str = ""
    unit_days: float = UNIT_DAYS
    crl: Path | None = None
    broker_reload: str = ""
    homes_url: str = ""
    database_folders: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        return f"RegistrarOptions({self.folder}, {self.host}:{self.port})"


def run(
    options: RegistrarOptions, clock: Clock, stop: threading.Event, on_ready: Callable[[int], None] | None = None
) -> None:
    """Serve until `stop`, then end within ten seconds. `on_ready` gets the port of the HTTPS door.

    HomehdError when database, authority or a port cannot be had at the start. A broker that is not there is waited for.
    """
    with ExitStack() as stack:
        parts = _Parts(options, clock)
        stack.callback(parts.desk.close)
        health = HealthPort(options.health_port, parts.metrics.page, parts.health, named="registrar_health_port")
        stack.callback(health.stop)
        parts.renewals.start()
        stack.callback(parts.renewals.stop)
        upkeep = threading.Thread(target=parts.keep, args=(stop,), name="upkeep", daemon=True)
        upkeep.start()
        stack.callback(upkeep.join, 5.0)
        if parts.guard is not None:
            guard = threading.Thread(
                target=parts.guard.run, args=(options.database_url, stop), name="broker guard", daemon=True
            )
            guard.start()
            stack.callback(guard.join, 10.0)
        stack.callback(stop.set)

        def ready(port: int) -> None:
            fields = {"port": port, "health_port": health.port, "authority": parts.desk.authority.fingerprint.hex()}
            log.info("registrar ready", extra={"fields": fields})
            if on_ready is not None:
                on_ready(port)

        app = create_app(parts.desk, clock, parts.metrics)
        server.serve(app, (options.host, options.port), parts.https, stop, ready)
    log.info("registrar stopped")


class _Parts:
    """Everything that lives as long as the service."""

    def __init__(self, options: RegistrarOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._instance, self._signs = vital_signs.new_instance(), VitalSigns(options.database_folders, clock)
        self.metrics = Metrics()
        address = _with_own_files(broker_address.parse(options.broker_url), options.folder)
        authority = _open(options)
        self.desk = Desk(options.database_url, authority, clock, options.unit_days)
        crl = options.crl or options.folder / ca_files.CRL
        self._crl = CrlFile(authority, crl)
        self.guard: BrokerGuard | None = None
        if options.broker_reload:
            self.guard = BrokerGuard.of(
                authority, options.folder, crl, options.broker_reload,
                options.homes_url or options.broker_url, address, clock,
            )  # fmt: skip
        self._checked_s = float("-inf")
        self._well_s = clock.monotonic_s()
        self._trouble = ""
        self.mqtts: ssl.SSLContext | None = None
        self._own_files = address.files.cert_file == str(options.folder / SERVICE_FILE)
        self.desk.do(self._upkeep)
        self.https = server.tls_context(options.folder / SERVER_FILE)
        if address.tls:
            self.mqtts = broker_tls.context(address.files)
        client_id = f"svc-registrar-{socket.gethostname()}-{os.getpid()}"
        self.renewals = Renewals(address, self.mqtts, client_id, self.desk, self.metrics)
        self._publisher = Publisher(self.renewals.publish)

    def keep(self, stop: threading.Event) -> None:
        """Keep list and certificates up to date until `stop`; troubles are told once and waited out."""
        while not stop.wait(UPKEEP_S):
            trouble = ""
            try:
                self.desk.do(self._upkeep)
                self.desk.do(lambda conn: self._publisher.bring(conn, self.renewals.connects))
            except HomehdError as error:
                trouble = error.line()
            except Exception as error:
                # It keeps certificates and lists alive: whatever it is, the next time may go better.
                log.exception("upkeep failed")
                trouble = f"{type(error).__name__}: {error}"
            if trouble and trouble != self._trouble:
                log.error("upkeep failed", extra={"fields": {"error": trouble}})
            self._trouble = trouble
            self.metrics.connected.set(int(self.renewals.connected))
            self.metrics.revoked.set(self._list.count)
            self.metrics.crl_age_s.set(max(0.0, (self._clock.now_us() - self._list.written_us) / 1e6))

    def health(self) -> tuple[bool, dict[str, object]]:
        """Whether boxes can enrol and renew, and broker and list are well."""
        age_s = self._clock.monotonic_s() - self._well_s
        guard = self.guard.health if self.guard is not None else ""
        broker = self.renewals.trouble or guard
        detail: dict[str, object] = {
            "database": "answers" if age_s < STALE_S else f"silent for {age_s:.0f} s",
            "broker": broker or "connected",
            "revocation list": self._trouble or f"{self._list.count} certificates",
        }
        return age_s < STALE_S and not broker and not self._trouble, detail

    @property
    def _list(self) -> CrlFile:
        """The revocation list as whoever writes it knows it."""
        return self._crl if self.guard is None else self.guard.crl

    def _upkeep(self, conn: Connection) -> None:
        now_us = self._clock.now_us()
        if self.guard is None or not self._crl.written_us:  # at the start in any case: a broker needs one to start
            self._crl.refresh(conn, now_us)
        if self._clock.monotonic_s() - self._checked_s > DAY_S:
            self._renew_own(conn, now_us)
            self._checked_s = self._clock.monotonic_s()
        heartbeat.beat(conn, "registrar", self._instance, now_us, self._signs.detail())
        self._well_s = self._clock.monotonic_s()

    def _renew_own(self, conn: Connection, now_us: int) -> None:
        authority, folder = self.desk.authority, self._options.folder
        left = (validity_us(authority.certificate)[1] - now_us) / 1e6 / DAY_S
        self.metrics.authority_days.set(left)
        if identities.server(conn, authority, folder / SERVER_FILE, self._options.names, now_us):
            log.info("own certificate made", extra={"fields": {"file": SERVER_FILE}})
            if self._checked_s > float("-inf"):
                self.https.load_cert_chain(folder / SERVER_FILE)
        if identities.service(conn, authority, folder / SERVICE_FILE, "registrar", now_us):
            log.info("own certificate made", extra={"fields": {"file": SERVICE_FILE}})
            if self.mqtts is not None and self._own_files:
                self.mqtts.load_cert_chain(folder / SERVICE_FILE)


def _open(options: RegistrarOptions) -> Authority:
    with pool.connect(options.database_url, name="homehd registrar") as conn:
        migrate.check(conn)
        return identities.open_authority(conn, options.folder, options.passphrase)


def _with_own_files(address: BrokerAddress, folder: Path) -> BrokerAddress:
    """Over TLS, unless told otherwise, we trust our own authority and show our own certificate."""
    if not address.tls or address.files != TlsFiles():
        return address
    own = TlsFiles(*(str(folder / name) for name in (ca_files.ROOT, SERVICE_FILE, SERVICE_FILE)))
    return msgspec.structs.replace(address, files=own)
