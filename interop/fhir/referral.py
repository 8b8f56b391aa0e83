"""A referral: a Bundle of type document about a patient, for another hospital or the family doctor.

Each section says in words all that its entries say in codes: whoever gets it may have a printer and no FHIR. Nobody has
signed it, so its status is preliminary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final
from uuid import UUID

from interop.fhir import alerts, devices, people, plans, treatments
from interop.fhir.bundle import bundle
from interop.fhir.datatypes import LOINC, Json, coding, concept, instant, plain, reference, tidy
from store.alert_parts import Part
from store.patient_events import PatientEvent
from store.patient_record import Person
from store.treatment_queries import FoundTreatment
from telemetry.alarms import ConditionState
from telemetry.signals import BY_NAME

_XHTML: Final = "http://www.w3.org/1999/xhtml"
_EMPTY: Final = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
_ABSENT: Final = "<p>Not kept by this system: ask the clinic.</p>"
_TYPE: Final = concept("Patient summary", coding(LOINC, "60591-5", "Patient summary Document"))


@dataclass(frozen=True, slots=True)
class Referral:
    """What goes into it.

    Attributes:
        clinic: name of the patient's. prescribed: what holds now, as `plans.in_force` gives it.
        treatments, alerts, notes: the last ones, newest first; `days`: from how far back alerts and notes are.
    """

    person: Person
    clinic: str | None
    prescribed: dict[str, float]
    treatments: Sequence[FoundTreatment]
    alerts: Sequence[Part]
    notes: Sequence[PatientEvent]
    days: int


def document(
    of: Referral, titles: Mapping[str, str], version: str, namespace: UUID, now_us: int, *, names: bool
) -> Json:
    """The Bundle. `names`: the patient's, and what people wrote; otherwise a number, and no notes."""
    number = of.person.patient_id
    clinic_id = of.person.clinic_id if of.clinic is not None else None
    subject = reference("Patient", str(number))
    plan = [plans.care_plan(f"now-{number}", number, of.prescribed, None, None, plans.NOW)] if of.prescribed else []
    done = [one for found in of.treatments for one in (treatments.procedure(found), *treatments.totals(found))]
    issues = [_issue(part, titles, subject, names) for part in of.alerts]
    sections = [
        _section("Problems", "11450-4", _ABSENT, [], "unavailable"),
        _section("Medication", "10160-0", _ABSENT, [], "unavailable"),
        _section("Dialysis prescription", "18776-5", _prescription(of.prescribed), plan, "nilknown"),
        _section("Last treatments", "47519-4", _course(of.treatments), done, "nilknown"),
        _section(f"Alerts of the last {of.days} days", None, _alerts(of.alerts, titles), issues, "nilknown"),
    ]
    if names:
        sections.append(_section(f"Notes of the last {of.days} days", None, _notes(of.notes), [], "nilknown"))
    composition = tidy(
        {
            "resourceType": "Composition",
            "id": f"summary-{number}",
            "status": "preliminary",
            "type": _TYPE,
            "subject": subject,
            "date": instant(now_us),
            "author": [reference("Device", devices.OURSELVES, f"homehd {version}")],
            "title": "Home hemodialysis: summary for referral",
            "custodian": None if clinic_id is None else reference("Organization", str(clinic_id)),
            "section": sections,
        }
    )
    named = people.patient(number, clinic_id, of.person.name if names else None)
    about = [named, devices.ourselves(version)]
    about += [] if clinic_id is None or of.clinic is None else [people.organization(clinic_id, of.clinic)]
    return bundle([composition, *about, *_machines(of), *plan, *done, *issues], namespace, now_us, "document")


def _section(title: str, loinc: str | None, words: str, entries: Sequence[Json], empty: str) -> Json:
    return tidy(
        {
            "title": title,
            "code": {"text": title} if loinc is None else concept(title, coding(LOINC, loinc)),
            "text": {"status": "generated", "div": f'<div xmlns="{_XHTML}">{words}</div>'},
            "entry": [reference(one["resourceType"], one["id"]) for one in entries],
            "emptyReason": None if entries else concept(empty, coding(_EMPTY, empty)),
        }
    )


def _machines(of: Referral) -> list[Json]:
    """Whatever the other resources refer to of machines."""
    units = {found.unit for found in of.treatments} | {part.alert.unit for part in of.alerts}
    used = {
        (found.unit, name)
        for found in of.treatments
        if found.summary is not None
        for name in treatments.OF_SIGNAL
        if treatments.total_of(found.summary.summary, name) is not None
    }
    made = [devices.device(unit, None, None) for unit in sorted(units)]
    return [*made, *(devices.metric(unit, BY_NAME[name]) for unit, name in sorted(used))]


def _issue(part: Part, titles: Mapping[str, str], subject: Json, names: bool) -> Json:
    title = titles.get(part.alert.rule, part.alert.rule)
    return alerts.detected_issue(part.alert, part.events, title, subject, names)


def _prescription(prescribed: Mapping[str, float]) -> str:
    if not prescribed:
        return "<p>None on record.</p>"
    return _list(f"{plans.ITEMS[item][0]}: {plain(value)} {plans.ITEMS[item][1]}" for item, value in prescribed.items())


def _course(found: Sequence[FoundTreatment]) -> str:
    if not found:
        return "<p>None on record.</p>"
    return _table(("Began (UTC)", "Minutes", "Removed, mL", "Kt/V", "Not seen, s"), [_row(one) for one in found])


def _row(found: FoundTreatment) -> tuple[str, ...]:
    span = found.treatment
    minutes = "goes on" if span.end_us is None else str(round((span.end_us - span.start_us) / 60_000_000))
    if found.summary is None:
        return (_when(span.start_us), minutes, "not known", "not known", "not known")
    summary = found.summary.summary
    told = [treatments.total_of(summary, name) for name in ("ultrafiltration_volume", "online_spktv")]
    told.append(summary.unseen_s if span.end_us is not None else None)
    return (_when(span.start_us), minutes, *("not known" if one is None else plain(one) for one in told))


def _alerts(parts: Sequence[Part], titles: Mapping[str, str]) -> str:
    if not parts:
        return "<p>None on record. Rules without valid input are not evaluated: no alert is no proof of health.</p>"
    rows = [
        (
            _when(part.alert.since_us), str(part.alert.priority), titles.get(part.alert.rule, part.alert.rule),
            part.alert.reason, "over" if part.alert.state is ConditionState.NORMAL else "stands",
        )
        for part in parts
    ]  # fmt: skip
    return _table(("Since (UTC)", "Priority", "What", "Why", "Now"), rows)


def _notes(notes: Sequence[PatientEvent]) -> str:
    standing = [one for one in notes if one.corrected_by is None]
    if not standing:
        return "<p>None on record.</p>"
    return _list(f"{_when(one.start_us)} {one.author or 'the patient'} ({one.kind}): {one.text}" for one in standing)


def _when(time_us: int) -> str:
    return instant(time_us)[:16].replace("T", " ")


def _list(lines: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{_safe(line)}</li>" for line in lines) + "</ul>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    first = "".join(f"<th>{_safe(cell)}</th>" for cell in head)
    rest = "".join("<tr>" + "".join(f"<td>{_safe(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{first}</tr></thead><tbody>{rest}</tbody></table>"


def _safe(text: str) -> str:
    """As XHTML text. What XML cannot hold, and what turns the direction of a line, is replaced."""
    return escape("".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text))
