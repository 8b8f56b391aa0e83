"""`homehd home`: accounts of people at home, and the telephone number they are shown."""

from __future__ import annotations

import argparse
import getpass
from contextlib import closing
from typing import Any

from clinician_api.access import Role
from homehd import names, settings
from store import accounts, audit, homes, migrate, pool
from store.accounts import Account
from store.audit import Deed
from telemetry.clock import SystemClock
from telemetry.errors import SettingsError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """connect EMAIL UNIT, disconnect EMAIL, phone CLINIC NUMBER."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    connect = verbs.add_parser("connect", help="the account is shown whom this unit serves", allow_abbrev=False)
    disconnect = verbs.add_parser("disconnect", help="the account is shown nobody", allow_abbrev=False)
    phone = verbs.add_parser("phone", help="what homes of a clinic call where nothing else goes", allow_abbrev=False)
    for verb in (connect, disconnect):
        verb.add_argument("email", metavar="EMAIL")
    connect.add_argument("unit", metavar="UNIT", help="`homehd units list` shows them")
    phone.add_argument("clinic", metavar="CLINIC")
    phone.add_argument("number", metavar="NUMBER", help='digits, spaces, + ( ) / . -; "" takes it away')
    for verb in (connect, disconnect, phone):
        settings.add_arguments(verb)


def run(options: argparse.Namespace) -> int:
    """Carry out one verb."""
    with (
        settings.database(settings.load(options)) as url,
        closing(pool.connect(url, name="homehd home")) as conn,
    ):
        migrate.check(conn)
        with pool.transaction(conn, f"{options.verb} home"):
            told = {"connect": _connect, "disconnect": _disconnect, "phone": _phone}[options.verb](conn, options)
        print(told)
    return 0


def _connect(conn: pool.Connection, options: argparse.Namespace) -> str:
    account, now_us = _account(conn, options.email), SystemClock().now_us()
    served = homes.served(conn, options.unit, account.clinic_id)
    if served is None:
        hint = f"it serves nobody of {account.clinic or 'no clinic'}: `homehd units list`"
        raise SettingsError("connect home", names.shown(options.unit), hint=hint)
    homes.connect(conn, account.user_id, served[0], now_us)
    _note(conn, "open home", f"patient:{served[0]}", user=account.user_id)
    return f"{account.email}\tshows\t{names.shown(served[1])}"


def _disconnect(conn: pool.Connection, options: argparse.Namespace) -> str:
    account = _account(conn, options.email)
    homes.disconnect(conn, account.user_id)
    _note(conn, "open home", audit.person(account.user_id), user=account.user_id)
    return f"{account.email}\tshows\tnobody"


def _phone(conn: pool.Connection, options: argparse.Namespace) -> str:
    if not homes.set_phone(conn, options.clinic, options.number.strip() or None):
        raise SettingsError("set phone", names.shown(options.clinic), hint="no such clinic")
    _note(conn, "set phone", f"clinic:{options.clinic}", phone=options.number.strip())
    return f"{names.shown(options.clinic)}\t{options.number.strip() or '-'}"


def _account(conn: pool.Connection, email: str) -> Account:
    found = next((one for one in accounts.list_users(conn) if one.email.lower() == email.strip().lower()), None)
    if found is None or found.role != Role.PATIENT:
        hint = "no account of role patient: `homehd users list`"
        raise SettingsError("find account", names.shown(email), hint=hint)
    return found


def _note(conn: pool.Connection, action: str, subject: str, **detail: Any) -> None:
    now_us = SystemClock().now_us()
    audit.append(conn, Deed(now_us, audit.operator(getpass.getuser()), action, subject, detail))
