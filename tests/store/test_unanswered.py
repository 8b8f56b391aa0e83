"""Which notices are on the pathway: those whose step was taken since they were last anybody's."""

from __future__ import annotations

from store import notices, registry, unanswered
from store.notices import NewNotice, NoticeEvent
from store.pool import Connection
from store.unanswered import Unanswered
from tests.store.told import NOW_US


def test_from_the_pathway_s_step_on_until_it_is_somebody_s(conn: Connection) -> None:
    unit = registry.add_unit(conn, "Home", "North", NOW_US)
    number = notices.open_notice(
        conn, NewNotice(unit.unit_id, None, unit.clinic_id, "clinical", "air", "", "high"), NOW_US
    )

    def event(seconds: int, state: str, stage: str = "") -> list[Unanswered]:
        at_us = NOW_US + seconds * 1_000_000
        notices.append(conn, NoticeEvent(number, at_us, "", state, "high", 1, "x", stage=stage))
        return unanswered.on_the_pathway(conn)

    assert event(1, "nobody") == event(2, "asking") == event(3, "asking", "step everyone") == []
    found = [Unanswered(number, unit.name, unit.clinic_id, "North", "high", NOW_US + 2_000_000)]
    assert event(4, "asking", "step pathway") == event(5, "unanswered") == event(6, "asking") == found
    assert event(7, "accepted") == event(8, "asking") == []
    assert event(9, "asking", "step pathway")[0].since_us == NOW_US + 8_000_000
    assert event(10, "over") == []
