"""Small files that must be whole: keys, certificates, the configuration. For their owner alone unless told to."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from telemetry.errors import HomehdError


def replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put `data` into `path` so that after a power cut there is the old file or the new one; HomehdError if it cannot.

    The file is never readable by others for a moment, and belongs to whoever owns the one it replaces, or the folder.
    In a folder of root's that was given to a group, the group may read it: that is the agent's.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode | _give_away(file.fileno(), path if path.exists() else path.parent))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync(path.parent)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise HomehdError("write", str(path), hint=error.strerror or str(error), recoverable=True) from error


def remove(path: Path) -> None:
    """Take a file away for good; one that is not there is no error."""
    try:
        path.unlink(missing_ok=True)
        sync(path.parent)
    except OSError as error:
        raise HomehdError("remove", str(path), hint=error.strerror or str(error), recoverable=True) from error


def sync(folder: Path) -> None:
    """Make a rename or a removal durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _give_away(descriptor: int, like: Path) -> int:
    """A technician enrols as root, the agent runs as its own user: hand the file over; further bits for its mode."""
    if os.geteuid() != 0:
        return 0
    owner = like.stat()
    os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return 0o040 if owner.st_uid == 0 and owner.st_gid != 0 else 0
