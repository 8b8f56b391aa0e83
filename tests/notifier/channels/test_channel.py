"""What errors of a channel say."""

from __future__ import annotations

from notifier.channels.channel import AddressError, Unreachable


def test_a_failure_for_now_may_be_tried_again_one_for_good_may_not() -> None:
    assert Unreachable("no connection").recoverable
    assert not Unreachable("gone", permanent=True).recoverable
    assert Unreachable("no connection", retry_after_s=3).line() == "send a page: no connection"


def test_an_address_error_says_what_where_and_what_to_do() -> None:
    error = AddressError("check a channel's address", "json://…", hint="host or key is missing")
    assert error.line() == "check a channel's address: json://… – host or key is missing"
