"""Which screens would be heard, by their own word."""

from __future__ import annotations

from clinician_api.access import Role
from store import kiosks
from tests.clinician_api.conftest import Api, Socket, until
from tests.clinician_api.teams.world import World


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


def test_a_wall_that_shows_another_team_s_patients_is_not_counted(api: Api) -> None:
    world, names = World(api), ("East", "West", "Ward")
    walls = {name: api.kiosk(1, name) for name in names}
    with api.database() as conn:
        for name in ("East", "West"):
            kiosks.show_team(conn, kiosks.named(conn, name).kiosk_id, world.teams[name.lower()])
    world.join("east", Role.NURSE, 1)
    world.join("west", Role.NURSE, 1, "Both")
    world.join("east", Role.NURSE, 1, "Both")
    open_walls: list[Socket] = [api.open_socket(wall) for wall in walls.values()]
    for wall in open_walls:
        wall.subscribe()
        wall.say({"sound": "armed"})

    def heard(name: str = "", role: Role = Role.NURSE, clinic: int | None = 1) -> list[str]:
        told = api.sign_in(role, clinic, name).get("/api/screens").json()
        assert told["armed"] == len([one for one in told["screens"] if one["sound"] == "armed"])
        return [one["name"] for one in told["screens"] if one["sound"] == "armed"]

    until(lambda: heard() == ["East", "Ward"])
    assert heard("Both") == ["Ward"], "each team's wall is silent for the other's"
    assert heard("None") == ["East", "Ward", "West"], "whom nobody has is on every wall of the clinic"
    assert heard(role=Role.ADMINISTRATOR) == heard(role=Role.ADMINISTRATOR, clinic=None) == ["Ward"]
