"""Ways to reach people, entered: add, list, remove. Addresses are shown as their scheme and host."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Iterator
from typing import Final

from homehd import names
from notifier.channels import Channels
from store import accounts, audit, channels, own_channels, pool
from store.accounts import Account
from store.audit import Deed
from store.channels import Channel
from store.pool import Connection
from telemetry.errors import SettingsError

SCREEN: Final = "screen"


def add(conn: Connection, ways: Channels, options: argparse.Namespace, address: str, now_us: int) -> str:
    """A new channel of a person; what it is called from now on. AddressError says what is wrong with the address."""
    person = _person(conn, options.email)
    ways.check(address)
    kind = "web push" if address.lstrip().startswith("{") else "apprise"
    with pool.transaction(conn, "add channel"):
        number = channels.add(
            conn, person.user_id, kind, address, host=ways.host(address), label=options.label or ways.mask(address),
            tier=2 if options.second else 1, language=options.language, now_us=now_us,
        )  # fmt: skip
        _record(conn, "add channel", person, number, now_us)
    return f"{number}\t{ways.mask(address)}"


def lines(conn: Connection, ways: Channels, email: str | None) -> Iterator[str]:
    """Every channel in use of one person or of all: number, e-mail, when it is used, address, label, last tested."""
    people = {account.user_id: account for account in accounts.list_users(conn)}
    wanted = [_person(conn, email).user_id] if email else list(people)
    for one in channels.of(conn, wanted):
        if one.disabled_us is None:
            tested = "tested" if one.tested_us is not None else "not tested"
            used = "at once" if one.tier == 1 else "second"
            shown = (str(one.channel_id), people[one.user_id].email, used, _masked(ways, one), one.label, tested)
            yield "\t".join(map(names.shown, shown))


def remove(conn: Connection, number: int, now_us: int) -> None:
    """Use a channel no more; SettingsError where there is none in use of that number, or it is somebody's screens."""
    people = {account.user_id: account for account in accounts.list_users(conn)}
    found = next((one for one in channels.of(conn, list(people)) if one.channel_id == number), None)
    if found is None or found.disabled_us is not None:
        raise SettingsError("remove channel", str(number), hint="`homehd channels list` has those in use")
    if found.kind == SCREEN:
        raise SettingsError("remove channel", str(number), hint="screens belong to the account: `homehd users disable`")
    with pool.transaction(conn, "remove channel"):
        channels.disable(conn, number, own_channels.BY_HAND, now_us)
        _record(conn, "remove channel", people[found.user_id], number, now_us)


def _masked(ways: Channels, one: Channel) -> str:
    return SCREEN if one.kind == SCREEN else ways.mask(one.address)


def _person(conn: Connection, email: str) -> Account:
    found = next((one for one in accounts.list_users(conn) if one.email.lower() == email.strip().lower()), None)
    if found is None:
        raise SettingsError("find account", email, hint="`homehd users list` has all of them")
    return found


def _record(conn: Connection, action: str, person: Account, number: int, now_us: int) -> None:
    who = audit.operator(getpass.getuser())
    audit.append(conn, Deed(now_us, who, action, audit.person(person.user_id), {"channel": number}))
