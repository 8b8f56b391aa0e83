"""The sums of the sizing page are right: what it says follows, follows from what it says was measured and assumed."""

from __future__ import annotations

import re
from math import ceil
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs/operations/sizing.md").read_text("utf-8")
GIVEN = {name: float(value) for name, value in re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", PAGE, re.M)}
HOMES = (1_000, 100_000, 1_000_000)
WEEKS = 52


def readings_per_s(homes: int) -> float:
    return homes * GIVEN["peak_share"] * GIVEN["readings_per_s"]


def rows_per_treatment() -> float:
    return GIVEN["hours_per_treatment"] * 3600 * GIVEN["readings_per_s"]


def terabytes(homes: int, row_bytes: float) -> float:
    return homes * rows_per_treatment() * GIVEN["treatments_per_week"] * WEEKS * row_bytes / 1e12


def compressed_row_bytes() -> float:
    return GIVEN["signals"] * GIVEN["compressed_value_bytes"]


def shown(number: float) -> str:
    return f"{number:,.0f}".replace(",", " ") if number == round(number) else f"{number:.1f}"


def row(begins: str) -> list[str]:
    (line,) = (line for line in PAGE.splitlines() if line.startswith(f"| {begins}"))
    return [cell.strip() for cell in line.strip("|").split("|")[1:]]


ROWS = {
    "homes at the machine at once": lambda homes: homes * GIVEN["peak_share"],
    "readings a second": readings_per_s,
    "ingest processes": lambda homes: ceil(
        readings_per_s(homes) / (GIVEN["ingest_messages_per_s"] * GIVEN["ingest_load"])
    ),
    "database cores": lambda homes: ceil(
        readings_per_s(homes) * GIVEN["signals"] / (GIVEN["copy_values_per_s"] * GIVEN["database_load"])
    ),
    "WAL, MB": lambda homes: round(readings_per_s(homes) * GIVEN["signals"] * GIVEN["wal_value_bytes"] / 1e6, 1),
    "broker cores": lambda homes: ceil(
        readings_per_s(homes)
        * GIVEN["broker_messages_per_reading"]
        / (GIVEN["mosquitto_messages_per_s"] * GIVEN["broker_load"])
    ),
    "disk a year, TB, uncompressed": lambda homes: round(terabytes(homes, GIVEN["row_bytes"]), 1),
    "disk a year, TB, compressed": lambda homes: round(terabytes(homes, compressed_row_bytes()), 1),
}


@pytest.mark.parametrize("begins", ROWS)
def test_what_follows_follows(begins: str) -> None:
    expected = [shown(ROWS[begins](homes)) for homes in HOMES]
    assert row(begins) == expected, f"write instead: | {begins} … | {' | '.join(expected)} |"


def test_the_sentence_above_the_table() -> None:
    rows = rows_per_treatment()
    megabytes = [rows * size / 1e6 for size in (GIVEN["row_bytes"], compressed_row_bytes())]
    year = [terabytes(1000, size) for size in (GIVEN["row_bytes"], compressed_row_bytes())]
    sentence = (
        f"A treatment is {shown(rows)} rows: {megabytes[0]:.1f} MB as it is, {megabytes[1]:.2f} MB compressed."
        f" A home in a year: {year[0]:.1f} GB, or {year[1]:.2f} GB."
    )
    assert sentence in PAGE, sentence
