from __future__ import annotations

import json
from dataclasses import replace

from evaluation.load import Handover, handover
from homehd import handover_lines
from store.load import OutRow, ShelvedRow, StandingRow
from tests.alerts.rota.rotas import ANN, BOB, NORTH, book, rota, rotation
from tests.evaluation.test_load import NOW, SNAPSHOT, STRETCH

LABELS = SNAPSHOT.labels
S = 1_000_000


def report() -> Handover:
    held = StandingRow(9, 7, "venous access", "", "high", "accepted", NOW - S, "Ann", NOW + S, "on it", ("R10",))
    trouble = StandingRow(10, None, "ingest", "ingest is silent", "high", "unanswered", NOW - S, None, None, "x", ())
    found = replace(
        SNAPSHOT,
        standing=(*SNAPSHOT.standing, held, trouble),
        shelved=(ShelvedRow(7, "R13", "one-shot", NOW + S, "Bob", "needle moved"),),
        out=(OutRow(7, NOW + S, "os:x", "pump swapped"),),
    )
    return handover(found, STRETCH, book(rota(rotation(ANN, BOB))), NORTH, NOW)


def test_everything_a_shift_hands_over_is_in_it() -> None:
    rows = list(handover_lines.lines(report(), LABELS, names=False))
    text = "\n".join("\t".join(row) for row in rows)
    for wanted in (
        "shift\t2026-03-10T00:00:00Z – 2026-03-10T12:00:00Z",
        "OPEN\thigh\tHome 7\tvenous access: R10\tAnn until 2026-03-10T12:00:01Z",
        "OPEN\thigh\t-\tingest ingest is silent\tNOBODY: everybody was asked",
        "OPEN\thigh\tHome 7\tair: R20\tbeing asked",
        "open\t4 people were asked about or are held\t1 on the work list",
        "set aside\tHome 7\tR13\tuntil 2026-03-10T12:00:01Z or it is over\tBob\tneedle moved",
        "out of service\tHome 7\tuntil 2026-03-10T12:00:01Z\tos:x\tpump swapped",
        "alerts\thigh\t1 in all\t1 asked about\t1 answered\tmedian 30 s\tworst 30 s",
        "alerts\tmedium\t3 in all\t3 asked about\t0 answered",
        "NOISY\tR13\tHome 7\t3 alerts\t1.00 noisy",
        "next\tcovered\tNorth, clinical, primary\tAnn",
    ):
        assert wanted in text, wanted


def test_names_of_patients_only_where_asked_for() -> None:
    for names in (False, True):
        rows = list(handover_lines.lines(report(), LABELS, names=names))
        plain = handover_lines.plain(report(), LABELS, names=names)
        assert ("Zhang Wei" in str(rows)) is names and ("Zhang Wei" in str(plain)) is names


def test_of_very_many_the_first_are_told_and_that_there_are_more() -> None:
    many = replace(report(), standing=report().standing * 20)
    rows = [row for row in handover_lines.lines(many, LABELS, names=False) if row[0] == "OPEN"]
    assert len(rows) == 51 and rows[-1][1].startswith("and 30 more")
    assert len(handover_lines.plain(many, LABELS, names=False)["open"]) == 80


def test_json_has_the_same() -> None:
    made = handover_lines.plain(report(), LABELS, names=False)
    assert json.loads(json.dumps(made)) == made
    assert [one["notice"] for one in made["open"]] == ["1", "3", "9", "10"] and made["on_work_list"] == 1
    assert made["open"][2] == {
        "notice": "9", "home": "Home 7", "cause": "venous access", "subject": "", "rules": ["R10"], "priority": "high",
        "state": "accepted", "holder": "Ann", "until": "2026-03-10T12:00:01Z", "since": "2026-03-10T11:59:59Z",
        "reason": "on it",
    }  # fmt: skip
    assert made["next"][0]["covered"] is True and made["alerts"][0]["median_s"] == 30.0
