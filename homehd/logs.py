"""Logs: one JSON object a line on standard error; results go to standard output, never here."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime


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
        if record.exc_info:
            entry["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(entry, default=str, ensure_ascii=False)


def install(level: str = "INFO") -> None:
    """Send every logger's events to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("uvicorn.access", "asyncio", "websockets"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
