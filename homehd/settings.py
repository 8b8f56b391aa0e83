"""Where things are: environment first, then a TOML file, then defaults. Shared by every server command."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeGuard
from urllib.parse import urlsplit

import msgspec

from homehd import embedded_broker
from homehd.brokers import KINDS, Kind
from homehd.keeper import Kept, keeping
from telemetry import broker_address, disk_limits, settings
from telemetry.disk_limits import Limits
from telemetry.errors import HomehdError, SettingsError

if TYPE_CHECKING:
    from store.embedded import EmbeddedDatabase

_EMBEDDED: Final = "embedded:"

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the server commands read.

    Attributes:
        home: folder for embedded data, keys and caches.
        database: PostgreSQL URL; None = the embedded one in `home`.
        database_folders: folders the database keeps its files in, where it runs on this machine: how full their disks
            are is measured and told. The embedded one's is known.
        database_disk_low, database_disk_full: which part of such a disk, 0…1, is free when operations is told that it
            is low, and that it is as good as full.
        broker: mqtt://host:port; None = the embedded one; `embedded:nats` or `embedded:mosquitto` names its kind.
        api_host, api_port: where the API and the dashboard listen.
        allowed_origins: further origins whose pages may talk to the API; its own address always may.
        trusted_proxies: addresses of proxies whose X-Forwarded-For is believed; nobody else's is.
        api_connections: connections to the API, live sockets among them; above it the answer is 503.
        api_address_share: the part of them that one address may have; behind a trusted proxy, the one it asks for.
        ingest_health_port: where ingest serves /healthz and /metrics on 127.0.0.1; 0 = any free port, named in the log.
        api_metrics_port: where the API serves /metrics, likewise. notify_health_port: as ingest's, of the notifier.
        homes_broker: mqtts://host:port by which homes reach the broker; None = `broker`.
        registrar_host, registrar_port: where the registrar listens; registrar_health_port as ingest's.
        registrar_url: https://host:port by which boxes reach it, as it stands in enrolment codes.
        registrar_names: further host names and addresses its certificate is to be good for.
        registrar_crl: where it writes the revocation list for the broker; None = beside the authority.
        broker_reload: how the broker is made to read it (docs/operations/broker.md); empty = it is not guarded.
        dashboard_url: where people open the dashboard; what links in pages begin with. None = pages have no link.
        page_label: a neutral name of the installation before the title of every page; read on locked screens.
        push_contact: mailto:… or https://…, whom a push service writes to about us; None = no web push.
        vapid_key: file with the key that browsers subscribe to; None = `vapid.pem` in `home`.
        selftest_at: local time of the daily self-test, `10:00` or `10:00 Europe/Berlin`; empty = none is run by itself.
        selftest_broker: mqtt[s]://… by which the unit for tests reaches the broker; None = `broker`.
        work_list_digest: whether who is on call is told once a day, at hand-over, what is on the work list.
        heartbeat_url: http[s]://… that the notifier calls every minute while all is well; None = nobody does.
        oidc_issuer, oidc_client_id: the hospital's identity provider and what we are called there; None = local
            accounts only. Needs dashboard_url. What the following mean: docs/operations/sign-in.md.
        oidc_client_secret, oidc_client_secret_file: the secret, or a file with it; neither = a public client.
        oidc_name: the hospital's, on the sign-in page. oidc_scopes: asked for.
        oidc_role_claim, oidc_roles, oidc_allowed_roles: which claim says the role, which value means which role here.
        oidc_clinic_claim, oidc_clinics: likewise the clinic.
        oidc_unknown: "refuse" or "make" who has no account here. oidc_trust_email: believe unverified addresses.
        second_factor_roles: roles whose accounts must have a passkey beside the password.
        hl7: other systems that are told, by name: mllp[s]://host:port?… (docs/operations/hl7.md); none = nobody is.
        hl7_sender: who we are there: NAME or NAME^ID^TYPE. hl7_health_port: as ingest's, of `homehd hl7`.
        channel_networks: networks that pages may be sent to although they lead to this server or to machines only.
    """

    home: str = "~/.local/share/homehd"
    database: str | None = None
    database_folders: list[str] = []
    database_disk_low: float = disk_limits.LOW
    database_disk_full: float = disk_limits.FULL
    broker: str | None = None
    api_host: str = "127.0.0.1"
    api_port: Port = 8080
    allowed_origins: list[str] = []
    trusted_proxies: list[str] = []
    api_connections: Annotated[int, msgspec.Meta(ge=10, le=20000)] = 2000
    api_address_share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.5
    ingest_health_port: Port = 0
    api_metrics_port: Port = 0
    homes_broker: str | None = None
    registrar_host: str = "127.0.0.1"
    registrar_port: Port = 8443
    registrar_health_port: Port = 0
    registrar_url: str | None = None
    registrar_names: list[str] = []
    registrar_crl: str | None = None
    broker_reload: str = ""
    dashboard_url: str | None = None
    page_label: str = ""
    notify_health_port: Port = 0
    push_contact: str | None = None
    vapid_key: str | None = None
    selftest_at: str = "10:00"
    selftest_broker: str | None = None
    heartbeat_url: str | None = None
    work_list_digest: bool = True
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = None
    oidc_client_secret_file: str | None = None
    oidc_name: str | None = None
    oidc_scopes: list[str] | None = None
    oidc_role_claim: str | None = None
    oidc_roles: dict[str, str] = {}
    oidc_allowed_roles: list[str] | None = None
    oidc_clinic_claim: str | None = None
    oidc_clinics: dict[str, str] = {}
    oidc_unknown: str | None = None
    oidc_trust_email: bool = False
    second_factor_roles: list[str] = []
    channel_networks: list[str] = []
    hl7: dict[str, str] = {}
    hl7_sender: str = "homehd"
    hl7_health_port: Port = 0

    @property
    def home_path(self) -> Path:
        """`home` with ~ resolved."""
        return Path(self.home).expanduser()

    @property
    def data_folders(self) -> tuple[Path, ...]:
        """Where the database keeps its files on this machine; none: it runs elsewhere, or nobody has said."""
        if not self.database:
            return (self.home_path / "postgres",)
        return tuple(Path(folder) for folder in self.database_folders)

    @property
    def disk_limits(self) -> Limits:
        """When the database's disk is low, and when it is as good as full; SettingsError when that makes no sense."""
        try:
            return Limits(self.database_disk_low, self.database_disk_full)
        except ValueError as error:
            where = f"database_disk_low {self.database_disk_low:g}, database_disk_full {self.database_disk_full:g}"
            raise SettingsError("read settings", where, hint=str(error)) from error


@dataclass(frozen=True)
class Services:
    """Database and broker, running."""

    database_url: str
    broker_url: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flag every server command has."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings as TOML; the environment overrides them")


def load(options: argparse.Namespace) -> ServerSettings:
    """Settings from the environment, `--config` and defaults; SettingsError says where and what."""
    environment = {
        "home": os.environ.get("HOMEHD_HOME"),
        "database": os.environ.get("HOMEHD_DATABASE"),
        "database_folders": _folders("HOMEHD_DATABASE_FOLDERS"),
        "broker": os.environ.get("HOMEHD_BROKER"),
        "api_host": os.environ.get("HOMEHD_API_HOST"),
        "api_port": _integer("HOMEHD_API_PORT"),
        "homes_broker": os.environ.get("HOMEHD_HOMES_BROKER"),
        "registrar_host": os.environ.get("HOMEHD_REGISTRAR_HOST"),
        "registrar_port": _integer("HOMEHD_REGISTRAR_PORT"),
        "registrar_url": os.environ.get("HOMEHD_REGISTRAR_URL"),
        "registrar_crl": os.environ.get("HOMEHD_REGISTRAR_CRL"),
        "broker_reload": os.environ.get("HOMEHD_BROKER_RELOAD"),
        "dashboard_url": os.environ.get("HOMEHD_DASHBOARD_URL"),
        "push_contact": os.environ.get("HOMEHD_PUSH_CONTACT"),
        "vapid_key": os.environ.get("HOMEHD_VAPID_KEY"),
        "selftest_at": os.environ.get("HOMEHD_SELFTEST_AT"),
        "selftest_broker": os.environ.get("HOMEHD_SELFTEST_BROKER"),
        "heartbeat_url": os.environ.get("HOMEHD_HEARTBEAT_URL"),
        "hl7": _named_urls("HOMEHD_HL7"),
        "hl7_sender": os.environ.get("HOMEHD_HL7_SENDER"),
        "oidc_issuer": os.environ.get("HOMEHD_OIDC_ISSUER"),
        "oidc_client_id": os.environ.get("HOMEHD_OIDC_CLIENT_ID"),
        "oidc_client_secret": os.environ.get("HOMEHD_OIDC_CLIENT_SECRET"),
        "oidc_client_secret_file": os.environ.get("HOMEHD_OIDC_CLIENT_SECRET_FILE"),
    }
    loaded = settings.load(ServerSettings, options.config, environment)
    _check_database(loaded.database)
    if _is_named(loaded.broker):
        broker_address.parse(loaded.broker)
    return loaded


@contextmanager
def database(loaded: ServerSettings) -> Iterator[str]:
    """The database's URL, the embedded one started if none is named."""
    if loaded.database:
        yield loaded.database
        return
    with _embedded_database(loaded) as instance:
        yield instance.url


@contextmanager
def broker(loaded: ServerSettings) -> Iterator[str]:
    """The broker's URL, the embedded one started if none is named."""
    if _is_named(loaded.broker):
        yield loaded.broker
        return
    with embedded_broker.attach(loaded.home_path, _kind(loaded.broker)) as share:
        yield share.url


@contextmanager
def services(loaded: ServerSettings) -> Iterator[Services]:
    """Both, for as long as a service runs: embedded ones that die are started again."""
    with ExitStack() as stack:
        kept: list[Kept] = []
        database_url, broker_url = loaded.database, loaded.broker
        if not database_url:
            instance = stack.enter_context(_embedded_database(loaded))
            database_url = instance.url
            kept.append(instance)
        if not _is_named(broker_url):
            share = stack.enter_context(embedded_broker.attach(loaded.home_path, _kind(loaded.broker)))
            broker_url = share.url
            kept.append(share)
        if kept:
            stack.enter_context(keeping(kept))
        yield Services(database_url, broker_url)


def _embedded_database(loaded: ServerSettings) -> EmbeddedDatabase:
    try:
        from store import embedded
    except ImportError as error:
        hint = "pip install 'homehd[embedded]', or set HOMEHD_DATABASE"
        raise HomehdError("start the embedded database", str(error.name), hint=hint) from error
    return embedded.start(loaded.home_path)


def _is_named(url: str | None) -> TypeGuard[str]:
    return url is not None and not url.startswith(_EMBEDDED)


def _kind(text: str | None) -> Kind | None:
    if text is None:
        return None
    kind = text.removeprefix(_EMBEDDED)
    if kind not in KINDS:
        raise SettingsError("read settings", f"HOMEHD_BROKER={text}", hint=f"embedded brokers: {', '.join(KINDS)}")
    return kind


def _integer(name: str) -> int | None:
    text = os.environ.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise SettingsError("read settings", f"{name}={text!r}", hint="a whole number") from error


def _folders(name: str) -> list[str] | None:
    text = os.environ.get(name)
    return None if text is None else [folder for folder in text.split(os.pathsep) if folder]


def _named_urls(name: str) -> dict[str, str] | None:
    """`NAME=URL NAME=URL`, of a variable."""
    text = os.environ.get(name)
    if text is None:
        return None
    pairs = [word.partition("=") for word in text.split()]
    found = {key: url for key, _, url in pairs}
    if not all(key and url for key, url in found.items()) or len(found) < len(pairs):
        raise SettingsError("read settings", name, hint="NAME=URL, several with spaces between, each name once")
    return found


def _check_database(url: str | None) -> None:
    if url is None:
        return
    hint = "expected postgresql://[user:password@]host[:port]/database"
    try:
        scheme = urlsplit(url).scheme
    except ValueError as error:
        raise SettingsError("read settings", "HOMEHD_DATABASE", hint=f"{hint}; {error}") from error
    if scheme not in ("postgresql", "postgres"):
        # The URL itself may hold a password, so it is not shown.
        raise SettingsError("read settings", "HOMEHD_DATABASE", hint=hint)
