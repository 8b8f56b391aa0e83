"""Logs are one JSON object a line, whatever is in them."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from homehd.logs import JsonLines


def record(message: str, **fields: object) -> logging.LogRecord:
    entry = logging.LogRecord("ingest.pipeline", logging.WARNING, __file__, 1, message, (), None)
    entry.fields = fields
    return entry


def test_an_event_with_its_fields_is_one_object() -> None:
    entry = json.loads(JsonLines().format(record("batch quarantined", unit="u1", rows=3)))
    assert (entry["event"], entry["level"], entry["unit"], entry["rows"]) == ("batch quarantined", "warning", "u1", 3)
    assert entry["time"].endswith("+00:00")


def test_a_text_that_tries_to_forge_a_line_stays_inside_its_string() -> None:
    line = JsonLines().format(record("rejected", reason='x"}\n{"level": "info", "event": "all is well'))
    assert "\n" not in line
    assert json.loads(line)["event"] == "rejected"


def test_a_traceback_travels_in_the_same_line() -> None:
    try:
        int("why")
    except ValueError:
        entry = record("failed")
        entry.exc_info = sys.exc_info()
    line = JsonLines().format(entry)
    assert "\n" not in line
    assert "ValueError: invalid literal" in json.loads(line)["traceback"]


def test_a_text_without_end_is_cut() -> None:
    line = JsonLines().format(record("rejected", reason="x" * 100_000))
    assert len(line) < 1000


def test_what_is_no_number_is_a_word() -> None:
    line = JsonLines().format(record("odd", age_s=float("nan"), limit=float("inf")))
    assert json.loads(line, parse_constant=pytest.fail)["age_s"] == "nan"


STRAYS = {
    "raise KeyError('lost')": "ended by an exception nobody caught",
    "import threading; t = threading.Thread(target=lambda: 1 / 0, name='reader'); t.start(); t.join()": (
        "thread ended by an exception nobody caught"
    ),
    "import warnings; warnings.warn('old', UserWarning)": "old",
    "C = type('C', (), {'__del__': lambda _s: 1 / 0}); C()": "exception ignored",
}


@pytest.mark.parametrize("code", STRAYS)
def test_what_python_would_print_by_itself_is_a_line_too(code: str) -> None:
    program = f"from homehd import logs; logs.install(); logs.take_strays(); {code}"
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    ).stderr
    (line,) = said.splitlines()
    assert STRAYS[code] in json.loads(line)["event"]
