"""Which screens would be heard, by their own word."""

from __future__ import annotations

from clinician_api.access import Role
from tests.clinician_api.conftest import Api, until


def test_a_screen_says_whether_it_would_be_heard_and_it_is_counted_within_its_clinic(api: Api) -> None:
    nurse = api.sign_in(Role.NURSE, 1)
    socket, wall = api.open_socket(nurse), api.open_socket(api.kiosk(1, "Ward 3"))
    theirs = api.open_socket(api.sign_in(Role.NURSE, 2))
    blind = api.open_socket(api.sign_in(Role.TECHNICIAN, 1))
    for one in (socket, wall, theirs, blind):
        one.subscribe()

    def told() -> list[tuple[str, str]]:
        return [(one["name"], one["sound"]) for one in nurse.get("/api/screens").json()["screens"]]

    assert told() == [("", "off"), ("Ward 3", "off")] or told() == [("Ward 3", "off"), ("", "off")]
    wall.say({"sound": "armed"})
    until(lambda: ("Ward 3", "armed") in told())
    assert nurse.get("/api/screens").json()["armed"] == 1
    wall.say({"sound": "blocked"})
    until(lambda: told() == [("Ward 3", "blocked"), ("", "off")])
    wall.connection.close()
    until(lambda: told() == [("", "off")])
    socket.say({"sound": "loud"})
    assert socket.closed()[0] == 1008
