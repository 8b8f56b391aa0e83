"""The log as a process of ours writes it, at its most talkative."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import StringIO

import pytest


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What gets to the root logger's handler; pytest's own listens at loggers that are cut off from it, too."""
    text = StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.setLevel(level)
    root.removeHandler(handler)
