"""What the box said is understood in its own words, and what is not understood is no cause."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinician_api.treatments import gap_causes
from clinician_api.treatments.gap_causes import FOREVER_US
from clinician_api.treatments.gaps import Cause, Reason
from edge_agent.ledger import Gap, Why
from telemetry.messages import Event, EventKind, MachineLink, Status
from tests.clinician_api.builders import SECOND


def event(kind: EventKind, name: str, at_s: float, *, active: bool = True, text: str = "") -> Event:
    return Event(0, round(at_s * SECOND), 0, 1, kind, name, 0, active, text=text)


def told(name: str, at_s: float, text: str = "") -> Event:
    return event(EventKind.AGENT, name, at_s, text=text)


def causes(*events: Event) -> list[Cause]:
    return gap_causes.causes(events, None, 0, 0)


def test_a_lost_link_lasts_until_it_is_back() -> None:
    found = causes(
        event(EventKind.LINK, "silent", 10), event(EventKind.LINK, "silent", 70, active=False),
        event(EventKind.LINK, "garbled", 80),
    )  # fmt: skip
    assert [(c.start_us, c.end_us, c.reason) for c in found] == [
        (10 * SECOND, 70 * SECOND, Reason.MACHINE_OFF), (80 * SECOND, FOREVER_US, Reason.LINK_DOWN),
    ]  # fmt: skip


def test_a_link_found_was_lost_before_whatever_was_read() -> None:
    (found,) = causes(event(EventKind.LINK, "disconnected", 70, active=False))
    assert (found.start_us, found.end_us) == (-FOREVER_US, 70 * SECOND)


def test_every_trouble_of_the_link_is_a_cause() -> None:
    for link in MachineLink:
        assert len(causes(event(EventKind.LINK, link.value, 1))) == (link is not MachineLink.CONNECTED)


@pytest.mark.parametrize("why", [Why.THINNED, Why.DROPPED, Why.EXPIRED])
def test_what_went_for_want_of_room_is_read_as_the_box_writes_it(why: Why) -> None:
    gap = Gap(1234, 10, 2000, 100 * SECOND, 200 * SECOND + 700_000, 60)
    ((cause, rows),) = gap_causes.thinned([told(why.value, 999, gap.text())])
    assert (cause.start_us, cause.end_us, cause.reason, rows) == (100 * SECOND, 201 * SECOND, Reason.THINNED, 1234)
    assert "extremes of each 60 s kept" in cause.detail
    assert causes(told(why.value, 999, gap.text())) == [cause]


@given(st.text())
def test_a_text_of_anything_is_no_trouble(text: str) -> None:
    for name in ("readings thinned", "rows refused", "agent started", text):
        causes(told(name, 1, text), event(EventKind.LINK, text, 2))


@pytest.mark.parametrize("text", ["", "5 oldest readings dropped", "5 rows of seq 1–9, 2026-13-01T00:00:00Z to never",
                                  "5 rows of seq 1–9, 2026-13-01T00:00:00Z to 2026-13-01T00:00:00Z"])  # fmt: skip
def test_a_stretch_that_is_not_told_is_no_cause(text: str) -> None:
    assert causes(told("readings thinned", 1, text)) == []


def test_events_that_went_are_no_reason_for_missing_readings() -> None:
    assert causes(told(Why.EVENTS.value, 1, Gap(1, 2, 3, 4, 5).text())) == []


def test_the_box_was_gone_since_it_last_said_something() -> None:
    (first, second) = causes(
        told("agent started", 50), event(EventKind.LINK, "connected", 60), told("readings lost", 90, "7 records")
    )
    assert (first.start_us, first.end_us, first.reason) == (-FOREVER_US, 50 * SECOND, Reason.BOX_OFFLINE)
    assert first.known_at_us == 50 * SECOND
    assert (second.start_us, second.end_us, second.reason) == (60 * SECOND, 90 * SECOND, Reason.LOST)


def test_refused_rows_are_known_by_their_number() -> None:
    (found,) = causes(told("rows refused", 5, "3 from seq 77: impossible time"))
    assert (found.reason, found.seq) == (Reason.REJECTED, 77)
    assert "impossible time" in found.detail


def test_the_last_status_tells_of_now() -> None:
    status = Status(1, "u-1", False, 0)
    (gone,) = gap_causes.causes([], status, 500 * SECOND, 500 * SECOND)
    assert (gone.reason, gone.end_us) == (Reason.BOX_OFFLINE, FOREVER_US)
    assert gone.start_us < 500 * SECOND
    waiting = Status(1, "u-1", True, 0, outbox_rows=9, outbox_oldest_us=100 * SECOND)
    (wait,) = gap_causes.causes([], waiting, 0, 300 * SECOND)
    assert (wait.start_us, wait.end_us, wait.reason) == (100 * SECOND, 300 * SECOND, Reason.NOT_RECEIVED)
    assert gap_causes.causes([], Status(1, "u-1", True, 0), 0, 300 * SECOND) == []
