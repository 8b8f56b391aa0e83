from __future__ import annotations

import pytest
from pydantic import ValidationError

from clinician_api.duty.channel_models import AddChannel, OwnChannelView
from tests.clinician_api.devices import subscription


def test_a_browsers_subscription_is_taken_as_it_gives_it() -> None:
    body = subscription()
    del body["language"], body["label"]
    assert AddChannel.model_validate(body).language is None


@pytest.mark.parametrize("change", [{"keys": None}, {"endpoint": 7}, {"label": "x" * 101}, {"label": ""}, {"tier": 1}])
def test_nothing_else_is(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AddChannel.model_validate(subscription() | change)


def test_a_view_has_no_place_for_a_whole_address() -> None:
    assert not {"endpoint", "keys", "auth", "p256dh"} & set(OwnChannelView.model_fields)
