"""`homehd users`: local accounts."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import Final

from argon2 import PasswordHasher

from clinician_api.access import Role
from homehd import names, settings
from store import accounts, audit, migrate, passkeys, pool, registry, session_ends
from store.audit import Deed
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError, SettingsError

SHORTEST: Final = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """add EMAIL, list, disable EMAIL, password EMAIL, remove-passkeys EMAIL."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    add = verbs.add_parser("add", help="a new account", allow_abbrev=False)
    add.add_argument("email", metavar="EMAIL")
    add.add_argument("--role", required=True, choices=[role.value for role in Role if role is not Role.KIOSK])
    add.add_argument("--clinic", metavar="C", help="sees this clinic only; created when it is new")
    add.add_argument("--name", metavar="NAME", help="as it stands beside an acknowledgement (default: the e-mail)")
    listing = verbs.add_parser("list", help="all accounts, one a line", allow_abbrev=False)
    disable = verbs.add_parser("disable", help="let this person in no more", allow_abbrev=False)
    password = verbs.add_parser("password", help="give a new password; all sessions end", allow_abbrev=False)
    without = verbs.add_parser(
        "remove-passkeys", help="for somebody who has lost them; all sessions end", allow_abbrev=False
    )
    for verb in (disable, password, without):
        verb.add_argument("email", metavar="EMAIL")
    for verb in (add, password):
        verb.add_argument(
            "--password-stdin", action="store_true", help="read it; otherwise one is made and printed once"
        )
    for verb in (add, listing, disable, password, without):
        settings.add_arguments(verb)


def run(options: argparse.Namespace) -> int:
    """Carry out one verb."""
    with (
        settings.database(settings.load(options)) as url,
        closing(pool.connect(url, name="homehd users")) as conn,
    ):
        migrate.check(conn)
        if options.verb == "list":
            for account in accounts.list_users(conn):
                state = "disabled" if account.disabled else "active"
                columns = (account.email, account.role, state, account.clinic or "-", account.name)
                print(*map(names.shown, columns), sep="\t")
        elif options.verb == "add":
            _add(conn, options)
        elif options.verb == "disable":
            with pool.transaction(conn, "disable user"):
                found = _find(conn, options.email).user_id
                ended = accounts.disable_user(conn, found, SystemClock().now_us())
                _note(conn, "disable user", found, ended)
            print(f"{options.email}\tdisabled")
        elif options.verb == "remove-passkeys":
            with pool.transaction(conn, "remove passkeys"):
                found = _find(conn, options.email).user_id
                removed, ended = passkeys.remove_all(conn, found)
                _note(conn, "remove passkeys", found, ended, removed=str(removed))
            print(f"{options.email}\tpasskeys removed: {removed}")
        else:
            password, made = _password(options)
            with pool.transaction(conn, "set password"):
                found = _find(conn, options.email).user_id
                ended = accounts.reset_password(conn, found, PasswordHasher().hash(password))
                _note(conn, "set password", found, ended)
            _tell(options.email, password, made=made)
    return 0


def _add(conn: pool.Connection, options: argparse.Namespace) -> None:
    email = names.checked_email(options.email)
    name = email if options.name is None else names.checked_name(options.name, named="--name")
    clinic = None if options.clinic is None else names.checked_name(options.clinic, named="--clinic")
    password, made = _password(options)
    with pool.transaction(conn, "add user"):
        user_id = accounts.add_user(
            conn,
            email=email,
            name=name,
            role=options.role,
            clinic_id=None if clinic is None else registry.add_clinic(conn, clinic),
            password_hash=PasswordHasher().hash(password),
            now_us=SystemClock().now_us(),
        )
        _note(conn, "add user", user_id, role=options.role, clinic=clinic)
    _tell(email, password, made=made)


def _note(
    conn: pool.Connection, action: str, user_id: int, ended: Sequence[bytes] = (), **detail: str | None
) -> None:  # fmt: skip
    actor, now_us = audit.operator(getpass.getuser()), SystemClock().now_us()
    audit.append(conn, Deed(now_us, actor, action, audit.person(user_id), detail))
    for deed in session_ends.end_deeds(now_us, actor, user_id, ended, action):
        audit.append(conn, deed)


def _password(options: argparse.Namespace) -> tuple[str, bool]:
    if not options.password_stdin:
        return secrets.token_urlsafe(12), True
    password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < SHORTEST:
        raise SettingsError("read password", "standard input", hint=f"at least {SHORTEST} characters")
    return password, False


def _tell(email: str, password: str, *, made: bool) -> None:
    print(f"{email}\tpassword: {password}" if made else f"{email}\tpassword set")


def _find(conn: pool.Connection, email: str) -> accounts.Account:
    wanted = email.strip().lower()
    for account in accounts.list_users(conn):
        if account.email.lower() == wanted:
            return account
    raise HomehdError("find user", email, hint="`homehd users list` shows those there are")
