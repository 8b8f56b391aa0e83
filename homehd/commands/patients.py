"""`homehd patients`: whom a home serves, what is arranged and measured for them, what is usual, where rules stand."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Final

import msgspec

from alerts.between.words import moment
from alerts.schema import number
from homehd import care_words, names, settings, times
from store import audit, care, migrate, own_baseline, patients, pool, registry, reviews
from store.audit import Deed
from store.care import Entry
from store.patients import Prescription
from store.pool import Connection
from store.registry import Unit
from telemetry.care import QUANTITIES, Arranged, Content, kind_of
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError

# Verb -> the arrangements its words make.
_ARRANGE: Final[dict[str, Callable[[argparse.Namespace], Sequence[Content]]]] = {
    "schedule": lambda o: [care_words.schedule(o.days, o.every, o.at, o.zone, o.minutes)],
    "access": lambda o: [care_words.access(o.kind, o.needle)],
    "target": lambda o: [care_words.target_weight(o.kg)],
    "prescription": lambda o: care_words.prescription(o.prescribed),
    "limits": lambda o: [care_words.limits(o.rule, o.limit)],
}
_PRESSURES: Final = ("venous", "arterial", "transmembrane")
# Why a patient has what they were entered with.
_FIRST: Final = "entered with the patient"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """add, what is arranged, measure, baseline, show: of the patient whom unit ID serves."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    add = verbs.add_parser("add", help="a new patient, whom this unit serves from now on", allow_abbrev=False)
    add.add_argument("unit", metavar="ID")
    add.add_argument("name", metavar="NAME", help="as it stands on the wall")
    add.add_argument("prescribed", nargs="*", metavar="NAME=NUMBER", help="prescription, like pre_systolic_mmhg=140")
    add.add_argument("--instead", action="store_true", help="of whom the unit serves now")
    schedule = verbs.add_parser("schedule", help="when treatments are planned, and how long", allow_abbrev=False)
    access = verbs.add_parser("access", help="the vascular access, and the needle in use", allow_abbrev=False)
    target = verbs.add_parser("target", help="the target weight", allow_abbrev=False)
    prescription = verbs.add_parser("prescription", help="what is prescribed for treatments", allow_abbrev=False)
    limits = verbs.add_parser("limits", help="limits of the patient's own for a rule", allow_abbrev=False)
    for verb in (schedule, access, target, prescription, limits):
        verb.add_argument("unit", metavar="ID")
        verb.add_argument("--from", dest="since", type=times.argument, metavar="T", help="holds from then on: now")
        verb.add_argument("--reason", required=True, metavar="TEXT", help="why, for those who come after you")
    schedule.add_argument("--days", metavar="mon,wed,fri")
    schedule.add_argument("--every", type=int, metavar="N", help="every N days, the first on the day it holds from")
    schedule.add_argument("--at", required=True, metavar="HH:MM", help="local time")
    schedule.add_argument("--zone", required=True, metavar="ZONE", help="of the home, like Europe/Berlin")
    schedule.add_argument("--minutes", required=True, type=float, metavar="N", help="prescribed duration")
    access.add_argument("kind", choices=care_words.ACCESSES)
    access.add_argument(
        "--needle", metavar="FLOW:PRESSURE,…", help="of needle and line alone, mL/min and mmHg, at least three"
    )
    target.add_argument("kg", type=float, metavar="KG")
    prescription.add_argument(
        "prescribed", nargs="+", metavar="NAME=NUMBER", help="like prescribed_heparin_ml_h=1.5; NAME=none takes it back"
    )
    limits.add_argument("rule", metavar="RULE")
    limits.add_argument("limit", nargs="*", metavar="NAME=NUMBER", help="none takes the patient's own back")
    measure = verbs.add_parser("measure", help="a weight, an access flow, a laboratory value", allow_abbrev=False)
    measure.add_argument("unit", metavar="ID")
    measure.add_argument("what", choices=[str(what) for what in QUANTITIES])
    measure.add_argument("value", type=float, metavar="VALUE")
    measure.add_argument(
        "--unit", dest="measured_in", required=True, metavar="UNIT", help="of measurement: kg, mL/min …"
    )
    measure.add_argument("--at", dest="taken", type=times.argument, metavar="T", help="when it was taken: now")
    baseline = verbs.add_parser("baseline", help="own pressures at each blood flow", allow_abbrev=False)
    baseline.add_argument("unit", metavar="ID")
    baseline.add_argument("--treatments", type=int, default=10, metavar="N", help="of the last N, 1 to 50: 10")
    show = verbs.add_parser("show", help="what is arranged, and what each rule found last", allow_abbrev=False)
    show.add_argument("unit", metavar="ID")
    for verb in (add, schedule, access, target, prescription, limits, measure, baseline, show):
        settings.add_arguments(verb)


def run(options: argparse.Namespace) -> int:
    """Carry out one verb."""
    now_us = SystemClock().now_us()
    contents = _ARRANGE[options.verb](options) if options.verb in _ARRANGE else ()
    since_us = care_words.since(options.since, now_us) if contents else 0
    url_of = settings.database(settings.load(options))
    with url_of as url, closing(pool.connect(url, name="homehd patients")) as conn:
        migrate.check(conn)
        unit = registry.unit_by_name(conn, options.unit)
        if options.verb == "add":
            _add(conn, unit, options, now_us)
            return 0
        patient_id = _served(unit)
        if contents:
            with pool.transaction(conn, "arrange"):
                for content in contents:
                    entry = Entry(Arranged(since_us, content), _author(), options.reason, now_us)
                    care.arrange(conn, patient_id, entry)
                _note(conn, f"set {options.verb}", unit, now_us)
            print(f"{unit.name}\t{options.verb}\tholds from {moment(since_us)}")
        elif options.verb == "measure":
            _measure(conn, unit, patient_id, options, now_us)
        elif options.verb == "baseline":
            _show_baseline(conn, patient_id, care_words.treatments(options.treatments))
        else:
            _show(conn, patient_id)
    return 0


def _add(conn: Connection, unit: Unit, options: argparse.Namespace, now_us: int) -> None:
    name = names.checked_name(options.name, named="NAME")
    prescribed = care_words.prescription(options.prescribed)
    if unit.revoked_us is not None:
        raise HomehdError(
            "add patient", f"unit {unit.name}", hint="it was revoked for good: `homehd units add` another"
        )
    if unit.patient_id is not None and not options.instead:
        raise HomehdError("add patient", f"unit {unit.name} serves one", hint="--instead ends that now")
    with pool.transaction(conn, "add patient"):
        patient_id = patients.add_patient(conn, name, unit.clinic_id, Prescription())
        for content in prescribed:
            care.arrange(conn, patient_id, Entry(Arranged(now_us, content), _author(), _FIRST, now_us))
        patients.bind(conn, unit.unit_id, patient_id, now_us)
        _note(conn, "add patient", unit, now_us)
    print(f"{unit.name}\tserves a new patient from now on")


def _measure(conn: Connection, unit: Unit, patient_id: int, options: argparse.Namespace, now_us: int) -> None:
    taken_us = now_us if options.taken is None else options.taken
    taken = care_words.measurement(options.what, options.value, options.measured_in, taken_us, now_us)
    with pool.transaction(conn, "keep a value"):
        care.measure(conn, patient_id, unit.unit_id, taken, _author(), now_us)
        _note(conn, f"enter {options.what}", unit, now_us)
    print(f"{unit.name}\t{options.what}\t{options.value:g} {options.measured_in}\t{moment(taken_us)}")


def _show(conn: Connection, patient_id: int) -> None:
    for entry in care.entries(conn, patient_id):
        words = msgspec.json.encode(entry.arranged.content).decode()
        _line(
            str(kind_of(entry.arranged.content)),
            f"from {moment(entry.arranged.since_us)}",
            words,
            entry.author,
            entry.reason,
        )
    for found in reviews.newest(conn, patient_id):
        _line(found.rule, str(found.state), found.priority or "-", found.about, found.reason)


def _show_baseline(conn: Connection, patient_id: int, treatments: int) -> None:
    _line("flow mL/min", "treatments", "minutes", *(f"{name} mmHg: median 95 % 99 %" for name in _PRESSURES))
    for band in own_baseline.bands(conn, patient_id, treatments):
        spreads = (band.venous, band.arterial, band.transmembrane)
        told = [" ".join("-" if x is None else number(round(x)) for x in spread) for spread in spreads]
        _line(str(band.flow_ml_min), str(band.treatments), str(band.minutes), *told)


def _line(*columns: str) -> None:
    print(*map(names.shown, columns), sep="\t")


def _served(unit: Unit) -> int:
    if unit.patient_id is None:
        raise HomehdError("find patient", f"unit {unit.name} serves nobody", hint="`homehd patients add` first")
    return unit.patient_id


def _author() -> str:
    return audit.operator(getpass.getuser())


def _note(conn: Connection, action: str, unit: Unit, now_us: int) -> None:
    # What was set is kept where it was set; the record of deeds says nothing about a patient.
    audit.append(conn, Deed(now_us, _author(), action, unit.name))
