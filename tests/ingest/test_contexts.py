from __future__ import annotations

from dataclasses import asdict, fields

from alerts.records import Context
from ingest.contexts import context_of
from store.patients import Prescription


def test_every_value_of_a_prescription_is_the_rules_value_of_the_same_name() -> None:
    known = Prescription(*(float(number) for number, _ in enumerate(fields(Prescription), start=1)))
    context = context_of(known)
    assert {name: getattr(context, name) for name in asdict(known)} == asdict(known)


def test_what_is_not_known_is_not_known() -> None:
    assert context_of(Prescription()) == Context()
