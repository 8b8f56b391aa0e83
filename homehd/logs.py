"""Logs: one JSON object a line on standard error; results go to standard output, never here."""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from math import isfinite
from types import TracebackType
from typing import Final

from homehd.log_budget import LogBudget
from telemetry.clock import Clock

MAX_TEXT: Final = 500  # characters of one field
MAX_TRACEBACK: Final = 4000  # its end, which names the error


class JsonLines(logging.Formatter):
    """`log.info("port opened", extra={"fields": {"port": "/dev/ttyUSB0"}})` becomes one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; texts from outside stay inside their JSON string."""
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        entry.update(getattr(record, "fields", {}))
        entry = {name: _plain(value) for name, value in entry.items()}
        if record.exc_info:
            entry["traceback"] = "".join(traceback.format_exception(*record.exc_info))[-MAX_TRACEBACK:]
        return json.dumps(entry, default=str, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, float) and not isfinite(value):
        return str(value)  # JSON has no word for it
    return value[:MAX_TEXT] if isinstance(value, str) else value


class BoundedLines(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes what the budget allows; for a box that nobody looks at and that writes to its own card."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(sys.stderr)
        self.setFormatter(JsonLines())
        self._clock = clock
        self._budget = LogBudget()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, or count it; what was counted is told with the next line of its kind."""
        try:
            line = self.format(record)
            # By the words in the code, not by what was put into them: there are only so many of those.
            kind = f"{record.name}: {record.msg}"
            now = self._clock.monotonic_s()
            left_out = self._budget.take(kind, record.levelno, len(line.encode("utf-8", "replace")) + 1, now)
            if left_out is None:
                return
            if left_out:
                line = f'{line[:-1]}, "left_out": {left_out}}}'
            self.stream.write(line + self.terminator)
            overdue = self._budget.overdue(now)
            if overdue:
                told = {"level": "info", "event": "lines left out", "of": overdue[0], "left_out": overdue[1]}
                self.stream.write(json.dumps(told) + self.terminator)
            self.flush()
        except Exception:  # as logging does: a line that cannot be written ends nothing
            self.handleError(record)


def install(level: str = "INFO") -> None:
    """Send every logger's events to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("uvicorn.access", "asyncio", "websockets"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def take_strays() -> None:
    """What Python would print by itself becomes a line too: whoever reads the log by machine must not stumble."""
    logging.captureWarnings(True)
    strays = logging.getLogger("homehd")

    def ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            strays.critical("ended by an exception nobody caught", exc_info=(kind, error, trace))

    def thread_ended(said: threading.ExceptHookArgs) -> None:
        fields = {"thread": said.thread.name if said.thread else ""}
        error = said.exc_value or said.exc_type()
        strays.critical(
            "thread ended by an exception nobody caught", extra={"fields": fields},
            exc_info=(said.exc_type, error, said.exc_traceback),
        )  # fmt: skip

    def ignored(said: sys.UnraisableHookArgs) -> None:
        error = said.exc_value or said.exc_type()
        strays.error("exception ignored", exc_info=(said.exc_type, error, said.exc_traceback))

    sys.excepthook, threading.excepthook, sys.unraisablehook = ended, thread_ended, ignored


def bound(clock: Clock) -> None:
    """From now on the volume is bounded (`LogBudget`), except for whoever asked for DEBUG to see everything."""
    root = logging.getLogger()
    if root.level > logging.DEBUG:
        root.handlers[:] = [BoundedLines(clock)]
