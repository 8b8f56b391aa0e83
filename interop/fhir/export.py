"""A treatment's record as FHIR resources, in an order in which whoever loads them has met what is referred to."""

from __future__ import annotations

from collections.abc import Mapping

from interop.fhir import alerts, devices, people, plans, treatments
from interop.fhir.datatypes import Json, reference
from interop.fhir.provenance import provenance
from interop.fhir.treatments import Course
from store.treatment_record import MINUTE_US, TreatmentRecord
from telemetry.signals import BY_NAME


def resources(
    record: TreatmentRecord, titles: Mapping[str, str], version: str, now_us: int, *, names: bool
) -> list[Json]:
    """Everything. `titles`: of rules, by id. `names`: names, and what staff typed, go out, too."""
    found = record.found
    whose = None if found.patient_id is None else reference("Patient", str(found.patient_id))
    procedure = reference("Procedure", str(found.treatment_id))
    made = [*_homes(record, version, names), *_metrics(record), treatments.procedure(found)]
    made += treatments.totals(found)
    for name, values in record.courses.items():
        made.append(
            treatments.course(found, Course(BY_NAME[name], found.treatment.start_us, MINUTE_US, values.tolist()))
        )
    for alert in record.alerts:
        title = titles.get(alert.rule, alert.rule)
        made.append(alerts.detected_issue(alert, record.events[alert.alert_id], title, whose, names))
        # FHIR has no flags on devices.
        made.append(alerts.flag(alert, title, whose or procedure))
    made += [alerts.communication(told, whose, names) for told in record.told]
    if found.patient_id is not None:
        prescribed = plans.in_force(record.entered, record.arranged, found.treatment.start_us)
        if prescribed:
            span = found.treatment
            made.append(
                plans.care_plan(str(found.treatment_id), found.patient_id, prescribed, span.start_us, span.end_us)
            )
    versions = [(alert.rule, event.rule_version) for alert in record.alerts for event in record.events[alert.alert_id]]
    return [*made, provenance(str(found.treatment_id), made, versions, version, now_us)]


def _homes(record: TreatmentRecord, version: str, names: bool) -> list[Json]:
    found = record.found
    clinic_id = found.clinic_id if record.clinic is not None else None
    made = [] if clinic_id is None or record.clinic is None else [people.organization(clinic_id, record.clinic)]
    if found.patient_id is not None:
        made.append(people.patient(found.patient_id, clinic_id, found.patient if names else None))
    return [*made, devices.ourselves(version), devices.device(found.unit, clinic_id, found.patient_id)]


def _metrics(record: TreatmentRecord) -> list[Json]:
    kept = record.found.summary
    used = {name for name in treatments.OF_SIGNAL if kept and treatments.total_of(kept.summary, name) is not None}
    used |= record.courses.keys()
    return [devices.metric(record.found.unit, signal) for name, signal in BY_NAME.items() if name in used]
