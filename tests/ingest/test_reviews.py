"""Rules between treatments on a real database: once, on the clock too, and on through restarts."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from alerts.between import ruleset
from ingest import reviews as reviews_module
from ingest.metrics import Metrics
from ingest.reviews import AGAIN_US, Reviewer
from store import care, patients, pool, registry, reviews
from store.care import Entry
from store.errors import StoreError, Trouble
from store.patients import Prescription
from store.pool import Connection
from store.registry import Unit
from telemetry.alarms import ConditionState
from telemetry.care import Arranged, Content, Measured, Measurement, Schedule, TargetWeight
from telemetry.clock import ManualClock
from tests.store.treated import HOUR, MINUTE, NOW_US, add_treatment, patient_of, summarise_all

# NOW_US is a Sunday, 15:06 UTC; every evening at 18:00.
PLAN = Schedule(every_days=1, at="18:00", zone="UTC", duration_min=240)
FIRST_US = NOW_US + 174 * MINUTE - 40_000_000  # 18:00:00
RULES = ruleset.load()


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


@pytest.fixture
def unit(conn: Connection) -> Unit:
    return registry.add_unit(conn, "Home 1", "North", NOW_US, name="u1")


class Ward:
    """A patient, the clock, and reviewers that come and go."""

    def __init__(self, url: str, conn: Connection, unit: Unit) -> None:
        self.url, self.conn, self.unit = url, conn, unit
        self.clock = ManualClock(NOW_US)
        self.patient = patient_of(conn, unit, NOW_US)
        self.arrange(PLAN)

    def arrange(self, content: Content) -> None:
        entry = Entry(Arranged(self.clock.now_us(), content), "os:ann", "as agreed", self.clock.now_us())
        care.arrange(self.conn, self.patient, entry)

    def weigh(self, what: Measured, value: float, taken_us: int) -> None:
        taken = Measurement(0, what, value, taken_us)
        care.measure(self.conn, self.patient, self.unit.unit_id, taken, "os:ann", self.clock.now_us())

    def treat(self, start_us: int, minutes: int) -> None:
        """A treatment that is over, summarised; the clock moves on to then."""
        add_treatment(self.conn, self.unit, start_us, minutes)
        self.until(start_us + (minutes + 2) * MINUTE)
        summarise_all(self.conn, self.clock.now_us())

    def until(self, now_us: int) -> None:
        self.clock.advance(max(0, now_us - self.clock.now_us()) / 1e6)

    def reviewer(self) -> Reviewer:
        """A new process."""
        return Reviewer(self.url, RULES, lambda: frozenset(range(64)), self.clock, Metrics())

    def look(self) -> int:
        return self.reviewer().step(self.conn)

    def alerts(self, rule: str) -> list[tuple[str, str, bool]]:
        """State, priority, late: of each alert of the rule, in order."""
        query = "SELECT state, priority, late FROM alert WHERE rule = %s ORDER BY alert_id"
        return self.conn.execute(query, [rule]).fetchall()

    def events(self, rule: str) -> list[str]:
        query = "SELECT state FROM alert_event WHERE rule = %s ORDER BY event_id"
        return [row[0] for row in self.conn.execute(query, [rule]).fetchall()]

    def stands(self, rule: str) -> tuple[str, str]:
        (one,) = [one for one in reviews.newest(self.conn, self.patient) if one.rule == rule]
        return str(one.state), one.reason

    def acknowledge(self) -> None:
        self.conn.execute(
            """INSERT INTO user_account (email, name, role, password_hash, created_at)
               VALUES ('a@b.example', 'A', 'nurse', '', now()) ON CONFLICT DO NOTHING"""
        )
        self.conn.execute(
            """INSERT INTO alert_event (alert_id, unit_id, rule, rule_version, priority, state, time, recorded_at,
                   reason, inputs, limits, late, actor, note)
               SELECT alert_id, unit_id, rule, '', priority, 'active, acknowledged', now(), now(), '', '{}', '{}', late,
                   (SELECT user_id FROM user_account LIMIT 1), ''
               FROM alert WHERE state LIKE 'active%'"""
        )


@pytest.fixture
def ward(database_url: str, conn: Connection, unit: Unit) -> Ward:
    return Ward(database_url, conn, unit)


LOW_OPEN = ("active, unacknowledged", "low", False)
MEDIUM_OPEN = ("active, unacknowledged", "medium", False)


def test_a_shortened_treatment_is_an_alert_once_whoever_looks_how_often(ward: Ward) -> None:
    ward.treat(FIRST_US, 225)
    assert ward.look() == 1
    assert ward.look() == 0
    ward.conn.execute("INSERT INTO review_mark (patient_id) VALUES (%s)", [ward.patient])
    assert ward.look() == 1
    assert ward.alerts("R25") == [LOW_OPEN]
    assert len(ward.events("R25")) == 1
    (row,) = ward.conn.execute(
        "SELECT reason, inputs, limits, rule_version FROM alert_event WHERE rule = 'R25'"
    ).fetchall()
    assert row[0] == "Treatment shortened by 15 min: 225 min of 240 min prescribed, 10 min or more"
    assert (row[1]["planned_min"], row[1]["treated_min"], row[2]["low_min"]) == (240, 225, 10)
    assert row[3] == next(rule.version for rule in RULES if rule.id == "R25")
    assert ward.conn.execute("SELECT patient_id FROM alert WHERE rule = 'R25'").fetchone() == (ward.patient,)


def test_missing_input_is_on_record_as_not_evaluated_with_its_reason(ward: Ward) -> None:
    ward.treat(FIRST_US, 240)
    ward.look()
    assert ward.stands("R25")[0] == "normal"
    assert ward.stands("R26") == ("not evaluated", "no weight before the treatment")
    assert ward.stands("R27") == ("not evaluated", "no weight after the treatment")
    assert not {one.state for one in reviews.newest(ward.conn, ward.patient)} - {"normal", "not evaluated"}


def test_a_treatment_that_does_not_begin_is_found_by_the_clock_alone(ward: Ward) -> None:
    ward.until(FIRST_US - 1_000_000)
    ward.look()
    assert ward.stands("R24")[0] == "not evaluated"
    for hours, state in ((0, "pending"), (3.99, "pending"), (4, "active")):
        ward.until(FIRST_US + round(hours * HOUR))
        ward.look()
        assert ward.stands("R24")[0] == state
    assert ward.alerts("R24") == [LOW_OPEN]
    ward.until(FIRST_US + 23 * HOUR)
    ward.look()
    assert len(ward.events("R24")) == 1
    ward.until(FIRST_US + 24 * HOUR)
    assert ward.look() == 1
    assert ward.alerts("R24") == [MEDIUM_OPEN]


def test_a_start_ends_it_and_what_was_medium_waits_to_be_seen(ward: Ward) -> None:
    ward.until(FIRST_US + 5 * HOUR)
    ward.look()
    ward.treat(FIRST_US + 5 * HOUR, 240)
    ward.look()
    assert ward.alerts("R24") == [("normal", "low", False)]
    ward.until(FIRST_US + 52 * HOUR)
    ward.look()
    assert ward.alerts("R24")[1:] == [MEDIUM_OPEN]
    ward.treat(FIRST_US + 52 * HOUR, 240)
    ward.look()
    assert ward.alerts("R24")[1:] == [("latched, clear", "medium", False)]


def test_killed_in_the_middle_of_a_review_it_goes_on_as_if_it_had_not_begun(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward.treat(FIRST_US, 225)

    class Killed(BaseException):
        pass

    def dies(*_: object) -> None:
        raise Killed

    for step in ("name_patient", "save", "finish"):
        with monkeypatch.context() as patch:
            patch.setattr(reviews_module.reviews, step, dies)
            with pytest.raises(Killed):
                ward.look()
        assert (ward.alerts("R25"), ward.events("R25")) == ([], [])
    assert ward.look() == 1
    assert ward.alerts("R25") == [LOW_OPEN]
    assert ward.look() == 0


def test_seen_and_short_again_is_a_new_alert_and_unseen_it_is_the_same(ward: Ward) -> None:
    for day in range(2):
        ward.treat(FIRST_US + day * 24 * HOUR, 225)
        ward.look()
    assert ward.alerts("R25") == [LOW_OPEN]
    ward.acknowledge()
    ward.treat(FIRST_US + 48 * HOUR, 200)
    ward.look()
    assert ward.alerts("R25") == [("normal", "low", False), MEDIUM_OPEN]
    ward.treat(FIRST_US + 72 * HOUR, 240)
    ward.look()
    assert ward.alerts("R25")[1:] == [("latched, clear", "medium", False)]


def test_what_grows_old_is_found_by_the_clock_too(ward: Ward) -> None:
    ward.weigh(Measured.CHLORINE, 0.2, NOW_US)
    ward.look()
    assert ward.alerts("R36") == [MEDIUM_OPEN]
    ward.until(NOW_US + 31 * 24 * HOUR)
    while ward.look():
        pass
    assert ward.stands("R36")[0] == "not evaluated"
    assert ward.alerts("R36") == [MEDIUM_OPEN], "nobody has shown that it is over"


def test_a_weight_entered_later_is_taken_up_and_a_change_of_target_is_about_what_comes(ward: Ward) -> None:
    ward.arrange(TargetWeight(kg=70))
    ward.treat(FIRST_US, 240)
    ward.look()
    ward.weigh(Measured.WEIGHT_AFTER, 71.4, FIRST_US + 4 * HOUR)
    ward.look()
    assert ward.stands("R27")[1] == "Weight after the treatment 1.4 kg above its target, more than 1 kg"
    ward.arrange(TargetWeight(kg=72))
    assert ward.look() == 1
    assert ward.alerts("R27") == [LOW_OPEN]
    assert len(ward.events("R27")) == 1


def test_days_offline_are_found_late_and_page_nobody_as_live(ward: Ward) -> None:
    ward.treat(FIRST_US, 240)
    ward.look()
    for day, minutes in ((1, 200), (2, 240)):
        add_treatment(ward.conn, ward.unit, FIRST_US + day * 24 * HOUR, minutes)
    ward.until(FIRST_US + 60 * HOUR)
    summarise_all(ward.conn, ward.clock.now_us())
    ward.look()
    assert ward.events("R25") == ["active, unacknowledged", "latched, clear"]
    assert ward.conn.execute("SELECT late FROM alert_event WHERE rule = 'R25' ORDER BY event_id").fetchall() == [
        (True,),
        (False,),
    ]


def test_a_patient_who_moves_takes_what_stands_along_and_leaves_none_of_it_behind(ward: Ward) -> None:
    ward.treat(FIRST_US, 225)
    ward.look()
    other = registry.add_unit(ward.conn, "Home 2", "North", NOW_US)
    patients.bind(ward.conn, other.unit_id, ward.patient, ward.clock.now_us())
    ward.look()
    rows = ward.conn.execute("SELECT unit_id, state FROM alert WHERE rule = 'R25' ORDER BY alert_id").fetchall()
    assert rows == [(ward.unit.unit_id, "normal"), (other.unit_id, "active, unacknowledged")]
    newcomer = patients.add_patient(ward.conn, "Bob", None, Prescription())
    patients.bind(ward.conn, other.unit_id, newcomer, ward.clock.now_us())
    while ward.look():
        pass
    open_now = ward.conn.execute("SELECT count(*) FROM alert WHERE rule = 'R25' AND state <> 'normal'").fetchone()
    assert open_now == (0,)


def test_a_patient_whose_review_fails_holds_up_nobody_and_is_tried_again(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = registry.add_unit(ward.conn, "Home 2", "North", NOW_US)
    patient_of(ward.conn, second, NOW_US)
    whole = reviews_module.review

    def fails_for_the_first(rules: object, past: object, known: object) -> object:
        if reviews_module.pasts.load(ward.conn, ward.patient, ward.unit.unit_id, NOW_US, NOW_US) == past:
            raise ZeroDivisionError
        return whole(rules, past, known)  # type: ignore[arg-type]

    monkeypatch.setattr(reviews_module, "review", fails_for_the_first)
    work = ward.reviewer()
    assert work.step(ward.conn) == 2
    assert work._metrics.reviews.labels("failed")._value.get() == 1
    assert work.step(ward.conn) == 0
    monkeypatch.undo()
    ward.clock.advance(AGAIN_US / 1e6)
    assert work.step(ward.conn) == 1


def test_a_database_that_is_away_is_told(ward: Ward) -> None:
    ward.conn.close()
    with pytest.raises(StoreError) as caught:
        ward.look()
    assert caught.value.trouble is Trouble.UNAVAILABLE


def test_the_thread_works_until_it_is_stopped(ward: Ward) -> None:
    ward.treat(FIRST_US, 225)
    work = ward.reviewer()
    work.start()
    end = time.monotonic() + 20
    while not ward.alerts("R25"):
        assert time.monotonic() < end, "never happened"
        time.sleep(0.05)
    work.stop()
    assert not work._thread.is_alive()
    assert ConditionState(ward.alerts("R25")[0][0]) is ConditionState.ACTIVE_UNACKNOWLEDGED
