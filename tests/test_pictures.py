"""`./run pictures` takes every page of the dashboard, and the folder holds nothing else."""

from __future__ import annotations

import pytest

from tests import pictures
from tests.integration.page_list import templates


def test_every_page_is_taken_by_day_and_by_night_on_a_phone_and_on_a_wall() -> None:
    for page in templates():
        wanted = {f"{page}-{size}-{theme}.png" for size in ("phone", "wall") for theme in ("day", "night")}
        assert page in pictures.names() and wanted <= pictures.files(page).keys(), page
    assert {"sign-in", "kiosk", "not-for-role"} <= set(pictures.names())


def test_what_is_in_the_folder_is_of_a_page_that_there_is() -> None:
    listed = {file for name in pictures.names() for file in pictures.files(name)}
    assert {path.name for path in pictures.FOLDER.iterdir()} <= listed


def test_a_name_that_is_no_page_is_told_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert pictures.main(["wall", "dashbord"]) == 2
    assert "no such page: dashbord; there are: wall, patient" in capsys.readouterr().err
