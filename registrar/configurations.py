"""Remote settings: made and signed at a person's command, put on the broker by the service, retained.

The service signs nothing: whoever takes over database or broker can hold a configuration back, never make one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from registrar import ca_files, identities, signing
from registrar.authority import Authority
from store import audit, certificates, unit_settings
from store.audit import Deed
from store.errors import StoreError, Trouble
from store.pool import Connection, transaction
from store.unit_settings import StoredSettings
from telemetry import topics, wire

SIGNER_FILE = "configuration.pem"


def make(
    conn: Connection,
    authority: Authority,
    folder: Path,
    unit: str,
    settings: str,
    author: str,
    reason: str,
    now_us: int,
) -> int:
    """Sign and keep the next version of a unit's settings; gives its serial.

    StoreError for a unit that is not there or revoked; WireError for settings too long to travel. What is in them must
    have been checked.
    """
    path = folder / SIGNER_FILE
    identities.signer(conn, authority, path, now_us)
    key, certificate = ca_files.key_and_certificate(path)
    with transaction(conn, "configure unit"):
        locked = certificates.lock_unit(conn, unit)
        if locked is None or locked.revoked_us is not None:
            hint = "`homehd units list` shows those there are"
            raise StoreError("configure unit", unit, trouble=Trouble.CONFLICT, hint=hint)
        serial = unit_settings.newest_serial(conn, locked.unit_id) + 1
        signed = signing.sign(key, certificate, unit, serial, settings.encode())
        stored = StoredSettings(serial, settings, author, reason, now_us)
        unit_settings.add(conn, locked.unit_id, stored, wire.encode(signed))
        deed = Deed(now_us, audit.operator(author), "configure unit", unit, {"serial": serial, "reason": reason})
        audit.append(conn, deed)
    return serial


class Publisher:
    """What the broker has been given since it was last connected, so that only what is new goes there."""

    def __init__(self, publish: Callable[[str, bytes], bool]) -> None:
        """`publish`: topic and payload, to be retained; False when it could not be handed over."""
        self._publish = publish
        self._given: dict[str, int] = {}
        self._connection = 0

    def bring(self, conn: Connection, connection: int) -> int:
        """Give the broker what it has not got; how many that were.

        `connection` counts the connections: after a new one, perhaps to an emptied broker, everything is given again.
        """
        if connection != self._connection:
            self._given, self._connection = {}, connection
        given = 0
        for newest in unit_settings.newest_messages(conn):
            if self._given.get(newest.unit, 0) < newest.serial:
                if not self._publish(topics.home(newest.shard, newest.unit, "config"), newest.message):
                    break
                self._given[newest.unit] = newest.serial
                given += 1
        return given
