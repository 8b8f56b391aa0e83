from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import audit, pool
from store.audit import Deed, Link, Walk
from store.errors import StoreError
from store.pool import Connection

AT_US = 1_780_000_000_000_000


def do(conn: Connection, number: int, **detail: object) -> None:
    with pool.transaction(conn):
        audit.append(conn, Deed(AT_US + number, audit.operator("alice"), "revoke unit", f"h{number}", detail))


@pytest.fixture
def chain(conn: Connection) -> Connection:
    for number in range(1, 6):
        do(conn, number, reason=f"reason {number}")
    return conn


def as_superuser(conn: Connection, *statements: str) -> None:
    """What somebody can do who owns the whole server."""
    conn.execute("SET session_replication_role = replica")  # no trigger fires
    for statement in statements:
        conn.execute(statement)
    conn.execute("SET session_replication_role = origin")


def test_what_is_written_holds_and_reads_back(chain: Connection) -> None:
    walked = audit.verify(chain)
    assert (walked.count, walked.broken) == (5, None)
    rows = chain.execute(
        "SELECT event_id, to_us(at), actor, action, subject, detail ->> 'reason', hash FROM audit_event ORDER BY 1"
    ).fetchall()
    assert [row[:6] for row in rows] == [
        (n, AT_US + n, "os:alice", "revoke unit", f"h{n}", f"reason {n}") for n in range(1, 6)
    ]
    assert rows[-1][6] == walked.head


def test_a_chain_that_is_empty_holds(conn: Connection) -> None:
    assert audit.verify(conn) == Walk(0, b"")


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET actor = 'os:bob'", "DELETE FROM audit_event", "TRUNCATE audit_event"]
)
def test_nothing_written_can_be_changed(chain: Connection, statement: str) -> None:
    with pytest.raises(StoreError, match=r"a check of the database refused it"), pool.transaction(chain):
        chain.execute(statement)
    assert audit.verify(chain).count == 5


@pytest.mark.parametrize(
    ("statements", "broken", "why"),
    [
        (["UPDATE audit_event SET actor = 'os:bob' WHERE event_id = 3"], 3, "content"),
        (["UPDATE audit_event SET at = at + interval '1 second' WHERE event_id = 1"], 1, "content"),
        (["""UPDATE audit_event SET detail = '{"reason":"reason 2"}' WHERE event_id = 2"""], 2, "content"),
        (["UPDATE audit_event SET hash = sha256('x') WHERE event_id = 5"], 5, "content"),
        (["UPDATE audit_event SET previous = sha256('x') WHERE event_id = 4"], 4, "follow"),
        (["DELETE FROM audit_event WHERE event_id = 3"], 3, "missing"),
        (["DELETE FROM audit_event WHERE event_id = 1"], 1, "missing"),
        # Taken out, and those behind it moved up:
        (["DELETE FROM audit_event WHERE event_id = 3",
          "UPDATE audit_event SET event_id = event_id - 1 WHERE event_id > 3"], 3, "follow"),
        # Put in, with a hash that fits its own content but not its successor:
        (["UPDATE audit_event SET event_id = event_id + 10 WHERE event_id > 2",
          "UPDATE audit_event SET event_id = event_id - 9 WHERE event_id > 10",
          """INSERT INTO audit_event SELECT 3, at, actor, action, subject, detail, hash, hash FROM audit_event
             WHERE event_id = 2"""], 3, "content"),
    ],
)  # fmt: skip
def test_what_a_superuser_changes_is_found_and_named(
    chain: Connection, statements: list[str], broken: int, why: str
) -> None:
    as_superuser(chain, *statements)
    walked = audit.verify(chain)
    assert walked.broken == broken
    assert why in walked.why
    assert walked.count == broken - 1


def test_a_chain_cut_off_at_its_end_is_found_by_whoever_noted_its_head(chain: Connection) -> None:
    noted = (5, audit.verify(chain).head)
    do(chain, 6)
    assert audit.verify(chain, noted).broken is None
    as_superuser(chain, "DELETE FROM audit_event WHERE event_id > 4")
    assert audit.verify(chain).broken is None, "nothing in the rest tells of it"
    assert audit.verify(chain, noted).broken == 5
    do(chain, 7)  # made longer again by what is true
    walked = audit.verify(chain, noted)
    assert (walked.broken, walked.why) == (5, "another one was noted under this number")


def test_four_writers_at_once_make_no_false_break(database_url: str, conn: Connection) -> None:
    gate = threading.Barrier(4)

    def write(number: int) -> None:
        with pool.connect(database_url) as mine:
            gate.wait()
            for _ in range(25):
                do(mine, number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert audit.verify(conn).count == 100
    assert audit.verify(conn).broken is None


def test_one_that_is_rolled_back_leaves_no_hole(chain: Connection) -> None:
    def fail() -> None:
        with pool.transaction(chain):
            audit.append(chain, Deed(AT_US, "os:alice", "revoke unit", "h9"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    do(chain, 6)
    assert audit.verify(chain).count == 6


def test_several_in_one_statement_follow_each_other(chain: Connection) -> None:
    chain.execute(
        "INSERT INTO audit_event (at, actor, action, subject, detail)"
        " SELECT now(), 'os:bob', 'try', n::text, '{}' FROM generate_series(1, 3) AS n"
    )
    assert audit.verify(chain).count == 8


@given(
    st.lists(
        st.tuples(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8)),
        min_size=1, max_size=5,
    ),
    st.data(),
)  # fmt: skip
def test_any_change_of_any_field_of_any_row_is_found(
    rows: list[tuple[str, str, str, str]], data: st.DataObject
) -> None:
    links: list[Link] = []
    for number, texts in enumerate(rows, 1):
        link = Link(number, AT_US, *texts, previous=links[-1].hash if links else b"", hash=b"")
        links.append(dataclasses.replace(link, hash=audit.digest(link)))
    assert audit.walk(links).broken is None
    at = data.draw(st.integers(0, len(links) - 1))
    change: Callable[[Link], Link] = data.draw(
        st.sampled_from(
            [
                lambda link: dataclasses.replace(link, at_us=link.at_us + 1),
                lambda link: dataclasses.replace(link, actor=link.actor + "1"),
                # The same letters, shared out otherwise between two fields.
                lambda link: dataclasses.replace(link, actor=link.actor + "\n1\na", action="b" + link.action),
                lambda link: dataclasses.replace(link, subject=link.subject + " "),
                lambda link: dataclasses.replace(link, detail=link.detail + " "),
            ]
        )
    )
    links[at] = change(links[at])
    assert audit.walk(links).broken == at + 1


@pytest.mark.parametrize("text", ["\0", "\ud800", "Привет 透析 \U0001f600", "a\nb", "x" * 1000, "' OR 1=1"])
def test_any_text_is_kept_and_chained(conn: Connection, text: str) -> None:
    with pool.transaction(conn):
        audit.append(conn, Deed(AT_US, f"os:{text}", f"do {text}", text, {text: text}))
    assert audit.verify(conn) == Walk(1, audit.verify(conn).head)


async def test_a_task_writes_the_same(database_url: str, conn: Connection) -> None:
    opened = await pool.open_pool(database_url)
    async with opened.transaction() as mine:
        await audit.aappend(
            mine, Deed(AT_US, audit.person(7), "acknowledge alert", "alert:1", {"outcome": "acknowledged"})
        )
    await opened.close()
    assert audit.verify(conn).count == 1
    assert conn.execute("SELECT actor, detail ->> 'outcome' FROM audit_event").fetchall() == [
        ("user:7", "acknowledged")
    ]
