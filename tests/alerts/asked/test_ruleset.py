"""What a press for help is, against its cases, which are data: `tests/rules/asked/<rule>.toml`."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.asked import ruleset
from telemetry import settings
from telemetry.errors import SettingsError
from telemetry.treatment import Phase

FILE = settings.load_toml(Path(__file__).parents[2] / "rules" / "asked" / "H01.toml")


@pytest.mark.parametrize("case", FILE["case"], ids=lambda case: case["phase"])
def test_case(case: dict[str, str]) -> None:
    assert FILE["rule"] == ruleset.help_rule().id
    assert ruleset.help_rule().priority(Phase[case["phase"]]) == case["priority"]


def broken(tmp_path: Path, *change: str) -> str:
    text = (ruleset.SHIPPED / "h01_help.toml").read_text("utf-8")
    assert change[0] in text
    (tmp_path / "h01.toml").write_text(text.replace(*change), "utf-8")
    with pytest.raises(SettingsError) as error:
        ruleset.load(tmp_path)
    return error.value.line()


def test_a_file_that_leaves_something_out_is_an_error_that_names_it(tmp_path: Path) -> None:
    assert "priority: of every phase" in broken(tmp_path, 'TX = "high"\nPOSTTX', "POSTTX")
    assert "id: H and two digits" in broken(tmp_path, '"H01"', '"R01"')
    assert "respond_within_s" in broken(tmp_path, "high = 60, ", "")


def test_two_files_of_one_rule_and_none_at_all_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no .*there"):
        ruleset.load(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_bytes((ruleset.SHIPPED / "h01_help.toml").read_bytes())
    with pytest.raises(SettingsError, match="H01 is there twice"):
        ruleset.load(tmp_path)
