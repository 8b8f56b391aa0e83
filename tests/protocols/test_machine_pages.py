"""Every adapter has a page that says what is known, how well, and what has been tried."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from protocols import ADAPTERS
from protocols.mqtt_gateway.terms import READINGS, keys_of, units_of
from telemetry.signals import CATALOGUE

FOLDER = Path(__file__).resolve().parents[2] / "docs/machines"


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_every_adapter_has_its_page(name: str) -> None:
    page = (FOLDER / f"{name}.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", page, re.M)
    assert {"Frame", "Message", "Segments"} & set(headings), "a byte table, or a message's"
    assert {"Fields", "Readings"} & set(headings), "what goes where"
    assert "Data checklist" in headings
    assert re.search(r"^\*\*State: .*", page, re.M), "its honest state, in one line"
    assert re.search(r"\bgrade [DOI]\b|\| grade \||Grades are those of", page), "how well each row is known"
    checklist = page.partition("## Data checklist")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (?!what|---)(.+?) \| (.+?) \|$", checklist, re.M)
    assert len(rows) >= 5
    assert any("none" in state for _, state in rows), "what has not been tried is said"


def test_the_overview_has_a_row_for_every_adapter_and_no_other() -> None:
    overview = (FOLDER / "README.md").read_text("utf-8")
    assert re.findall(r"^\| \[`(\w+)`\]\((\w+)\.md\)", overview, re.M) == [(name, name) for name in ADAPTERS]
    assert "Wanted: documents or captures" in overview
    for name, adapter in ADAPTERS.items():
        row = next(line for line in overview.splitlines() if line.startswith(f"| [`{name}`]"))
        assert ("experimental" in row) == adapter.experimental


def test_the_gateway_s_table_is_the_catalogue() -> None:
    page = (FOLDER / "mqtt_gateway.md").read_text("utf-8")
    for signal in CATALOGUE:
        row = re.search(rf"^\| {signal.name} \| (\S+) \| (\S+) \| (.*) \|$", page, re.M)
        if signal.name not in READINGS:
            assert row is None
            continue
        assert row is not None, signal.name
        keys = keys_of(signal)
        assert (row[1], row[2]) == (keys[0], keys[1] if len(keys) > 1 else "–")
        allowed = units_of(signal)
        assert row[3].startswith(", ".join(allowed) if allowed else "–"), signal.name
