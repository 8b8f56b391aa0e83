"""`homehd hl7`: alerts and readings to other systems. Without a verb it is the service, in the foreground."""

from __future__ import annotations

import argparse
import getpass
from contextlib import closing

from courier import destinations, service
from homehd import names, settings, times
from homehd.stopping import stop_event
from store import audit, hl7_destinations, migrate, notices, pool
from store.hl7_destinations import Standing, WaitingMessage
from store.pool import Connection
from telemetry.clock import SystemClock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """list, release NAME, resend ID, skip ID, retire NAME; nothing: serve."""
    settings.add_arguments(parser)
    verbs = parser.add_subparsers(dest="verb")
    listing = verbs.add_parser("list", help="destinations, and what waits or is parked", allow_abbrev=False)
    release = verbs.add_parser("release", help="one that has refused a message is sent to again", allow_abbrev=False)
    release.add_argument("name", metavar="NAME", help="of the destination")
    release.add_argument("--skip", action="store_true", help="without the message that it refused")
    retire = verbs.add_parser("retire", help="one is told no more: for when no sender runs", allow_abbrev=False)
    retire.add_argument("name", metavar="NAME", help="of the destination")
    resend = verbs.add_parser("resend", help="a message that is parked or was skipped goes again", allow_abbrev=False)
    skip = verbs.add_parser("skip", help="a message that waits or is parked never goes", allow_abbrev=False)
    for verb in (resend, skip):
        verb.add_argument("message", type=int, metavar="ID", help="its number, by `homehd hl7 list`")
    for verb in (listing, release, retire, resend, skip):
        settings.add_arguments(verb)


def run(options: argparse.Namespace) -> int:
    """Blocks until SIGTERM, unless there is a verb."""
    loaded = settings.load(options)
    if options.verb is None:
        to = destinations.parse_all(loaded.hl7, loaded.hl7_sender)
        with settings.database(loaded) as url:
            service.run(service.Hl7Options(url, to, loaded.hl7_health_port), SystemClock(), stop_event())
        return 0
    with settings.database(loaded) as url, closing(pool.connect(url, name="homehd hl7")) as conn:
        migrate.check(conn)
        for line in _do(conn, options):
            print(line)
    return 0


def _do(conn: Connection, options: argparse.Namespace) -> list[str]:
    now_us = notices.database_us(conn)
    if options.verb == "list":
        found = [_standing(one) for one in hl7_destinations.standing(conn)]
        return found + [_waiting(one) for one in hl7_destinations.waiting(conn)]
    actor = audit.operator(getpass.getuser())
    if options.verb == "release":
        number = hl7_destinations.release(conn, options.name, actor, now_us, skip=options.skip)
        if number is None:
            return [f"{options.name}\twas not stopped"]
        return [f"{options.name}\tgoes on {'after' if options.skip else 'with'} message {number}"]
    if options.verb == "retire":
        hl7_destinations.retire(conn, options.name, actor, now_us)
        return [f"{options.name}\tis told no more"]
    if options.verb == "resend":
        return [
            f"{hl7_destinations.resend(conn, options.message, actor, now_us)}\tmessage {options.message} goes again"
        ]
    return [f"{hl7_destinations.skip(conn, options.message, actor, now_us)}\tmessage {options.message} does not go"]


def _standing(one: Standing) -> str:
    what = [
        *(["alerts"] if one.alerts else []),
        *([f"readings every {one.readings_every_s} s"] if one.readings_every_s else []),
    ]
    state = "goes on"
    if one.stopped_us is not None:
        state = f"stopped since {times.told(one.stopped_us)}: it refused message {one.stopped_by} ({one.stopped_why})"
    left_out = f"\t{one.left_out} readings left out" if one.left_out else ""
    return f"{one.name}\t{', '.join(what)}\t{one.waiting} waiting\t{one.parked} parked\t{state}{left_out}"


def _waiting(one: WaitingMessage) -> str:
    said = names.shown(one.answer) or "no answer yet"
    return (
        f"{one.destination}\t{one.message_id}\t{one.outcome}\t{one.about}\tqueued {times.told(one.queued_us)}"
        f"\tsent {one.attempts} times\t{said}"
    )
