"""`homehd channels`: ways to reach people: enter them, list them, try them out before they are needed."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from uuid import uuid4

from homehd import paging, people_channels, settings
from homehd.settings import ServerSettings
from notifier.channels import Channels, Unreachable, vapid
from notifier.page import Page
from notifier.words import Language, Occasion
from store import migrate, pool
from telemetry.alarms import Priority
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError

TIMEOUT_S = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with which address."""
    settings.add_arguments(parser)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="whether an address can be used; sends nothing")
    test = actions.add_parser("test", help="send one test page and say what became of it")
    add = actions.add_parser("add", help="a way to reach this person from now on", allow_abbrev=False)
    add.add_argument("email", metavar="EMAIL", help="of the person's account")
    for action in (check, test, add):
        action.add_argument(
            "address", metavar="ADDRESS",
            help="mailto://…, ntfys://… or another of docs/operations/channels.md; - reads it from standard input, "
            "where nobody sees it in the list of processes",
        )  # fmt: skip
    for action in (test, add):
        action.add_argument("--language", type=Language, choices=list(Language), default=Language.ENGLISH)
    add.add_argument("--second", action="store_true", help="only where the first gave no receipt, or time is short")
    add.add_argument("--label", metavar="TEXT", help="as the person calls it (default: scheme and host)")
    listing = actions.add_parser("list", help="the ways in use, one a line", allow_abbrev=False)
    listing.add_argument("email", nargs="?", metavar="EMAIL", help="of one person only")
    remove = actions.add_parser("remove", help="use a way no more", allow_abbrev=False)
    remove.add_argument("number", type=int, metavar="NUMBER", help="as in `list`")
    actions.add_parser("key", help="the public key that browsers subscribe to; made when there is none")


def run(options: argparse.Namespace) -> int:
    """1 with the reason when an address cannot be used or nothing was taken."""
    loaded = settings.load(options)
    if options.action == "key":
        print(vapid.public_text(vapid.load_or_create(paging.key_path(loaded))))
        return 0
    if options.action in ("list", "remove"):
        return _kept(options, loaded)
    address = sys.stdin.read().strip() if options.address == "-" else options.address
    channels = paging.channels(loaded, SystemClock())
    channels.check(address)
    if options.action == "check":
        print(f"{channels.mask(address)} can be used")
        return 0
    if options.action == "add":
        with settings.database(loaded) as url, closing(pool.connect(url, name="homehd channels")) as conn:
            migrate.check(conn)
            print(people_channels.add(conn, channels, options, address, SystemClock().now_us()))
        return 0
    return _test(channels, address, options.language, loaded)


def _kept(options: argparse.Namespace, loaded: ServerSettings) -> int:
    with settings.database(loaded) as url, closing(pool.connect(url, name="homehd channels")) as conn:
        migrate.check(conn)
        if options.action == "remove":
            people_channels.remove(conn, options.number, SystemClock().now_us())
            return 0
        for line in people_channels.lines(conn, paging.channels(loaded, SystemClock()), options.email):
            print(line)
    return 0


def _test(channels: Channels, address: str, language: Language, loaded: ServerSettings) -> int:
    page = Page(uuid4().hex, Priority.LOW, language=language, occasion=Occasion.TEST, site=paging.site(loaded))
    try:
        sent = channels.send(address, page, TIMEOUT_S)
    except Unreachable as error:
        hint = "gone for good: enter a new one" if error.permanent else error.why
        raise HomehdError("send a test page", channels.mask(address), hint=hint) from error
    print(f"{channels.mask(address)}: {sent.receipt} – {sent.detail}")
    return 0
