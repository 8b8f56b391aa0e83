"""The sentences rules make, by which the dashboard's tests show that the page can say each in Chinese."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

CORPUS = Path(__file__).resolve().parents[2] / "dashboard" / "tests" / "reasons.json"
ANEW = "HOMEHD_CORPUS=write makes the corpus anew (test_reason_corpus.py); then say them in reasons-zh.ts"


def masked(text: str) -> str:
    """Sentences that differ in their numbers only are one."""
    return re.sub(r"[−-]?\d+(?:\.\d+)?(?:e[−-]?\d+)?", "#", text)


def lacking(sentences: Iterable[str]) -> list[str]:
    """Those of which the corpus has no like."""
    return sorted({masked(text) for text in sentences} - _known())


def write(sentences: Iterable[str]) -> None:
    """Make it anew of these, the first of each kind."""
    found: dict[str, str] = {}
    for text in sentences:
        found.setdefault(masked(text), text)
    CORPUS.write_text(json.dumps(sorted(found.values()), ensure_ascii=False, indent=2) + "\n", "utf-8")
    _known.cache_clear()


@cache
def _known() -> set[str]:
    return {masked(text) for text in json.loads(CORPUS.read_text("utf-8"))}
