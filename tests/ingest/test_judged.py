from __future__ import annotations

from ingest.judged import MAX_RANGES, Judged
from ingest.ranges import RangeSet


def test_what_was_judged_is_known_until_all_of_it_is_stored() -> None:
    judged = Judged()
    judged.add(5, 9)
    judged.add(10, 10, late=True)
    judged.add(20, 21)

    assert judged.seqs.ranges() == [(5, 10), (20, 21)]
    assert judged.late.ranges() == [(10, 10)]
    assert not judged.is_within(None)
    assert not judged.is_within(RangeSet([(0, 20)]))
    assert judged.is_within(RangeSet([(0, 21)]))


def test_of_too_many_pieces_the_oldest_are_forgotten() -> None:
    judged = Judged()
    for seq in range(0, 10 * MAX_RANGES, 2):
        judged.add(seq, seq, late=True)

    assert len(judged.seqs) == len(judged.late) == MAX_RANGES
    assert 10 * MAX_RANGES - 2 in judged.seqs
    assert 0 not in judged.seqs
