"""Where the state of remote configuration is kept: one small file beside the outbox, replaced as a whole."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path

import msgspec

from edge_agent.remote_config import State
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)


def path_beside(outbox: Path) -> Path:
    """The state's file for an outbox."""
    return outbox.with_name(outbox.name + ".remote")


def read(path: Path) -> State:
    """What was kept. A file that cannot be read counts as none and is logged: the box's own settings then rule."""
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=State)
    except FileNotFoundError:
        return State()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        fields = {"file": str(path), "reason": str(error)[:200]}
        log.error("remote configuration unreadable, the box's own file rules", extra={"fields": fields})
        return State()


def write(path: Path, state: State) -> None:
    """Keep a state so that after a power cut there is either the old one or the new one; HomehdError when it cannot."""
    fresh = path.with_name(path.name + ".new")
    try:
        with fresh.open("wb") as file:
            file.write(msgspec.msgpack.encode(state))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise HomehdError(
            "keep remote configuration", str(path), hint=error.strerror or str(error), recoverable=True
        ) from error
