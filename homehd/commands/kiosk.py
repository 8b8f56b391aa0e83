"""`homehd kiosk`: screens on walls."""

from __future__ import annotations

import argparse
import getpass
import secrets
from contextlib import closing
from typing import Final

from clinician_api.people.sessions import code_hash
from homehd import names, settings, times
from store import audit, kiosks, migrate, pool, registry
from store.audit import Deed
from telemetry.clock import MICROSECONDS, SystemClock
from telemetry.errors import HomehdError

# Without letters and digits that are taken for one another; fifteen of them are 74 bits.
_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_GROUPS: Final = 3
CODE_US: Final = 15 * 60 * MICROSECONDS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """add NAME, code NAME, list, quiet NAME, remove NAME."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    add = verbs.add_parser("add", help="a new screen; prints its one-time code", allow_abbrev=False)
    add.add_argument("--clinic", required=True, metavar="C", help="the only one it shows; created when it is new")
    add.add_argument("--names", choices=("shown", "hidden"), default="shown", help="of patients; default: %(default)s")
    code = verbs.add_parser("code", help="another code: the browser that uses it is this screen", allow_abbrev=False)
    listing = verbs.add_parser("list", help="all screens, one a line", allow_abbrev=False)
    quiet = verbs.add_parser(
        "quiet", help="nobody is told that it is silent, until it is armed again", allow_abbrev=False
    )
    remove = verbs.add_parser("remove", help="it shows nothing any more, within seconds", allow_abbrev=False)
    for verb in (add, code, quiet, remove):
        verb.add_argument("name", metavar="NAME", help="where it hangs")
    for verb in (add, code, listing, quiet, remove):
        settings.add_arguments(verb)


def run(options: argparse.Namespace) -> int:
    """Carry out one verb."""
    with (
        settings.database(settings.load(options)) as url,
        closing(pool.connect(url, name="homehd kiosk")) as conn,
    ):
        migrate.check(conn)
        if options.verb == "list":
            for kiosk in kiosks.all_of(conn):
                print(*map(names.shown, (kiosk.name, _shows(kiosk), _state(kiosk), *_hides(kiosk))), sep="\t")
            return 0
        with pool.transaction(conn, f"{options.verb} kiosk"):
            told = _change(conn, options)
        print(told)
    return 0


def _change(conn: pool.Connection, options: argparse.Namespace) -> str:
    now = SystemClock().now_us()
    if options.verb == "remove":
        kiosk = kiosks.named(conn, options.name)
        kiosks.remove(conn, kiosk.kiosk_id, now)
        _note(conn, "remove kiosk", kiosk.kiosk_id, now)
        return f"{names.shown(kiosk.name)}\tremoved"
    if options.verb == "quiet":
        kiosk = kiosks.named(conn, options.name)
        if not kiosks.quieten(conn, kiosk.kiosk_id):
            raise HomehdError(
                "quiet kiosk", f"{names.shown(kiosk.name)} is armed", hint="turn its sound off on the screen"
            )
        _note(conn, "quiet kiosk", kiosk.kiosk_id, now)
        return f"{names.shown(kiosk.name)}\tnot expected to be heard until it is armed again"
    code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(_GROUPS))
    if options.verb == "add":
        name = names.checked_name(options.name, named="NAME")
        clinic = names.checked_name(options.clinic, named="--clinic")
        clinic_id = registry.add_clinic(conn, clinic)
        hidden = options.names == "hidden"
        until = now + CODE_US
        number = kiosks.add(conn, name, clinic_id, code_hash(code), now, until, hides_names=hidden)
        _note(conn, "add kiosk", number, now, clinic=clinic, names=options.names)
    else:
        kiosk = kiosks.named(conn, options.name)
        name = kiosk.name
        kiosks.offer(conn, kiosk.kiosk_id, code_hash(code), now + CODE_US)
        _note(conn, "offer kiosk code", kiosk.kiosk_id, now)
    waits = times.told(now + CODE_US)
    return f"{names.shown(name)}\tcode: {code}\tgood once, until {waits}: type it on the screen itself"


def _shows(kiosk: kiosks.Kiosk) -> str:
    return kiosk.clinic if kiosk.team is None else f"{kiosk.clinic}, {kiosk.team} only"


def _state(kiosk: kiosks.Kiosk) -> str:
    if kiosk.bound_us is not None:
        return f"bound since {times.told(kiosk.bound_us)}"
    if kiosk.code_until_us is not None and kiosk.code_until_us > SystemClock().now_us():
        return f"code waits until {times.told(kiosk.code_until_us)}"
    return "not bound"


def _hides(kiosk: kiosks.Kiosk) -> tuple[str, ...]:
    return ("names hidden",) if kiosk.hides_names else ()


def _note(conn: pool.Connection, action: str, kiosk_id: int, now_us: int, **detail: str) -> None:
    audit.append(conn, Deed(now_us, audit.operator(getpass.getuser()), action, audit.kiosk(kiosk_id), detail))
