from __future__ import annotations

from alerts.responsibility import Move
from notifier.moving import Writes
from store import notices
from tests.notifier.world import World


def test_a_move_is_written_with_what_follows_from_it_and_a_refused_one_is_not(world: World) -> None:
    world.alert()
    world.after(0)
    row = notices.lock_open(world.conn, world.homes)[0]
    writes = Writes()
    over = writes.move(row, Move.RESOLVE, world.now_us, "it is over")
    assert world.notice()[0] == "asking"
    writes.flush(world.conn, world.now_us)
    assert (over.state, over.reason) == ("over", "it is over")
    assert notices.lock(world.conn, row.notice_id) is not None
    assert world.notice()[0] == "over"
    assert world.rows("SELECT count(*) FROM notice_step WHERE done_at IS NULL") == [(0,)]
    events = world.rows("SELECT count(*) FROM notice_event")
    writes = Writes()
    assert writes.move(over, Move.ASK, world.now_us, "again") is over
    writes.flush(world.conn, world.now_us)
    assert world.rows("SELECT count(*) FROM notice_event") == events
