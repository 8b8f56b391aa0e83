"""What a server tells the others: that it lives, its version, and which of its walls would be heard."""

from __future__ import annotations

import logging

import pytest

from clinician_api.access import Role
from clinician_api.live import signs
from clinician_api.settings import ApiOptions
from store import heartbeat
from store.errors import StoreError, Trouble
from store.vital_signs import own_version
from tests.clinician_api.conftest import Api, until


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "TOLD_EVERY_S", 0.1)


@pytest.fixture
def options(options: ApiOptions) -> ApiOptions:
    """Beside the database; any folder will do."""
    options.static_dir.mkdir()
    return ApiOptions(
        **{
            **{name: getattr(options, name) for name in options.__struct_fields__},
            "database_folders": (options.static_dir,),
        }
    )


def sounds(api: Api) -> list[tuple[str, str | None, bool, bool]]:
    """(name, what it said last, whether just now, whether it was ever armed) of each wall."""
    with api.database() as conn:
        return conn.execute(
            "SELECT name, sound, coalesce(sound_at > now() - interval '1 second', false), armed_at IS NOT NULL"
            " FROM kiosk ORDER BY name"
        ).fetchall()


def test_it_lives_says_its_version_and_how_full_the_disk_is(api: Api) -> None:
    def told() -> list[heartbeat.Heartbeat]:
        with api.database() as conn:
            return heartbeat.beats(conn, "api")

    until(lambda: "disk" in told()[0].detail if told() else False)
    (beat,) = told()
    assert beat.detail["version"] == own_version()
    until(lambda: told()[0].at_us > beat.at_us)
    assert [one.instance for one in told()] == [beat.instance], "it keeps its name"


def test_walls_are_told_of_while_they_are_there_and_people_s_screens_are_not(api: Api) -> None:
    ward, hall = api.open_socket(api.kiosk(1, "Ward 3")), api.open_socket(api.kiosk(1, "Hall"))
    nurse = api.open_socket(api.sign_in(Role.NURSE))
    nurse.subscribe()
    nurse.say({"sound": "armed"})
    for wall in (ward, hall):
        wall.subscribe()
    ward.say({"sound": "armed"})
    until(lambda: sounds(api) == [("Hall", "off", True, False), ("Ward 3", "armed", True, True)])
    ward.say({"sound": "blocked"})
    until(lambda: sounds(api)[1] == ("Ward 3", "blocked", True, True))
    ward.connection.close()
    until(lambda: sounds(api) == [("Hall", "off", True, False), ("Ward 3", "blocked", False, True)])


def test_what_the_database_does_not_take_is_logged_once_and_tried_again(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[int] = []
    data, near = api.services.data, api.services.data.tell

    async def refused(*_words: object) -> None:
        tries.append(1)
        raise StoreError("write to the database", "", trouble=Trouble.READ_ONLY)

    with caplog.at_level(logging.WARNING, signs.__name__):
        data.tell = refused  # type: ignore[method-assign]
        until(lambda: len(tries) >= 3)
        data.tell = near  # type: ignore[method-assign]
    assert [record.message for record in caplog.records if record.name == signs.__name__] == ["sign of life not taken"]
