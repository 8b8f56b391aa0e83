"""A clinic with people on call and a home, in a real database, with time in the test's hands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

from alerts.escalation import People
from alerts.responsibility import Move
from evaluation.answering import Outcome, answer
from notifier import escalator, router
from notifier.router import Causes
from store import accounts, alert_log, channels, notice_steps, pool, registry
from store.alert_log import AlertEventRow
from store.notices import NoticeRow
from store.pool import AsyncConnection, Connection
from telemetry.alarms import ConditionState, Priority

T = TypeVar("T")

START_US = 1_750_000_000_000_000
SECOND = 1_000_000
UNACKNOWLEDGED = ConditionState.ACTIVE_UNACKNOWLEDGED
CAUSES = Causes({"R10": "venous access", "R13": "venous access", "R33": "telemetry", "R20": "air"})


@dataclass
class World:
    """What is there. `now_us` moves only by `after`."""

    conn: Connection
    url: str
    now_us: int = START_US
    clinic: int = 0
    homes: list[int] = field(default_factory=list)
    users: dict[str, int] = field(default_factory=dict)
    ways: dict[str, int] = field(default_factory=dict)  # "name 1": channel of that tier
    people: People = field(default_factory=People)
    own_fault: str = ""
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @cached_property
    def aconn(self) -> AsyncConnection:
        return self.loop.run_until_complete(pool.aconnect(self.url))

    def close(self) -> None:
        """The connection of `at_the_api`, and its loop."""
        if "aconn" in self.__dict__:
            self.loop.run_until_complete(self.aconn.close())
        self.loop.close()

    @property
    def home(self) -> int:
        return self.homes[0]

    def who(self, _conn: Connection, _row: NoticeRow, _now_us: int) -> People:
        return self.people

    def settle(self) -> None:
        """All that is due now."""
        while router.route(self.conn, CAUSES, self.now_us, self.own_fault) or escalator.advance(
            self.conn, self.who, self.now_us
        ):
            pass

    def after(self, seconds: float) -> None:
        """So much later, having worked at every due moment in between as a notifier that never sleeps would."""
        end = self.now_us + round(seconds * SECOND)
        self.settle()
        while True:
            due = notice_steps.next_due_us(self.conn)
            if due is None or due > end:
                break
            self.now_us = max(self.now_us, due)
            self.settle()
        self.now_us = end
        self.settle()

    def alert(
        self, rule: str = "R10", priority: Priority = Priority.HIGH, *, home: int | None = None, late: bool = False
    ) -> int:
        """A new alert, not yet routed."""
        alert_id = alert_log.reserve_ids(self.conn, 1)[0]
        self.step(alert_id, rule, priority, UNACKNOWLEDGED, home=home, late=late)
        return alert_id

    def step(
        self, alert_id: int, rule: str, priority: Priority, state: ConditionState, *, home: int | None = None,
        late: bool = False, again: bool = False,
    ) -> None:  # fmt: skip
        """Another event of an alert. `again`: its rule tells it anew."""
        row = AlertEventRow(
            alert_id, home or self.home, rule, "1", priority, state, self.now_us, "found", {}, {}, late, again=again
        )
        alert_log.append(self.conn, [row], self.now_us)

    def clear(
        self, alert_id: int, rule: str = "R10", priority: Priority = Priority.HIGH, *, home: int | None = None
    ) -> None:
        """The condition is over."""
        self.step(alert_id, rule, priority, ConditionState.NORMAL, home=home)

    def answer(self, name: str, move: Move) -> Outcome:
        """A person says something to the newest notice, over a connection like the API's."""
        notice = self.rows("SELECT max(notice_id) FROM notice")[0][0]
        return self.at_the_api(lambda conn: answer(conn, notice, move, self.users[name], self.now_us)).outcome

    def at_the_api(self, deed: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Done in a transaction of an asynchronous connection."""
        conn = self.aconn

        async def done() -> T:
            async with conn.transaction():
                return await deed(conn)

        return self.loop.run_until_complete(done())

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.conn.execute(statement.encode(), values).fetchall()

    def notice(self) -> tuple[Any, ...]:
        """(state, priority, round) of the newest notice."""
        return self.rows("SELECT state, priority, round FROM notice ORDER BY notice_id DESC LIMIT 1")[0]

    def pages(self) -> list[tuple[float, str]]:
        """(seconds since the start, whom) of every delivery so far, in order."""
        found = self.rows("SELECT to_us(queued_at), channel_id FROM delivery ORDER BY queued_at, delivery_id")
        names = {channel: name for name, channel in self.ways.items()}
        return [((at - START_US) / SECOND, names[channel]) for at, channel in found]

    def receipt(self, name: str, state: str = "delivered") -> None:
        """The device of a channel says it has it."""
        self.rows("UPDATE delivery SET state = %s WHERE channel_id = %s RETURNING 1", state, self.ways[name])


def build(conn: Connection, url: str, homes: int = 1) -> World:
    """Two people on call and one more, each with a first and a second channel; the screens' own are not used here."""
    world = World(conn, url)
    for number in range(homes):
        world.homes.append(registry.add_unit(conn, f"Home {number}", "North", START_US).unit_id)
    world.clinic = registry.add_clinic(conn, "North")
    for name in ("anna", "boris", "chen"):
        add_person(world, name)
    world.people = People(
        (world.users["anna"],), (world.users["boris"],), tuple(world.users.values()), (world.users["chen"],)
    )
    return world


def add_person(world: World, name: str) -> None:
    """An account of the clinic with a channel of each tier."""
    user = accounts.add_user(
        world.conn, email=f"{name}@example.org", name=name.title(), role="on-call", clinic_id=world.clinic,
        password_hash="x", now_us=START_US,
    )  # fmt: skip
    world.users[name] = user
    world.conn.execute("UPDATE channel SET disabled_at = now(), disabled_why = 'test' WHERE user_id = %s", [user])
    for tier in (1, 2):
        address = f"jsons://127.0.0.1/{name}/{tier}"
        world.ways[f"{name} {tier}"] = channels.add(
            world.conn,
            user,
            "apprise",
            address,
            host="127.0.0.1",
            label=f"way {tier}",
            tier=tier,
            language="en",
            now_us=START_US,
        )


def without(people: People, **changes: tuple[int, ...]) -> People:
    """The same people but for these."""
    return replace(people, **changes)
