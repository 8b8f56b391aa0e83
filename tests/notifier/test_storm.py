"""The storm: 200 homes with 50 alerts each within 10 s, on a real database, through all that decides and sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

import pytest

from alerts.delivery import DeliveryState
from notifier import escalator, router
from notifier.dispatch import Outcome
from notifier.kept import KeptDeliveries
from notifier.metrics import Metrics
from notifier.page import Site
from notifier.router import Causes
from notifier.words import Occasion
from store import alert_log, heartbeat, notices
from store.alert_log import AlertEventRow
from store.pool import Connection
from telemetry.alarms import Priority
from tests.notifier.world import UNACKNOWLEDGED, World, build, without

HOMES, RULES, SECONDS = 200, 50, 10
NONE: frozenset[str] = frozenset()
HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW
# 50 rules in 10 causes, about 5/15/80: two of high, eight of medium, forty of low priority.
CAUSES = Causes({f"S{n:02}": f"cause {n % 10}" for n in range(RULES)})
PRIORITY = {f"S{n:02}": HIGH if n < 2 else MEDIUM if n < 10 else LOW for n in range(RULES)}


@dataclass
class Night:
    """A notifier in the test's hands: what it sends is kept, in order."""

    world: World
    kept: KeptDeliveries
    sent: list[tuple[int, int, Priority, Occasion]] = field(default_factory=list)  # batch, delivery, …

    def turn(self, batch: int) -> None:
        """Decide and escalate as the decider does, then send all that is due."""
        conn, world = self.world.conn, self.world
        world.now_us = notices.database_us(conn)
        heartbeat.beat(conn, "notifier", "n1", world.now_us)
        while router.route(conn, CAUSES, world.now_us):
            while escalator.advance(conn, world.who, world.now_us):
                pass
        self.send(batch)

    def send(self, batch: int) -> None:
        """All that may go a second later."""
        self.world.conn.execute("UPDATE delivery SET claimed_at = claimed_at - interval '1 second'")
        while jobs := self.kept.claim(32, NONE, high_only=False):
            for job in jobs:
                self.sent.append((batch, job.id, job.page.priority, job.page.occasion))
                # A receipt at once: who has the page is not told another way as well.
                self.kept.report(job, Outcome(DeliveryState.DELIVERED, "taken"))


@pytest.fixture
def storm(conn: Connection, database_url: str) -> Iterator[Night]:
    world = build(conn, database_url, HOMES)
    # Time runs here, and a slow machine takes minutes: one person, so that later steps have nobody to go to.
    world.people = without(world.people, backup=(), everyone=(), pathway=())
    kept = KeptDeliveries(database_url, "n1", Site(url="https://hd.example.org"), Metrics())
    yield Night(world, kept)
    kept.close()
    world.close()


def batch_of(world: World, second: int) -> list[AlertEventRow]:
    """Five alerts of every home, rules of all priorities mixed over the ten seconds."""
    ids = iter(alert_log.reserve_ids(world.conn, HOMES * RULES // SECONDS))
    rules = [f"S{n:02}" for n in range(RULES) if n % SECONDS == (second * 7) % SECONDS]
    return [
        AlertEventRow(next(ids), home, rule, "1", PRIORITY[rule], UNACKNOWLEDGED, world.now_us, "found", {}, {})
        for home in world.homes
        for rule in reversed(rules)
    ]


@pytest.mark.timeout(300)
def test_200_homes_with_50_alerts_each_in_ten_seconds(storm: Night) -> None:
    world = storm.world
    for second in range(SECONDS):
        alert_log.append(world.conn, batch_of(world, second), world.now_us)
        storm.turn(second)
    storm.send(SECONDS)

    # All are stored, and every one is decided about, with its reason.
    assert world.rows("SELECT count(*) FROM alert") == [(HOMES * RULES,)]
    assert world.rows("SELECT count(*) FROM routing_due") == [(0,)]
    assert dict(world.rows("SELECT stage, count(*) FROM notice_alert GROUP BY stage")) == {
        "ask": 2000, "low priority": 8000,
    }  # fmt: skip
    # One notice of a home and cause; one page at most of a person, a home and a cause.
    assert world.rows("SELECT count(*), count(DISTINCT (unit_id, cause)) FROM notice") == [(2000, 2000)]
    assert world.rows(
        "SELECT max(n) FROM (SELECT count(*) AS n FROM delivery JOIN notice USING (notice_id)"
        " GROUP BY user_id, unit_id, cause) AS told"
    ) == [(1,)]
    # High ones first: five singly, of five homes, the others together; medium ones with them, or together.
    priorities = Counter(priority for _, _, priority, _ in storm.sent)
    assert priorities[HIGH] <= 5 + 3 and priorities[LOW] == 0
    first, rest = storm.sent[:5], storm.sent[5:]
    assert {(priority, occasion) for _, _, priority, occasion in first} == {(HIGH, Occasion.CALL)}
    assert {occasion for _, _, _, occasion in rest} == {Occasion.SEVERAL}
    homes = "SELECT count(DISTINCT unit_id) FROM delivery JOIN notice USING (notice_id) WHERE delivery_id = ANY (%s)"
    assert world.rows(homes, [delivery for _, delivery, _, _ in first]) == [(5,)]
    for _, pages in groupby(storm.sent, key=lambda page: page[0]):
        ranks = [priority.rank for _, _, priority, _ in pages]
        assert ranks == sorted(ranks, reverse=True)
    assert len(rest) <= 2 * SECONDS, "1 995 notices"
    assert len({delivery for _, delivery, _, _ in storm.sent}) == len(storm.sent)
    # Every one of them went out, and says with which.
    assert world.rows("SELECT priority, state, count(*) FROM delivery GROUP BY 1, 2 ORDER BY 1") == [
        ("high", "delivered", 400), ("medium", "delivered", 1600),
    ]  # fmt: skip
    folded = world.rows("SELECT count(*) FROM delivery WHERE folded_into IS NOT NULL")[0][0]
    assert folded == 2000 - len(storm.sent)
    assert world.rows(
        "SELECT count(*) FROM delivery AS d JOIN delivery_event AS e USING (delivery_id) JOIN delivery AS lead"
        " ON lead.delivery_id = d.folded_into"
        " WHERE e.detail LIKE 'in one page with delivery ' || lead.delivery_id || '%%'"
        " AND lead.folded_into IS NULL AND lead.channel_id = d.channel_id AND lead.state = 'delivered'"
    ) == [(folded,)]
