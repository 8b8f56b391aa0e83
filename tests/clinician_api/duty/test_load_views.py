"""What is told of load and hand-over, held against the models."""

from __future__ import annotations

from dataclasses import replace

from clinician_api.duty import load_models as models
from clinician_api.duty.load_views import MOST_HOMES, MOST_OPEN, handover_view, load_view
from evaluation.load import handover, load
from store.load import OutRow, ShelvedRow
from tests.alerts.rota.rotas import ANN, BOB, NORTH, PEOPLE, book, rota, rotation
from tests.evaluation.test_load import NOW, SNAPSHOT, STRETCH, S, notice

TIME = {"server_time": "2026-03-10T12:00:00Z"}


def titled(rule: str) -> str:
    return f"title of {rule}"


def test_of_others_only_those_who_may_be_shown_are() -> None:
    found = load(SNAPSHOT, STRETCH)
    for shown, names in ((True, ["Ann"]), (False, [])):
        view = load_view(found, PEOPLE, SNAPSHOT.labels, titled, lambda _, shown=shown: shown, ANN)
        told = models.LoadAnswer.model_validate(TIME | view)
        assert [one.person for one in told.people] == names
    assert [(one.rule, one.title, one.word) for one in told.rules] == [
        ("R13", "title of R13", "noisy"), ("R10", "title of R10", "useful"),
    ]  # fmt: skip
    assert told.homes[0].home == "Home 7" and told.more_homes == 0


def test_homes_beyond_the_most_frequent_are_counted() -> None:
    found = load(SNAPSHOT, STRETCH)
    many = replace(found, homes=found.homes * MOST_HOMES)
    told = models.LoadAnswer.model_validate(TIME | load_view(many, PEOPLE, {}, titled, lambda _: True, BOB))
    assert (len(told.homes), told.more_homes) == (MOST_HOMES, len(many.homes) - MOST_HOMES)
    assert told.homes[0].home == "unit 7" and not told.people[0].yours


def test_hand_over_names_patients_only_when_asked() -> None:
    snapshot = replace(
        SNAPSHOT,
        standing=tuple(notice(number, "asking", "high") for number in range(MOST_OPEN + 2)),
        shelved=(ShelvedRow(7, "R13", "timed", NOW + S, "Ann", "known"),),
        out=(OutRow(7, NOW + S, "os:ops", "holiday"),),
    )
    report = handover(snapshot, STRETCH, book(rota(rotation(ANN, BOB))), NORTH, NOW)
    for names, patient in ((False, None), (True, "Zhang Wei")):
        view = handover_view(report, snapshot.labels, titled, "North", names=names)
        told = models.HandoverAnswer.model_validate(TIME | view)
        assert {one.patient for one in (*told.open, *told.set_aside, *told.out_of_service)} == {patient}
    assert (len(told.open), told.more_open, told.next[0].person) == (MOST_OPEN, 2, "Ann")
    assert told.noisy[0].title == "title of R13"
