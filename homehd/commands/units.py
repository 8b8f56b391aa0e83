"""`homehd units`: provision, list, enrol again, configure, revoke homes, take them out of service and back."""

from __future__ import annotations

import argparse
import getpass
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from homehd import names, provisioning, settings
from homehd.settings import ServerSettings
from registrar import configurations, issuing
from store import audit, certificates, migrate, pool, registry, shelvings, unit_admin, unit_settings
from store.audit import Deed
from store.pool import Connection
from store.shelvings import OutOfService
from store.unit_settings import SettingsState
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError, SettingsError

# Longer than a repair takes: whoever forgets to bring a unit back is reminded by its alerts.
LONGEST_OUT_H: Final = 7 * 24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """add NAME, list, reenrol ID, revoke ID, configure ID FILE, service ID."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    add = verbs.add_parser("add", help="provision a home; prints its agent's configuration", allow_abbrev=False)
    add.add_argument("name", metavar="NAME", help="what staff call this home; no personal data goes to the box")
    add.add_argument("--clinic", metavar="C", help="the clinic that looks after it; created when it is new")
    add.add_argument(
        "--test", action="store_true", help="the unit for tests: on no wall, nobody is asked to answer for it"
    )
    listing = verbs.add_parser("list", help="all homes, one a line", allow_abbrev=False)
    reenrol = verbs.add_parser(
        "reenrol", help="a new code for a replaced box; the old one's certificates are revoked", allow_abbrev=False
    )
    revoke = verbs.add_parser("revoke", help="take nothing of this home any more", allow_abbrev=False)
    for verb in (reenrol, revoke):
        verb.add_argument("unit", metavar="ID")
    for verb in (add, reenrol):
        provisioning.add_arguments(verb)
    configure = verbs.add_parser(
        "configure", help="settings the box takes up from afar, outside a treatment", allow_abbrev=False
    )
    configure.add_argument("unit", metavar="ID")
    configure.add_argument("file", type=Path, metavar="FILE", help="the settings to change, as in the box's own file")
    configure.add_argument("--reason", required=True, metavar="TEXT", help="why, for those who come after you")
    service = verbs.add_parser("service", help="out of service for so long, or back in it", allow_abbrev=False)
    service.add_argument("unit", metavar="ID")
    service.add_argument("--reason", required=True, metavar="TEXT", help="why, for those who come after you")
    which = service.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--out-for", type=float, metavar="HOURS",
        help=f"nobody is paged about it meanwhile, unless somebody is on its machine; at most {LONGEST_OUT_H}",
    )  # fmt: skip
    which.add_argument("--back", action="store_true", help="in service again")
    for verb in (add, listing, reenrol, revoke, configure, service):
        settings.add_arguments(verb)


def run(options: argparse.Namespace) -> int:
    """Carry out one verb."""
    loaded = settings.load(options)
    now_us = SystemClock().now_us()
    with settings.database(loaded) as url, closing(pool.connect(url, name="homehd units")) as conn:
        migrate.check(conn)
        if options.verb == "add":
            _add(conn, loaded, options, now_us)
        elif options.verb == "reenrol":
            _reenrol(conn, loaded, options, now_us)
        elif options.verb == "revoke":
            with pool.transaction(conn, "revoke unit"):
                unit = unit_admin.retire(conn, options.unit, now_us)
                _note(conn, "revoke unit", unit.name, now_us)
            print(f"{unit.name}\trevoked")
        elif options.verb == "service":
            _service(conn, options, now_us)
        elif options.verb == "configure":
            _configure(conn, loaded, options, now_us)
        else:
            _list(conn, now_us)
    return 0


def _add(conn: Connection, loaded: ServerSettings, options: argparse.Namespace, now_us: int) -> None:
    label = names.checked_name(options.name, named="NAME")
    if options.test and options.clinic is not None:
        raise SettingsError("read flags", "--test and --clinic", hint="the unit for tests belongs to no clinic")
    clinic = None if options.clinic is None else names.checked_name(options.clinic, named="--clinic")
    # A configuration the agent would refuse leaves no unit behind.
    with _homes_broker(loaded, options) as broker_url, pool.transaction(conn, "add unit"):
        registry.name_alone(conn)
        names.refuse_same_name(registry.list_units(conn), label, clinic)
        unit = registry.add_unit(conn, label, clinic, now_us, is_test=options.test)
        text = provisioning.with_code(conn, loaded, provisioning.agent(unit, broker_url, options), now_us)
        _note(conn, "add unit", unit.name, now_us, clinic=clinic)
    print(text, end="")


def _reenrol(conn: Connection, loaded: ServerSettings, options: argparse.Namespace, now_us: int) -> None:
    with _homes_broker(loaded, options) as broker_url, pool.transaction(conn, "enrol unit again"):
        unit = registry.unit_by_name(conn, options.unit)
        if unit.revoked_us is not None:
            raise HomehdError("enrol unit again", unit.name, hint="it was revoked for good: `homehd units add` another")
        config = provisioning.agent(unit, broker_url, options, provisioning.settings_before(conn, unit))
        if not provisioning.needs_certificate(config.broker):
            hint = "only a broker with mqtts:// asks for certificates: give --broker, or set HOMEHD_HOMES_BROKER"
            raise HomehdError("enrol unit again", unit.name, hint=hint)
        issuing.revoke(conn, unit.name, now_us)
        text = provisioning.with_code(conn, loaded, config, now_us)
        _note(conn, "enrol unit again", unit.name, now_us)
    print(text, end="")


def _configure(conn: Connection, loaded: ServerSettings, options: argparse.Namespace, now_us: int) -> None:
    unit = registry.unit_by_name(conn, options.unit)
    if unit.revoked_us is not None:
        raise HomehdError(
            "configure unit", unit.name, hint="it was revoked for good: its box takes nothing up any more"
        )
    text = provisioning.checked_changes(conn, unit, options.file)
    authority, folder = provisioning.authority(conn, loaded)
    serial = configurations.make(conn, authority, folder, unit.name, text, getpass.getuser(), options.reason, now_us)
    print(f"{unit.name}\t{serial}\tits box takes them up when nobody is treated; `homehd units list` shows when")
    if provisioning.changes_nothing(text):
        print(
            f"{unit.name}\t{serial}\tno setting in it: all earlier ones are taken back, the box's own file rules again"
        )


def _service(conn: Connection, options: argparse.Namespace, now_us: int) -> None:
    unit = registry.unit_by_name(conn, options.unit)
    hours = options.out_for
    if hours is not None and not 0 < hours <= LONGEST_OUT_H:
        raise SettingsError("read flags", f"--out-for {hours:g}", hint=f"more than 0, at most {LONGEST_OUT_H} hours")
    reason = options.reason.strip()
    if not reason:
        raise SettingsError("read flags", "--reason", hint="say why, for those who come after you")
    until_us = None if hours is None else now_us + round(hours * 3600e6)
    with pool.transaction(conn, "set service of unit"):
        who = audit.operator(getpass.getuser())
        shelvings.set_service(conn, unit.unit_id, until_us=until_us, actor=who, reason=reason, now_us=now_us)
        _note(conn, "back in service" if hours is None else "out of service", unit.name, now_us, reason=reason)
    end = "" if until_us is None else _minute(until_us)
    print(f"{unit.name}\t{'in service' if until_us is None else 'out of service until'}\t{end}".rstrip())


def _note(conn: Connection, action: str, unit: str, now_us: int, **detail: str | None) -> None:
    audit.append(conn, Deed(now_us, audit.operator(getpass.getuser()), action, unit, detail))


def _homes_broker(loaded: ServerSettings, options: argparse.Namespace) -> AbstractContextManager[str]:
    named = options.broker or loaded.homes_broker
    return nullcontext(named) if named else settings.broker(loaded)


def _list(conn: Connection, now_us: int) -> None:
    ends, configured = certificates.ends(conn), unit_settings.states(conn)
    out = shelvings.out_of_service(conn, now_us)
    for unit in registry.list_units(conn):
        state = "revoked" if unit.revoked_us else "test" if unit.is_test else "active"
        if unit.unit_id in out and not unit.revoked_us:
            state = _out(out[unit.unit_id])
        end_us = ends.get(unit.unit_id)
        end = f"{datetime.fromtimestamp(end_us / 1e6, UTC):%Y-%m-%d}" if end_us else "-"
        columns = (
            unit.name,
            unit.shard,
            state,
            unit.clinic or "-",
            unit.label,
            end,
            _in_words(configured[unit.unit_id]),
        )
        print(*map(names.shown, map(str, columns)), sep="\t")


def _out(found: OutOfService) -> str:
    return f"out of service until {_minute(found.until_us)} by {found.actor}: {found.reason}"


def _minute(time_us: int) -> str:
    return f"{datetime.fromtimestamp(time_us / 1e6, UTC):%Y-%m-%d %H:%M} UTC"


def _in_words(state: SettingsState) -> str:
    if not state.newest:
        return "-"
    if state.in_force == state.newest:
        return f"settings {state.newest}"
    return f"settings {state.newest} wait, {state.in_force} in force" + (f": {state.trouble}" if state.trouble else "")
