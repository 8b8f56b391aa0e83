"""Settings of the API, checked when read."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Final

import msgspec

from clinician_api.access import Role
from clinician_api.signin.options import HospitalOptions
from telemetry.disk_limits import Limits

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

COOKIE: Final = "homehd_session"
STATIC_DIR = Path(__file__).parent / "static"


class DemoLogin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account shown on the sign-in page of a demonstration."""

    email: str
    password: str
    name: str
    role: str


class ApiOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the API runs.

    Attributes:
        database_url: PostgreSQL URL.
        broker_url: `mqtt://host:port`, where live frames come from.
        host, port: where to listen; port 0 takes a free one.
        static_dir: the built dashboard.
        allowed_origins: further origins a page of ours may have, `https://hd.example.org`; the host that was asked for
            always is. One with https, or https in `public_url`, means that TLS is in front: cookies are then bound to
            it, and no page that came without it is ours.
        trusted_proxies: addresses or networks of our own proxies, `10.0.0.5`, `10.1.0.0/16`. X-Forwarded-For is
            believed from them and from nobody else; without it everybody behind a proxy has one address.
        demo_accounts: only for demonstrations.
        metrics_port: Prometheus on 127.0.0.1, a port of its own; 0 takes a free one, None switches it off.
        session_hours: absolute life of a session.
        idle_minutes: it ends earlier when nothing was asked and no live socket was open for so long.
        max_connections: connections, live sockets among them; above it the answer is 503.
        address_share: the part of them that one address may have. A proxy of ours is asked for whom it asks; one that
            is not among `trusted_proxies` is one address, and so is a hospital behind one.
        stall_s: a client that takes nothing of what it is sent for so long is closed.
        recheck_s: how often the sessions of open sockets are looked at.
        trust_s: while the database cannot be asked, a session counts for so long as it was when last checked.
        heartbeat_s: a status message at least this often.
        public_url: where people open the dashboard. Passkeys belong to its host; without it, to the host that is asked.
        hospital: by whose provider people may sign in; None: by local accounts only.
        second_factor_roles: roles for which a password is not enough: their accounts must have a passkey.
        break_glass_hours: how long access lasts that somebody opens to a patient who is not among theirs.
        break_glass_across_clinics: whether that may be a patient of another clinic.
        database_folders: where the database keeps its files, if they are on this machine.
        disk_limits: when the disk of the database is low, and when it is as good as full.
    """

    database_url: str
    broker_url: str = "mqtt://127.0.0.1:1883"
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8080
    static_dir: Path = STATIC_DIR
    allowed_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    demo_accounts: tuple[DemoLogin, ...] = ()
    metrics_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] | None = 0
    session_hours: Annotated[float, msgspec.Meta(gt=0, le=24)] = 12.0
    idle_minutes: Annotated[float, msgspec.Meta(ge=2, le=1440)] = 60.0
    max_connections: Annotated[int, msgspec.Meta(ge=10, le=20000)] = 2000
    address_share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.5
    stall_s: Annotated[float, msgspec.Meta(ge=0.2, le=60)] = 10.0
    recheck_s: Annotated[float, msgspec.Meta(ge=0.1, le=4)] = 2.0
    trust_s: Annotated[float, msgspec.Meta(ge=0, le=86400)] = 1800.0
    heartbeat_s: Annotated[float, msgspec.Meta(ge=0.1, le=5)] = 3.0
    public_url: str | None = None
    hospital: HospitalOptions | None = None
    second_factor_roles: tuple[str, ...] = ()
    break_glass_hours: Annotated[float, msgspec.Meta(ge=0.25, le=24)] = 4.0
    break_glass_across_clinics: bool = False
    database_folders: tuple[Path, ...] = ()
    disk_limits: Limits = Limits()

    def __post_init__(self) -> None:
        """ValueError for a proxy that is neither an address nor a network, a role that there is not, a bad address, and
        where one address says that TLS is in front and another that it is not.
        """
        _ = self.proxies
        wrong = sorted(set(self.second_factor_roles) - {str(role) for role in Role if role is not Role.KIOSK})
        if wrong:
            raise ValueError(f"no such role: {', '.join(wrong)}")
        bare = [address for address in self._addresses if not address.startswith("https://")]
        if self.https and bare:
            secure = next(address for address in self._addresses if address.startswith("https://"))
            raise ValueError(
                f"{secure} says that people come by https and {bare[0]} that they do not: dashboard_url and all of"
                " allowed_origins are to begin with https://, or none of them"
            )

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The trusted proxies, as networks."""
        return tuple(ipaddress.ip_network(proxy) for proxy in self.trusted_proxies)

    @property
    def connections_per_address(self) -> int:
        """How many of `max_connections` one address may have."""
        return max(1, int(self.max_connections * self.address_share))

    @property
    def https(self) -> bool:
        """Whether people reach it over TLS (ended here or at a proxy before us)."""
        return any(address.startswith("https://") for address in self._addresses)

    @property
    def _addresses(self) -> tuple[str, ...]:
        hospital = None if self.hospital is None else self.hospital.public_url
        return tuple(one for one in (self.public_url, hospital, *self.allowed_origins) if one is not None)
