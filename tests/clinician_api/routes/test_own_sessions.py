"""One's own sessions: seen, ended, never another's."""

from __future__ import annotations

from clinician_api.access import Role
from tests.clinician_api.conftest import Api, problem


def test_one_sees_one_s_own_sessions_and_ends_another_of_them(api: Api) -> None:
    first = api.sign_in(Role.NURSE)
    second = api.client(**{"User-Agent": "Phone/1"})
    second.post("/api/session", json={"email": api.account(Role.NURSE, 1), "password": "correct horse battery"})
    api.sign_in(Role.TECHNICIAN)
    listed = second.get("/api/me/sessions").json()["sessions"]
    assert [(one["this"], one["how"]) for one in listed] == [(True, "password"), (False, "password")]
    assert (listed[0]["browser"], listed[0]["address"]) == ("Phone/1", "127.0.0.1")
    socket = api.open_socket(first)
    socket.subscribe()
    assert second.delete(f"/api/me/sessions/{listed[1]['session_id']}").status_code == 204
    assert socket.closed()[0] == 1008
    assert first.get("/api/session").status_code == 401
    assert second.get("/api/session").status_code == 200
    assert len(second.get("/api/me/sessions").json()["sessions"]) == 1
    ended = api.record("action = 'end session'", columns=("actor", "subject", "detail ->> 'why'"))
    assert ended == [("user:1", "user:1", "ended by its owner")]


def test_another_s_session_does_not_exist(api: Api) -> None:
    victim = api.sign_in(Role.NURSE)
    number = victim.get("/api/me/sessions").json()["sessions"][0]["session_id"]
    other = api.sign_in(Role.ADMINISTRATOR, None)
    for client in (other, api.sign_in(Role.NURSE, 2)):
        assert problem(client.delete(f"/api/me/sessions/{number}"))["status"] == 404
    assert api.kiosk().delete(f"/api/me/sessions/{number}").status_code == 403
    assert victim.get("/api/session").status_code == 200


def test_a_session_that_has_ended_or_idles_is_not_listed(api: Api) -> None:
    api.sign_in(Role.NURSE)
    client = api.sign_in(Role.NURSE)
    with api.database() as conn:
        conn.execute("UPDATE session SET seen_at = seen_at - interval '2 hours' WHERE session_id = 1")
    assert [one["this"] for one in client.get("/api/me/sessions").json()["sessions"]] == [True]
