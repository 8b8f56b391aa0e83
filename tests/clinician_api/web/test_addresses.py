from __future__ import annotations

import json

import pytest

from clinician_api.duty.channel_views import address
from clinician_api.web.addresses import Addresses
from notifier.channels import AddressError, Channels
from notifier.channels.networks import Networks
from telemetry.clock import SystemClock
from tests.clinician_api.devices import subscription


def test_the_notifiers_channels_judge_what_the_api_stores() -> None:
    judge: Addresses = Channels(Networks(), SystemClock())
    body = subscription()
    text = address(body["endpoint"], body["keys"])
    judge.check(text)
    assert judge.host(text) == "push://push.example.net"
    with pytest.raises(AddressError) as caught:
        judge.check(json.dumps(json.loads(text) | {"endpoint": "https://127.0.0.1/"}))
    assert "this server itself" in caught.value.hint
