"""What libraries say while they send: heard by the thread that sends, kept out of the log, since it may hold keys."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Apprise's own, and those that write the paths of requests, which often are the key.
_TALKERS: Final = ("apprise", "urllib3", "requests", "requests_oauthlib", "oauthlib", "py_vapid", "http_ece")

_here = threading.local()


class _Ear(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        said = getattr(_here, "said", None)
        if said is not None:
            said.append(record.getMessage())


_EAR: Final = _Ear(logging.WARNING)


@contextmanager
def hearing() -> Iterator[list[str]]:
    """Warnings and errors that libraries utter in this thread meanwhile. For us to interpret, never to show."""
    hush()
    said: list[str] = []
    _here.said = said
    try:
        yield said
    finally:
        _here.said = None


def hush() -> None:
    """From now on these libraries write into no log, whatever its level is."""
    for name in _TALKERS:
        talker = logging.getLogger(name)
        talker.propagate = False
        if talker.level != logging.WARNING:  # setting it empties a cache of all loggers, each time
            talker.setLevel(logging.WARNING)
        if _EAR not in talker.handlers:
            talker.handlers[:] = [_EAR]
