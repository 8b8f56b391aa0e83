"""The words of the description are the words of the vocabulary."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from clinician_api.live.messages import MAX_SUBSCRIBED_UNITS, ClientMessage, FlagName, PhaseName, UnitStatus
from telemetry.messages import Flag, Status
from telemetry.treatment import Phase


def test_phases_and_marks_are_all_described() -> None:
    assert set(get_args(PhaseName)) == {phase.name for phase in Phase}
    assert set(get_args(FlagName)) == {str(flag.name).lower() for flag in Flag}


def test_what_a_box_says_of_itself_is_all_told() -> None:
    # Not for a screen: how the message is made, and what tells one boot or outbox file from another.
    inner = {"version", "sent_us", "epoch", "boot"}
    renamed = {"outbox_oldest_us": "outbox_oldest", "certificate_until_us": "certificate_until"}
    expected = {renamed.get(name, name) for name in Status.__struct_fields__ if name not in inner}
    assert set(UnitStatus.model_fields) == expected | {"since", "heard_at"}


def test_a_subscription_is_bounded() -> None:
    units = [f"u-{number}" for number in range(MAX_SUBSCRIBED_UNITS)]
    ClientMessage.model_validate({"subscribe": {"units": units}})
    with pytest.raises(ValidationError):
        ClientMessage.model_validate({"subscribe": {"units": [*units, "u-x"]}})
