"""`homehd team`: care teams, their members and patients, and which clinics go by them."""

from __future__ import annotations

import argparse
import getpass
from contextlib import closing

from homehd import names, settings, times
from store import accounts, audit, kiosks, migrate, pool, registry, teams
from store.audit import Deed
from store.errors import StoreError, Trouble
from store.teams import Team
from telemetry.clock import SystemClock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """list, add, remove, member, patient, screen, by-team, whole."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", help="teams, members and patients, one a line", allow_abbrev=False)
    add = verbs.add_parser("add", help="a new team of a clinic", allow_abbrev=False)
    remove = verbs.add_parser("remove", help="it is no team any more, within seconds", allow_abbrev=False)
    member = verbs.add_parser("member", help="an account belongs to it, also of another clinic", allow_abbrev=False)
    patient = verbs.add_parser("patient", help="whom a home serves now is of it", allow_abbrev=False)
    screen = verbs.add_parser("screen", help="a screen on a wall shows this team only", allow_abbrev=False)
    by_team = verbs.add_parser("by-team", help="clinical accounts see their teams' patients only", allow_abbrev=False)
    whole = verbs.add_parser("whole", help="clinical accounts see all of the clinic again", allow_abbrev=False)
    for verb in (add, remove, member, patient, screen):
        verb.add_argument("name", metavar="TEAM")
        verb.add_argument("--clinic", metavar="C", required=verb is add, help="whose team it is")
    member.add_argument("email", metavar="EMAIL")
    ends = member.add_mutually_exclusive_group()
    ends.add_argument(
        "--until",
        type=times.argument,
        metavar="T",
        help="belongs to it until then; without: no end, which a guest must have",
    )
    ends.add_argument("--out", action="store_true", help="belongs to it no more")
    patient.add_argument("unit", metavar="UNIT", help="`homehd units list` shows them")
    patient.add_argument("--out", action="store_true", help="is of it no more")
    screen.add_argument("kiosk", metavar="SCREEN", help="`homehd kiosk list` shows them")
    screen.add_argument("--out", action="store_true", help="shows all of its clinic again")
    for verb in (by_team, whole):
        verb.add_argument("clinic", metavar="CLINIC")
    for verb in (listing, add, remove, member, patient, screen, by_team, whole):
        settings.add_arguments(verb)


def run(options: argparse.Namespace) -> int:
    """Carry out one verb."""
    with (
        settings.database(settings.load(options)) as url,
        closing(pool.connect(url, name="homehd team")) as conn,
    ):
        migrate.check(conn)
        now = SystemClock().now_us()
        if options.verb == "list":
            for team in teams.all_of(conn, now):
                _print(team)
            return 0
        with pool.transaction(conn, f"{options.verb} team"):
            told = _change(conn, options, now)
        print(told)
    return 0


def _change(conn: pool.Connection, options: argparse.Namespace, now: int) -> str:
    if options.verb in ("by-team", "whole"):
        return _switch(conn, options.clinic, now, by_team=options.verb == "by-team")
    if options.verb == "add":
        name = names.checked_name(options.name, named="TEAM")
        clinic = names.checked_name(options.clinic, named="--clinic")
        number = teams.add(conn, registry.add_clinic(conn, clinic), name, now)
        _note(conn, "add team", f"team:{number}", now, name=name)
        return f"{names.shown(name)}\t{names.shown(clinic)}\tadded"
    team = teams.named(conn, options.name, options.clinic, now)
    told = {"remove": _remove, "member": _member, "patient": _patient, "screen": _screen}[options.verb]
    return f"{names.shown(team.name)}\t{told(conn, team, options, now)}"


def _remove(conn: pool.Connection, team: Team, _options: argparse.Namespace, now: int) -> str:
    screens = teams.remove(conn, team.team_id, now)
    _note(conn, "remove team", f"team:{team.team_id}", now, screens=", ".join(screens))
    return "removed" + "".join(f"\tscreen {names.shown(one)} shows all of its clinic" for one in screens)


def _member(conn: pool.Connection, team: Team, options: argparse.Namespace, now: int) -> str:
    email = names.checked_email(options.email)
    found = [one for one in accounts.list_users(conn) if one.email.lower() == email.lower() and not one.disabled]
    if not found:
        raise StoreError("find account", email, trouble=Trouble.CONFLICT, hint="`homehd users list` shows them")
    until = now if options.out else options.until
    if until is not None and until <= now and not options.out:
        raise StoreError("put member", times.told(until), trouble=Trouble.CONFLICT, hint="a later end, or --out")
    if not teams.guest_has_end(team, found[0].clinic_id, until, now):
        hint = f"{email} is of another clinic than {team.clinic}: say --until, within {teams.GUEST_DAYS} days"
        raise StoreError("put member", team.name, trouble=Trouble.CONFLICT, hint=hint)
    teams.put_member(conn, team.team_id, found[0].user_id, until)
    detail = {"user": str(found[0].user_id), "until": "" if until is None else times.told(until)}
    _note(conn, "remove team member" if options.out else "put team member", f"team:{team.team_id}", now, **detail)
    if options.out:
        return f"{email}\tout"
    return f"{email}\t{'without an end' if until is None else f'until {times.told(until)}'}"


def _patient(conn: pool.Connection, team: Team, options: argparse.Namespace, now: int) -> str:
    unit = registry.unit_by_name(conn, options.unit)
    done = unit.patient_id is not None and teams.put_patient(
        conn, team.team_id, unit.patient_id, now if options.out else None
    )
    if not done:
        hint = f"the home serves nobody, or a patient of another clinic than {team.clinic}"
        raise StoreError("put patient", unit.name, trouble=Trouble.CONFLICT, hint=hint)
    action = "remove team patient" if options.out else "add team patient"
    _note(conn, action, f"patient:{unit.patient_id}", now, team=str(team.team_id))
    return f"{unit.name}\t{'out' if options.out else 'is of it'}"


def _screen(conn: pool.Connection, team: Team, options: argparse.Namespace, now: int) -> str:
    kiosk = kiosks.named(conn, options.kiosk)
    if kiosk.clinic_id != team.clinic_id:
        raise StoreError("bind screen", kiosk.name, trouble=Trouble.CONFLICT, hint=f"it is of {kiosk.clinic}")
    kiosks.show_team(conn, kiosk.kiosk_id, None if options.out else team.team_id)
    _note(conn, "show team on kiosk", audit.kiosk(kiosk.kiosk_id), now, team="" if options.out else team.name)
    return f"{names.shown(kiosk.name)}\t{'all of its clinic' if options.out else 'this team only'}"


def _switch(conn: pool.Connection, clinic: str, now: int, *, by_team: bool) -> str:
    clinic_id, name = teams.go_by_team(conn, clinic, by_team=by_team)
    _note(conn, "go by team" if by_team else "go as a whole", f"clinic:{clinic_id}", now)
    if not by_team:
        return f"{names.shown(name)}\tseen as a whole"
    rest = len(teams.of_no_team(conn, clinic_id))
    open_screens = sum(one.clinic_id == clinic_id and one.team_id is None for one in kiosks.all_of(conn))
    return f"{names.shown(name)}\tby team\tin no team, so seen by all: {rest}\tscreens that show all: {open_screens}"


def _print(team: Team) -> None:
    mode = "by team" if team.by_team else "seen as a whole"
    print(*map(names.shown, (team.name, team.clinic, mode)), sep="\t")
    for one in team.members:
        end = "" if one.until_us is None else f"until {times.told(one.until_us)}"
        print("", *map(names.shown, ("member", one.name, one.email, one.clinic or "", end)), sep="\t")
    for _number, name in team.patients:
        print("", "patient", names.shown(name), sep="\t")


def _note(conn: pool.Connection, action: str, subject: str, now_us: int, **detail: str) -> None:
    audit.append(conn, Deed(now_us, audit.operator(getpass.getuser()), action, subject, detail))
