"""Database errors, translated at one place into what a person can act on. No password, no row content ever gets in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from telemetry.errors import HomehdError


class Trouble(StrEnum):
    """What sort of trouble it is: five different people, five different remedies."""

    UNAVAILABLE = "unavailable"  # not there, starting, shutting down, connection lost
    BUSY = "busy"  # deadlock, lock or statement time-out: the same again may work
    CREDENTIALS = "credentials"  # who we are there, and what we may do
    NO_DATABASE = "no database"
    SCHEMA = "schema"  # missing, older or newer than this program
    FULL = "full"
    READ_ONLY = "read-only"
    CONFLICT = "conflict"  # there is one already, or what it points to is not there
    REFUSED = "refused"  # the database will not have these data: a check, a value no column holds
    OTHER = "other"


class StoreError(HomehdError):
    """The database could not do what was asked.

    Attributes:
        trouble: what sort of trouble; `recoverable` follows from it.
    """

    def __init__(self, operation: str, subject: str = "", *, trouble: Trouble, hint: str = "") -> None:
        self.trouble = trouble
        super().__init__(operation, subject, hint=hint, recoverable=trouble in _RECOVERABLE)


# What the database says of the data themselves: of the same data it will say so again.
REFUSALS: Final = frozenset({Trouble.REFUSED, Trouble.CONFLICT})
# What lies in what was asked for, and not in the database as a whole: another question may well be answered.
OURS: Final = REFUSALS | {Trouble.OTHER}
_RECOVERABLE: Final = {Trouble.UNAVAILABLE, Trouble.BUSY, Trouble.FULL, Trouble.READ_ONLY}


@dataclass(frozen=True, slots=True)
class _Remedy:
    trouble: Trouble
    hint: str


_NOT_THERE: Final = "is PostgreSQL running there? `homehd doctor` tells more"
_MIGRATE: Final = "run `homehd migrate`"
_UNFIT: Final = _Remedy(Trouble.REFUSED, "a value that its column cannot hold")
_UNAVAILABLE: Final = _Remedy(Trouble.UNAVAILABLE, "the database went away; it is tried again")

# SQLSTATE, or its class, to what to do; the longest match counts.
_BY_STATE: Final[dict[str, _Remedy]] = {
    "08": _UNAVAILABLE,
    "57P": _UNAVAILABLE,
    "57014": _Remedy(Trouble.BUSY, "took too long and was cancelled"),
    "40": _Remedy(Trouble.BUSY, "two transactions collided; the same again may work"),
    "55P03": _Remedy(Trouble.BUSY, "a lock was not free in time"),
    "53": _Remedy(Trouble.UNAVAILABLE, "the database is out of resources: connections, memory"),
    "53100": _Remedy(Trouble.FULL, "the database's disk is full: free space on it, nothing else is needed"),
    "25P03": _UNAVAILABLE,  # idle in a transaction for too long
    "58": _Remedy(Trouble.UNAVAILABLE, "the database's own system fails: its log and its disk say more"),
    "25006": _Remedy(Trouble.READ_ONLY, "the database is read-only: a standby? point HOMEHD_DATABASE at the primary"),
    "28": _Remedy(Trouble.CREDENTIALS, "check user and password in HOMEHD_DATABASE"),
    "3D000": _Remedy(Trouble.NO_DATABASE, "create it (createdb) or correct HOMEHD_DATABASE"),
    "42P01": _Remedy(Trouble.SCHEMA, _MIGRATE),
    "42703": _Remedy(Trouble.SCHEMA, _MIGRATE),
    "42883": _Remedy(Trouble.SCHEMA, _MIGRATE),
    "3F000": _Remedy(Trouble.SCHEMA, _MIGRATE),
    "23503": _Remedy(Trouble.CONFLICT, "what it points to is not there"),
    "23505": _Remedy(Trouble.CONFLICT, "there is one already"),
    "22": _UNFIT,
    "23": _Remedy(Trouble.REFUSED, "a check of the database refused it"),
    "42501": _Remedy(Trouble.CREDENTIALS, "the database user may not do this: GRANT it, or correct HOMEHD_DATABASE"),
}

# libpq gives no SQLSTATE when a connection fails: the server's words are all there is.
_BY_WORDS: Final[tuple[tuple[str, _Remedy], ...]] = (
    ("password authentication failed", _BY_STATE["28"]),
    ("no password supplied", _BY_STATE["28"]),
    ("no pg_hba.conf entry", _Remedy(Trouble.CREDENTIALS, "the server's pg_hba.conf does not let this user in")),
    ("authentication failed", _BY_STATE["28"]),
    ('role "', _BY_STATE["28"]),
    ('database "', _BY_STATE["3D000"]),
    ("starting up", _Remedy(Trouble.UNAVAILABLE, "the database is starting; it is tried again")),
    ("too many clients", _BY_STATE["53"]),
)


@contextmanager
def translate(operation: str, subject: str = "") -> Iterator[None]:
    """Any psycopg error of the block as a StoreError that says `operation`."""
    try:
        yield
    except psycopg.Error as error:
        raise _translated(error, operation, subject) from error


def connect_error(error: BaseException, url: str) -> StoreError:
    """Why a connection could not be had, told without the password."""
    words = str(error)
    remedy = next((r for text, r in _BY_WORDS if text in words), None)
    remedy = remedy or _Remedy(Trouble.UNAVAILABLE, _NOT_THERE)
    return StoreError("connect to the database", describe(url), trouble=remedy.trouble, hint=remedy.hint)


def describe(url: str) -> str:
    """Where a URL points, for a person: host, port, database; never user or password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        return "HOMEHD_DATABASE"
    host = str(parts.get("host") or parts.get("hostaddr") or "local socket")
    where = host if host.startswith("/") or "port" not in parts else f"{host}:{parts['port']}"
    return f"{where}, database {parts.get('dbname') or 'by user name'}"


def _translated(error: psycopg.Error, operation: str, subject: str) -> StoreError:
    if isinstance(error, PoolTimeout | PoolClosed | TooManyRequests):
        return StoreError(operation, subject, trouble=Trouble.UNAVAILABLE, hint=f"no connection was free: {error}")
    state = error.sqlstate or ""
    for length in (5, 3, 2):
        if state[:length] in _BY_STATE:
            remedy = _BY_STATE[state[:length]]
            return StoreError(operation, subject or _named(error), trouble=remedy.trouble, hint=remedy.hint)
    if not state and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreError(operation, subject, trouble=Trouble.UNAVAILABLE, hint=_UNAVAILABLE.hint)
    if not state and isinstance(error, psycopg.DataError):
        return StoreError(operation, subject, trouble=_UNFIT.trouble, hint=_UNFIT.hint)
    what = f"SQLSTATE {state}" if state else type(error).__name__
    return StoreError(operation, subject, trouble=Trouble.OTHER, hint=f"{what}; the server's log has the details")


def _named(error: psycopg.Error) -> str:
    # The names of things are ours; the message's detail would quote a row.
    return error.diag.constraint_name or error.diag.table_name or ""
