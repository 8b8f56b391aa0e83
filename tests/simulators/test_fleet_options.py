from __future__ import annotations

from pathlib import Path

import pytest

from simulators.fleet_options import default_units, read_units
from telemetry import topics
from telemetry.errors import SettingsError


def test_default_units_are_good_names_dealt_over_the_shards() -> None:
    units = default_units(130)
    assert units[0] == ("sim-0001", 0) and units[129] == ("sim-0130", 1)
    assert all(topics.is_unit_id(unit) and 0 <= shard < topics.SHARDS for unit, shard in units)


def test_a_file_of_units(tmp_path: Path) -> None:
    path = tmp_path / "units"
    path.write_text("# provisioned on Monday\nk7m2qx4d 17\n\nab3 0  # upstairs\n")
    assert read_units(path) == (("k7m2qx4d", 17), ("ab3", 0))


@pytest.mark.parametrize("line", ["k7m2qx4d", "k7m2qx4d 64", "UPPER 3", "k7m2qx4d 3 4", "k7m2qx4d -1", "k7m2qx4d ³"])
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "units"
    path.write_text(f"ab3 1\n{line}\n")
    with pytest.raises(SettingsError, match="units:2"):
        read_units(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read_units(tmp_path / "none")
