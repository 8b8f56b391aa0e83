"""The life of a delivery: every cell of the table, and what no sequence of receipts may do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery import TABLE, DeliveryState, after, fold, has_reached_a_device, may_be_sent_again

QUEUED, SENT, DELIVERED, READ = (
    DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ,
)  # fmt: skip
ACCEPTED, REJECTED, FAILED = DeliveryState.ACCEPTED, DeliveryState.REJECTED, DeliveryState.FAILED

RECEIPTS = st.lists(st.sampled_from(DeliveryState), max_size=12)
# How much is known: a failure is less than any word of a device.
RANK = {QUEUED: 0, SENT: 1, FAILED: 2, DELIVERED: 3, READ: 4, ACCEPTED: 5, REJECTED: 5}


def test_the_usual_way() -> None:
    ways = [SENT, DELIVERED, READ, ACCEPTED]
    assert [fold(ways[:n]) for n in range(5)] == [QUEUED, *ways]


@pytest.mark.parametrize(
    ("receipts", "state"),
    [
        ([READ, DELIVERED, SENT], READ),  # out of order
        ([DELIVERED, SENT], DELIVERED),  # the device was quicker than the service's answer
        ([SENT, SENT, DELIVERED, DELIVERED], DELIVERED),  # twice
        ([ACCEPTED, READ, REJECTED, FAILED], ACCEPTED),  # late, after the answer
        ([REJECTED, ACCEPTED], REJECTED),  # the first answer stands
        ([FAILED], FAILED),
        ([SENT, FAILED], FAILED),
        ([DELIVERED, FAILED], DELIVERED),  # what arrived has arrived
        ([FAILED, SENT], FAILED),  # the failure has been acted on
        ([FAILED, DELIVERED], DELIVERED),  # it did arrive
        ([FAILED, ACCEPTED], ACCEPTED),  # somebody answered: that counts
    ],
)
def test_receipts_in_any_order(receipts: list[DeliveryState], state: DeliveryState) -> None:
    assert fold(receipts) is state


def test_every_state_is_in_the_table_and_none_leads_back() -> None:
    assert set(TABLE) == set(DeliveryState)
    for state, receipts in TABLE.items():
        assert all(RANK[receipt] > RANK[state] for receipt in receipts), state


@given(RECEIPTS, st.sampled_from(DeliveryState))
def test_it_never_goes_backwards(receipts: list[DeliveryState], late: DeliveryState) -> None:
    before = fold(receipts)
    assert RANK[after(before, late)] >= RANK[before]


@given(RECEIPTS, RECEIPTS)
def test_nothing_changes_an_answer(before: list[DeliveryState], late: list[DeliveryState]) -> None:
    answered = fold([*before, ACCEPTED])
    if REJECTED not in before and ACCEPTED not in before:
        assert answered is ACCEPTED
    assert fold([*before, ACCEPTED, *late]) is answered


@given(RECEIPTS)
def test_a_receipt_that_comes_twice_is_one(receipts: list[DeliveryState]) -> None:
    doubled = [receipt for receipt in receipts for _ in range(2)]
    assert fold(doubled) is fold(receipts)


@given(RECEIPTS)
def test_a_device_s_word_is_never_lost(receipts: list[DeliveryState]) -> None:
    said = any(has_reached_a_device(receipt) for receipt in receipts)
    assert has_reached_a_device(fold(receipts)) is said


def test_only_what_is_queued_is_sent_again() -> None:
    assert [state for state in DeliveryState if may_be_sent_again(state)] == [QUEUED]
