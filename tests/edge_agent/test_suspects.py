"""One bad row is found among many, and only on proof."""

from __future__ import annotations

from edge_agent.suspects import MAX_ROWS, Suspects


def breaking(poison: int, rows: range, *, worked_s: float = 1) -> tuple[list[int], int]:
    """Send suspects one by one over a connection that breaks whenever `poison` is in the message.

    Other rows were last acknowledged at `worked_s`.
    """
    suspects = Suspects(strikes=5, timeout_s=8, longest_s=60)
    assert suspects.accuse(tuple(rows), isolate=True, now=0)
    sent = 0
    while (suspect := suspects.due(now=0)) is not None:
        flying = suspects.take(suspect, suspect.seqs)
        sent += 1
        if poison in flying.seqs:
            proven = suspects.disconnected(flying, flying.seqs, soon=True, worked_s=worked_s, now=0)
            if proven:
                return proven, sent
    return [], sent


def test_the_poison_is_found_by_halving() -> None:
    for poison in (0, 7, 100, 239):
        proven, sent = breaking(poison, range(240))
        assert proven == [poison]
        assert sent < 24, "eight halvings, their good halves, five strikes"


def test_a_path_on_which_nothing_gets_through_condemns_nobody() -> None:
    suspects = Suspects(strikes=2, timeout_s=8, longest_s=60)
    suspects.accuse((1,), isolate=True, now=10)
    now = 10.0
    for _ in range(20):
        suspect = suspects.due(now)
        if suspect is not None:
            assert suspects.disconnected(suspects.take(suspect, (1,)), (1,), soon=True, worked_s=9, now=now) == []
        now += 60
    # The same breaks between which others do get through are proof, each of them one.
    for strike in (1, 2):
        suspect = suspects.due(now)
        assert suspect is not None
        proven = suspects.disconnected(suspects.take(suspect, (1,)), (1,), soon=True, worked_s=now - 1, now=now)
        assert proven == ([1] if strike == 2 else [])
        now += 60


def test_nobody_is_condemned_for_a_disconnect_that_came_late_or_in_company() -> None:
    suspects = Suspects(strikes=1, timeout_s=8, longest_s=60)
    suspects.accuse((1,), isolate=True, now=0)
    flying = suspects.take(suspects.due(0), (1,))  # type: ignore[arg-type]
    assert suspects.disconnected(flying, (1,), soon=False, worked_s=5, now=9) == []
    assert len(suspects) == 1 and not suspects.isolating, "it is sent again in company"


def test_what_is_not_acknowledged_is_tried_later_and_in_halves() -> None:
    suspects = Suspects(strikes=5, timeout_s=8, longest_s=60)
    suspects.accuse((1, 2, 3), isolate=False, now=0)
    suspects.timed_out(suspects.take(suspects.due(0), (1, 2, 3)), (1, 2, 3), now=0)  # type: ignore[arg-type]
    assert suspects.due(7.9) is None and suspects.next_due() == 8
    whole = suspects.due(8)
    assert whole is not None and whole.seqs == (1, 2, 3), "once is a message lost on the way"
    suspects.timed_out(suspects.take(whole, (1, 2, 3)), (1, 2, 3), now=8)
    assert suspects.due(23.9) is None
    half = suspects.due(24)
    assert half is not None and half.seqs == (1, 2)
    suspects.timed_out(suspects.take(half, (1, 2)), (1, 2), now=24)
    assert sorted(s.not_before for s in suspects._waiting) == [24, 56, 56]


def test_rows_left_over_stay_suspected_and_settled_ones_leave() -> None:
    suspects = Suspects(strikes=5, timeout_s=8, longest_s=60)
    suspects.accuse((1, 2, 3), isolate=False, now=0)
    assert suspects.take(suspects.due(0), (1,)).seqs == (1,)  # type: ignore[arg-type]
    assert len(suspects) == 2
    suspects.drop({2, 9})
    assert suspects.due(0).seqs == (3,)  # type: ignore[union-attr]
    suspects.drop({3})
    assert suspects.due(0) is None and suspects.next_due() is None


def test_there_is_a_limit_to_suspicion() -> None:
    suspects = Suspects(strikes=5, timeout_s=8, longest_s=60)
    assert suspects.accuse(tuple(range(MAX_ROWS)), isolate=True, now=0)
    assert not suspects.accuse((MAX_ROWS,), isolate=True, now=0)
