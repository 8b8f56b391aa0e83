"""The life of a delivery, one notice on one channel of one person: a table of states and receipts.

Receipts come from networks: late, twice, out of order. So a delivery only moves forward: what arrived has arrived, and
what a person answered first stands. Words: clinical.md §4 (distributed alarm system, IEC 60601-1-8).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class DeliveryState(StrEnum):
    """Where a delivery stands; but for `queued`, each is also the receipt that leads to it."""

    QUEUED = "queued"  # not yet taken by anybody; a send that failed for now leaves it so
    SENT = "sent"  # the channel's service has taken it
    DELIVERED = "delivered"  # the device has it
    READ = "read"  # a person opened it
    ACCEPTED = "accepted"  # a person takes it on
    REJECTED = "rejected"  # a person will not, or cannot
    FAILED = "failed"  # it will not arrive on this channel


_QUEUED, _SENT, _DELIVERED, _READ = (
    DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ,
)  # fmt: skip
_ACCEPTED, _REJECTED, _FAILED = DeliveryState.ACCEPTED, DeliveryState.REJECTED, DeliveryState.FAILED

# state -> the receipts that move it; any other changes nothing. What a device or a person says counts after a failure
# too: it did arrive. That some service took it (`sent`) does not: the failure has already been acted on.
TABLE: Final[dict[DeliveryState, frozenset[DeliveryState]]] = {
    _QUEUED: frozenset({_SENT, _DELIVERED, _READ, _ACCEPTED, _REJECTED, _FAILED}),
    _SENT: frozenset({_DELIVERED, _READ, _ACCEPTED, _REJECTED, _FAILED}),
    _FAILED: frozenset({_DELIVERED, _READ, _ACCEPTED, _REJECTED}),
    _DELIVERED: frozenset({_READ, _ACCEPTED, _REJECTED}),
    _READ: frozenset({_ACCEPTED, _REJECTED}),
    _ACCEPTED: frozenset(),
    _REJECTED: frozenset(),
}


def after(state: DeliveryState, receipt: DeliveryState) -> DeliveryState:
    """The state after a receipt; the same one where the table knows no such move."""
    return receipt if receipt in TABLE[state] else state


def fold(receipts: Iterable[DeliveryState]) -> DeliveryState:
    """Where a delivery stands after its receipts, in the order in which they came, from `queued`."""
    state = _QUEUED
    for receipt in receipts:
        state = after(state, receipt)
    return state


def has_reached_a_device(state: DeliveryState) -> bool:
    """Whether a device or a person said so; what was only sent may be anywhere."""
    return state in (_DELIVERED, _READ, _ACCEPTED, _REJECTED)


def may_be_sent_again(state: DeliveryState) -> bool:
    """Whether another try makes sense: nothing has taken it, and nothing final is known."""
    return state is _QUEUED
