"""Screens on walls: each is bound to one browser by a one-time code, sees one clinic, and can do nothing.

Codes and tokens come here already hashed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from store.errors import StoreError, Trouble
from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_text


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A screen on a wall.

    Attributes:
        team_id: the team whose patients alone it shows; None: all of the clinic.
        bound_us: since when a browser is it; None: none is. code_until_us: until when a code waits; None: none does.
        hides_names: of patients; it hangs where visitors pass.
    """

    kiosk_id: int
    name: str
    clinic_id: int
    clinic: str
    bound_us: int | None
    code_until_us: int | None
    hides_names: bool = False
    team_id: int | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True)
class SilentKiosk:
    """A wall that was heard and is not any more; times are microseconds since 1970 UTC.

    Attributes:
        armed_us: when it was last armed. bound: whether a browser is it. sound: what it said last of itself: off,
            blocked, paused or armed. said_us: when it was last there to say so.
    """

    kiosk_id: int
    name: str
    clinic_id: int
    armed_us: int
    bound: bool
    sound: str | None
    said_us: int | None


def add(
    conn: Connection, name: str, clinic_id: int, code_hash: bytes, now_us: int, until_us: int,
    *, hides_names: bool = False,
) -> int:  # fmt: skip
    """A new kiosk's id; StoreError (CONFLICT) when another has that name in any spelling of case."""
    parameters = {
        "name": storable_text(name, 200), "clinic": clinic_id, "code": code_hash, "now": now_us, "until": until_us,
        "hides_names": hides_names,
    }  # fmt: skip
    return int(run(conn, "add_kiosk", parameters).fetchall()[0][0])


def offer(conn: Connection, kiosk_id: int, code_hash: bytes, until_us: int) -> None:
    """Another code: whoever uses it is the kiosk from then on, and the browser before is no more."""
    run(conn, "offer_kiosk_code", {"kiosk": kiosk_id, "code": code_hash, "until": until_us})


def remove(conn: Connection, kiosk_id: int, now_us: int) -> None:
    """It is no kiosk any more, at once; its name is free."""
    run(conn, "remove_kiosk", {"kiosk": kiosk_id, "now": now_us})


def show_team(conn: Connection, kiosk_id: int, team_id: int | None) -> None:
    """From now on it shows the patients of that team only; None: those of its clinic again."""
    run(conn, "show_team_on_kiosk", {"kiosk": kiosk_id, "team": team_id})


def quieten(conn: Connection, kiosk_id: int) -> bool:
    """Nobody expects it to be heard until it is armed again; False, and nothing is done, while it is armed."""
    return run(conn, "quieten_kiosk", {"kiosk": kiosk_id}).fetchone() is not None


def silent(conn: Connection, before_us: int) -> list[SilentKiosk]:
    """Those that were armed and have not been since before then."""
    return [SilentKiosk(*row) for row in run(conn, "silent_kiosks", {"before": before_us})]


async def note_sounds(conn: AsyncConnection, sounds: Mapping[int, str]) -> None:
    """What open walls say of whether they would be heard, by kiosk; now, by the database's clock."""
    if sounds:
        await arun(conn, "note_kiosk_sounds", {"kiosks": list(sounds), "sounds": list(sounds.values())})


def all_of(conn: Connection) -> list[Kiosk]:
    """Those that have not been removed, in order of their numbers."""
    return [Kiosk(*row) for row in run(conn, "kiosks")]


def named(conn: Connection, name: str) -> Kiosk:
    """The kiosk of that name, the case of letters set aside; StoreError when there is none."""
    for kiosk in all_of(conn):
        if kiosk.name.lower() == name.strip().lower():
            return kiosk
    hint = "`homehd kiosk list` shows those there are"
    raise StoreError("find kiosk", name, trouble=Trouble.CONFLICT, hint=hint)


async def bind(conn: AsyncConnection, code_hash: bytes, token_hash: bytes, now_us: int) -> Kiosk | None:
    """Make the browser of this token the kiosk of this code; None when the code is nobody's, used or too old.

    Of several who use a code at once exactly one gets it.
    """
    parameters = {"code": code_hash, "token": token_hash, "now": now_us}
    row = await (await arun(conn, "bind_kiosk", parameters)).fetchone()
    return Kiosk(*row) if row else None


async def of_token(conn: AsyncConnection, token_hash: bytes) -> Kiosk | None:
    """The kiosk a browser is, or None."""
    return (await of_tokens(conn, [token_hash])).get(token_hash)


async def of_tokens(conn: AsyncConnection, token_hashes: Sequence[bytes]) -> dict[bytes, Kiosk]:
    """The kiosks that browsers are, by the hashes of their tokens; those that are none are left out."""
    rows = await arun(conn, "kiosks_of_tokens", {"tokens": list(token_hashes)})
    return {bytes(row[0]): Kiosk(*row[1:]) async for row in rows}


async def release(conn: AsyncConnection, token_hash: bytes) -> int | None:
    """This browser is no kiosk any more, and which it was; None: it was none."""
    row = await (await arun(conn, "release_kiosk", {"token": token_hash})).fetchone()
    return int(row[0]) if row else None
