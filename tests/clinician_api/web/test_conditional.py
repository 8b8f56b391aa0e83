"""What has not changed is not sent again, to whoever may see it; what has is, and is not overwritten unseen."""

from __future__ import annotations

import json

import pytest

from clinician_api.access import ROUTES, Role
from clinician_api.web import conditional
from clinician_api.web.errors import ApiError
from store import accounts
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api, problem


def test_the_tag_is_of_all_but_the_servers_time() -> None:
    one = conditional.tag_of(b'{"server_time":"2026-03-01T08:00:00Z","alerts":[]}')
    assert one.startswith('W/"')
    assert one == conditional.tag_of(b'{"server_time":"2026-03-01T08:00:01Z","alerts":[]}')
    assert one != conditional.tag_of(b'{"server_time":"2026-03-01T08:00:00Z","alerts":[1]}')
    assert conditional.tag_of(b'{"alerts":[]}').startswith('"'), "the same bytes: strong"


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (None, False), ("", False), ('"a"', True), ('W/"a"', True), ('"b", W/"a"', True), ("*", True), ('"b"', False),
        ("a", False), ('"a', False), ('"a,b"', False),
    ],
)  # fmt: skip
def test_which_tags_are_known(header: str | None, known: bool) -> None:
    assert conditional.is_known(header, '"a"') is known
    assert conditional.is_known(header, 'W/"a"') is known


def test_if_match_compares_strongly() -> None:
    for fine in (None, "*", '"a"', '"b", "a"'):
        conditional.check_unchanged(fine, '"a"', {})
    for stale in ('"b"', 'W/"a"', "", "a"):
        with pytest.raises(ApiError) as caught:
            conditional.check_unchanged(stale, '"a"', {"n": 1})
        assert (caught.value.status, caught.value.members) == (412, {"current": {"n": 1}})


def test_every_route_that_is_excepted_is_one() -> None:
    assert {path for _, path in ROUTES} >= conditional.FRESH | conditional.IMPERSONAL


def test_an_answer_is_sent_again_only_when_it_has_changed(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    client = api.sign_in()
    for path in ("/api/alerts", "/api/notices", "/api/signals", "/api/units/u-1/treatments", "/openapi.json", "/docs"):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"]), path
        assert "content-type" not in again.headers
        assert "default-src" in again.headers["content-security-policy"]
        kept = path in conditional.IMPERSONAL
        assert (
            again.headers["cache-control"]
            == first.headers["cache-control"]
            == ("private, no-cache" if kept else "no-store")
        )
    alerts = client.get("/api/alerts")
    api.raise_alert(unit)
    changed = client.get("/api/alerts", headers={"If-None-Match": alerts.headers["etag"]})
    assert (changed.status_code, len(changed.json()["alerts"])) == (200, 1)
    assert client.head("/api/alerts").headers["etag"] == changed.headers["etag"]


def test_what_ages_has_no_tag(api: Api) -> None:
    client = api.sign_in()
    for path in ("/api/units", "/api/session"):
        assert "etag" not in client.get(path).headers


def test_a_tag_is_no_key(api: Api) -> None:
    api.raise_alert(api.add_unit("u-1", "Clinic 1"))
    client = api.sign_in()
    tag = {"If-None-Match": client.get("/api/alerts").headers["etag"]}
    assert api.client().get("/api/alerts", headers=tag).status_code == 401
    assert api.sign_in(Role.TECHNICIAN).get("/api/alerts", headers=tag).status_code == 403
    assert api.sign_in(clinic=2).get("/api/alerts", headers=tag).status_code == 200
    with api.database() as conn:
        user = next(a for a in accounts.list_users(conn) if a.email == api.account(Role.NEPHROLOGIST, 1))
        accounts.disable_user(conn, user.user_id, SystemClock().now_us())
    assert client.get("/api/alerts", headers={"If-None-Match": "*"}).status_code == 401


def test_two_people_do_not_overwrite_each_others_shelf_unseen(api: Api) -> None:
    alert_id = api.raise_alert(api.add_unit("u-1", "Clinic 1"))
    path = f"/api/alerts/{alert_id}"
    nora, bo = api.sign_in(name="Nora"), api.sign_in(name="Bo")
    seen = {"If-Match": nora.get(path).headers["etag"]}
    assert bo.get(path).headers["etag"] == seen["If-Match"]
    body = {"kind": "timed", "minutes": 5, "reason": "cuff is being changed"}
    assert nora.post(f"{path}/shelve", json=body, headers=seen).status_code == 200
    late = problem(bo.post(f"{path}/shelve", json={**body, "minutes": 15}, headers=seen))
    assert (late["type"], late["current"]["shelved_by"]) == ("/problems/changed-meanwhile", "Nora")
    assert problem(bo.delete(f"{path}/shelve", headers=seen))["status"] == 412
    stands = bo.get(path)
    assert json.loads(stands.content)["alert"]["shelved_by"] == "Nora"
    assert bo.delete(f"{path}/shelve", headers={"If-Match": stands.headers["etag"]}).status_code == 204
    assert bo.delete(f"{path}/shelve").status_code == 204, "without the header nothing is compared"
