"""`homehd channels`: try out a way to reach somebody, before it is needed."""

from __future__ import annotations

import argparse
import sys
from uuid import uuid4

from homehd import paging, settings
from homehd.settings import ServerSettings
from notifier.channels import Channels, Unreachable, vapid
from notifier.page import Page
from notifier.words import Language, Occasion
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
    for action in (check, test):
        action.add_argument(
            "address", metavar="ADDRESS",
            help="mailto://…, ntfys://… or another of docs/operations/channels.md; - reads it from standard input, "
            "where nobody sees it in the list of processes",
        )  # fmt: skip
    test.add_argument("--language", type=Language, choices=list(Language), default=Language.ENGLISH)
    actions.add_parser("key", help="the public key that browsers subscribe to; made when there is none")


def run(options: argparse.Namespace) -> int:
    """1 with the reason when an address cannot be used or nothing was taken."""
    loaded = settings.load(options)
    if options.action == "key":
        print(vapid.public_text(vapid.load_or_create(paging.key_path(loaded))))
        return 0
    address = sys.stdin.read().strip() if options.address == "-" else options.address
    channels = paging.channels(loaded, SystemClock())
    channels.check(address)
    if options.action == "check":
        print(f"{channels.mask(address)} can be used")
        return 0
    return _test(channels, address, options.language, loaded)


def _test(channels: Channels, address: str, language: Language, loaded: ServerSettings) -> int:
    page = Page(uuid4().hex, Priority.LOW, language=language, occasion=Occasion.TEST, site=paging.site(loaded))
    try:
        sent = channels.send(address, page, TIMEOUT_S)
    except Unreachable as error:
        hint = "gone for good: enter a new one" if error.permanent else error.why
        raise HomehdError("send a test page", channels.mask(address), hint=hint) from error
    print(f"{channels.mask(address)}: {sent.receipt} – {sent.detail}")
    return 0
