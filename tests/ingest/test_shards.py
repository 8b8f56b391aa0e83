from __future__ import annotations

import pytest

from ingest.shards import ALL, parse
from telemetry.errors import SettingsError


@pytest.mark.parametrize(("text", "shards"), [("0-63", ALL), ("5", {5}), ("0-2,8", {0, 1, 2, 8}), (" 3 , 1-1", {1, 3})])
def test_shards_are_numbers_and_ranges(text: str, shards: frozenset[int]) -> None:
    assert parse(text) == shards


@pytest.mark.parametrize("text", ["", "64", "3-1", "0-64", "a", "-1", "1-", "1,,2", "0-3-4", "²", "1-999999999999"])
def test_anything_else_is_one_clear_line(text: str) -> None:
    with pytest.raises(SettingsError, match="--shards"):
        parse(text)
