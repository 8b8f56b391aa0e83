"""What the database server says of itself, for an operator."""

from __future__ import annotations

from dataclasses import dataclass

from store.pool import Connection
from store.queries import run


@dataclass(frozen=True, slots=True)
class Server:
    """A server's version, and TimescaleDB's with its edition ("2.19.3, Apache edition"), None where it is not used."""

    version: str
    timescale: str | None


def server(conn: Connection) -> Server:
    """Ask the server behind this connection."""
    version, extension, licence = run(conn, "server_facts").fetchall()[0]
    if extension is None:
        return Server(version, None)
    edition = "Apache edition" if licence == "apache" else "community edition"
    return Server(version, f"{extension}, {edition}")
