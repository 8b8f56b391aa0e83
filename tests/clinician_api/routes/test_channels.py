"""One's own channels over HTTP: add, try, take away; what is not one's own does not exist."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from clinician_api.access import Role
from clinician_api.duty.channel_data import MOST
from clinician_api.routes.channels import TESTS
from store import channels, own_channels
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api, alike
from tests.clinician_api.devices import KEY, PRIVATE, set_up, subscription
from tests.notifier.push_stand_in import point, text


def mine(client: Any, kind: str = "web push") -> list[dict[str, Any]]:
    answer = client.get("/api/me/channels")
    assert answer.status_code == 200, answer.text
    return [one for one in answer.json()["channels"] if one["kind"] == kind]


def rows(api: Api, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with api.database() as conn:
        return conn.execute(statement.encode(), values).fetchall()


def test_before_a_notifier_has_said_its_key_the_answer_says_what_to_do(api: Api) -> None:
    client = api.sign_in()
    answer = client.get("/api/me/push-key").json()
    assert answer["key"] is None and "push_contact" in answer["hint"]
    refused = client.post("/api/me/channels", json=subscription())
    assert (refused.status_code, refused.json()["what"]) == (409, "web push is not set up")
    set_up(api)
    assert client.get("/api/me/push-key").json() == {"key": KEY, "hint": ""}
    assert client.post("/api/me/channels", json=subscription(push_key="B" * 87)).status_code == 409


def test_a_browser_is_added_once_listed_without_its_address_and_on_record(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    set_up(api)
    client, body = api.sign_in(name="Ada"), subscription(label="Ada's phone", language="zh")
    first = client.post("/api/me/channels", json=body).json()["channel"]
    again = client.post("/api/me/channels", json=body).json()["channel"]
    assert first == again == mine(client)[0]
    assert (first["address"], first["label"], first["language"]) == ("push://push.example.net/…", "Ada's phone", "zh")
    secrets = (body["endpoint"], body["keys"]["auth"], body["keys"]["p256dh"])
    assert not any(word in client.get("/api/me/channels").text + caplog.text for word in secrets)
    ((address, host, tier),) = rows(api, "SELECT address, host, tier FROM channel WHERE kind = 'web push'")
    assert json.loads(address) == {"endpoint": body["endpoint"], "keys": body["keys"]}
    assert (host, tier) == ("push://push.example.net", 1)
    client.delete(f"/api/me/channels/{first['channel_id']}")
    assert mine(client) == []
    who = rows(api, "SELECT 'user:' || user_id FROM user_account WHERE name = 'Ada'")[0][0]
    detail = {"channel": int(first["channel_id"])}
    assert api.deeds("actor", "action", "subject", "detail") == [
        (who, "add channel", who, detail),
        (who, "remove channel", who, detail),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"endpoint": "http://push.example.net/x"}, "no https address"),
        ({"endpoint": "https://127.0.0.1/x"}, "this server itself"),
        ({"endpoint": "https://[::1]/x"}, "this server itself"),
        ({"endpoint": "https://10.1.2.3/x"}, "a private network"),
        ({"endpoint": "https://192.168.0.9:8443/x"}, "a private network"),
        ({"endpoint": "https://[fd00::7]/x"}, "a private network"),
        ({"endpoint": "https://169.254.169.254/x"}, "only machines use"),
        ({"endpoint": "javascript:alert(1)"}, "no https address"),
        ({"keys": {"p256dh": "BAAA", "auth": text(b"a" * 16)}}, "no point of P-256"),
        ({"keys": {"p256dh": text(point(PRIVATE.public_key())), "auth": text(b"a" * 15)}}, "has not 16 bytes"),
        ({"endpoint": "https://push.example.net/" + "x" * 1500}, "at most 1500"),
        ({"keys": {"p256dh": text(point(PRIVATE.public_key()))}}, "required"),
        ({"keys": "none"}, "valid"),
        ({"label": ""}, "at least 1"),
        ({"language": "xx"}, "'en' or 'zh'"),
    ],
)
def test_a_subscription_that_is_none_is_refused_with_what_is_wrong(api: Api, change: dict[str, Any], said: str) -> None:
    set_up(api)
    client = api.sign_in()
    answer = client.post("/api/me/channels", json=subscription() | change)
    assert answer.status_code == 422 and said in answer.json()["hint"], answer.text
    assert mine(client) == []


def test_a_person_has_so_many_devices_and_no_more_also_at_once(api: Api) -> None:
    set_up(api)
    client = api.sign_in()
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda _: client.post("/api/me/channels", json=subscription()).status_code, range(MOST + 3))
        )
    assert sorted(answers) == [200] * MOST + [409] * 3
    assert api.sign_in(name="Another").post("/api/me/channels", json=subscription()).status_code == 200


def test_a_new_subscription_takes_the_place_of_the_one_it_replaces(api: Api) -> None:
    set_up(api)
    client, old = api.sign_in(), subscription()
    before = client.post("/api/me/channels", json=old).json()["channel"]
    same_endpoint = subscription(old["endpoint"])
    second = client.post("/api/me/channels", json=same_endpoint).json()["channel"]
    assert [one["channel_id"] for one in mine(client)] == [second["channel_id"]] != [before["channel_id"]]
    rows(api, "UPDATE channel SET tier = 2, language = 'zh' WHERE channel_id = %s RETURNING 1", second["channel_id"])
    # What a worker says that was given a new subscription: it does not know what the person calls the device.
    bare = subscription(label=None, language=None, replaces=second["fingerprint"])
    third = client.post("/api/me/channels", json=bare).json()["channel"]
    assert [one["channel_id"] for one in mine(client)] == [third["channel_id"]]
    assert (third["label"], third["tier"], third["language"]) == ("Phone", 2, "zh")
    nameless = client.post("/api/me/channels", json=subscription(label=None, language=None)).json()["channel"]
    assert (nameless["label"], nameless["tier"], nameless["language"]) == ("push://push.example.net", 1, "en")


def test_another_persons_channel_does_not_exist(api: Api) -> None:
    set_up(api)
    owner, other = api.sign_in(name="Ada"), api.sign_in(name="Ben")
    body = subscription()
    number = owner.post("/api/me/channels", json=body).json()["channel"]["channel_id"]
    absent = other.post("/api/me/channels/99999/test")
    for answer in (other.post(f"/api/me/channels/{number}/test"), other.delete(f"/api/me/channels/{number}")):
        assert answer.status_code == absent.status_code == 404
        said = {key: str(value).replace(f"({number})", "(99999)") for key, value in alike(answer).items()}
        assert {**said, "where": "", "status": 404} == {**alike(absent), "where": ""}
    assert mine(other) == []
    # Naming it as replaced does nothing to it, and a shared device stays everybody's.
    fingerprint = mine(owner)[0]["fingerprint"]
    other.post("/api/me/channels", json=subscription(replaces=fingerprint))
    shared = other.post("/api/me/channels", json=body).json()["channel"]["channel_id"]
    assert [one["channel_id"] for one in mine(owner)] == [number]
    assert other.delete(f"/api/me/channels/{shared}").json() == {"others": True}
    assert [one["channel_id"] for one in mine(owner)] == [number]
    assert owner.delete(f"/api/me/channels/{number}").json() == {"others": False}
    assert owner.delete(f"/api/me/channels/{number}").status_code == 404


def test_screens_can_neither_be_tried_nor_taken_away(api: Api) -> None:
    client = api.sign_in()
    (screen,) = mine(client, "screen")
    assert (screen["address"], screen["fingerprint"]) == ("", None)
    for answer in (
        client.post(f"/api/me/channels/{screen['channel_id']}/test"),
        client.delete(f"/api/me/channels/{screen['channel_id']}"),
    ):
        assert (answer.status_code, answer.json()["what"]) == (409, "screens belong to the account")
    assert len(mine(client, "screen")) == 1


def test_a_test_is_queued_for_the_notifier_one_at_a_time(api: Api) -> None:
    set_up(api)
    client = api.sign_in()
    number = client.post("/api/me/channels", json=subscription()).json()["channel"]["channel_id"]
    assert client.post(f"/api/me/channels/{number}/test").status_code == 202
    refused = client.post(f"/api/me/channels/{number}/test")
    assert (refused.status_code, refused.json()["what"]) == (409, "a test is on its way already")
    test = mine(client)[0]["test"]
    assert (test["state"], test["waiting"], test["attempts"]) == ("queued", True, 0)
    assert rows(api, "SELECT notice_id, priority, next_try_at = queued_at FROM delivery") == [(None, "low", True)]
    # The link of a test leads to no notice.
    assert client.get("/api/deliveries/1").status_code == 404
    client.delete(f"/api/me/channels/{number}")
    assert rows(api, "SELECT next_try_at FROM delivery") == [(None,)], "nobody is rung by what they took away"


def test_nobody_rings_all_day(api: Api) -> None:
    set_up(api)
    client = api.sign_in()
    number = client.post("/api/me/channels", json=subscription()).json()["channel"]["channel_id"]
    for _ in range(TESTS):
        assert client.post(f"/api/me/channels/{number}/test").status_code == 202
        rows(api, "UPDATE delivery SET next_try_at = NULL RETURNING 1")
    refused = client.post(f"/api/me/channels/{number}/test")
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0


def test_what_its_receiver_calls_gone_is_shown_as_gone_and_what_people_removed_is_not(api: Api) -> None:
    set_up(api)
    client = api.sign_in()
    gone, removed = (
        client.post("/api/me/channels", json=subscription()).json()["channel"]["channel_id"] for _ in range(2)
    )
    now_us = SystemClock().now_us()
    with api.database() as conn:
        channels.disable(conn, int(gone), "the receiver says that this address is gone for good (HTTP 410)", now_us)
        channels.disable(conn, int(removed), own_channels.BY_HAND, now_us)
    (shown,) = mine(client)
    assert shown["channel_id"] == gone and "HTTP 410" in shown["gone_why"] and shown["gone_at"]
    assert client.post(f"/api/me/channels/{gone}/test").status_code == 404


def test_a_channel_entered_by_hand_is_listed_with_scheme_and_host_and_may_be_taken_away(api: Api) -> None:
    client = api.sign_in(name="Ada")
    (user,) = rows(api, "SELECT user_id FROM user_account WHERE name = 'Ada'")[0]
    with api.database() as conn:
        number = channels.add(
            conn, user, "apprise", "ntfys://ntfy.example.org/secret", host="ntfys://ntfy.example.org", label="pager",
            tier=2, language="en", now_us=SystemClock().now_us(),
        )  # fmt: skip
    (shown,) = mine(client, "apprise")
    assert (shown["address"], shown["tier"], shown["fingerprint"]) == ("ntfys://ntfy.example.org/…", 2, None)
    assert client.delete(f"/api/me/channels/{number}").status_code == 200
    assert mine(client, "apprise") == []


def test_the_language_one_chooses_is_that_of_all_one_s_channels_and_of_the_account(api: Api) -> None:
    set_up(api)
    client, other = api.sign_in(), api.sign_in(name="Another")
    for one in (client, other):
        assert one.post("/api/me/channels", json=subscription() | {"language": "en"}).status_code == 200
    assert client.get("/api/session").json()["user"]["language"] is None
    assert client.post("/api/me/language", json={"language": "zh"}).status_code == 204
    assert client.get("/api/session").json()["user"]["language"] == "zh"
    again = api.sign_in()  # what a sign-in answers, too
    assert again.get("/api/session").json()["user"]["language"] == "zh"
    with api.database() as conn:
        spoken = conn.execute("SELECT user_id, language FROM channel ORDER BY user_id, channel_id").fetchall()
        deeds = conn.execute("SELECT actor, detail FROM audit_event WHERE action = 'change language'").fetchall()
    assert spoken == [(1, "zh"), (1, "zh"), (2, "en"), (2, "en")]
    assert deeds == [("user:1", {"language": "zh"})]
    assert other.get("/api/session").json()["user"]["language"] is None
    assert client.post("/api/me/language", json={"language": "zh-Hans"}).status_code == 422


def test_a_screen_on_a_wall_and_a_patient_have_no_language_of_their_own_to_change(api: Api) -> None:
    for client in (api.kiosk(), api.sign_in(Role.PATIENT)):
        assert client.post("/api/me/language", json={"language": "zh"}).status_code == 403
