"""Damaged outbox files: moved aside under a name of their own, kept as evidence once their rows are saved.

`…torn-N` is a file not yet salvaged, `…quarantine-N` one that was. Each is a main file, its log (`-wal`), or both: of a
file that was deleted under the agent only the log is left, and power may go between the renames.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from edge_agent.outbox_file import sync_folder, translated

KEPT: Final = 3  # the newest of them; none when the disk is full
_LOG: Final = "-wal"
_INDEX: Final = "-shm"


def move_aside(path: Path, now_us: int) -> Path:
    """Rename a torn file and its log, so that a new one can begin; gives the new name."""
    aside = path.with_name(f"{path.name}.torn-{now_us}")
    with translated("quarantine outbox", path):
        # The log first: left behind, it would be played into the new file.
        for suffix in (_LOG, ""):
            source = path.with_name(path.name + suffix)
            if source.exists():
                source.rename(aside.with_name(aside.name + suffix))
        path.with_name(path.name + _INDEX).unlink(missing_ok=True)
        sync_folder(path.parent)
    return aside


def torn_files(path: Path) -> list[Path]:
    """Damaged files that have not been salvaged yet, oldest first."""
    return _named(path, ".torn-")


def retire(torn: Path, path: Path) -> None:
    """Mark a torn file as salvaged, with whatever is left of it, and keep the newest few as evidence."""
    with translated("quarantine outbox", torn):
        _delete(torn, _INDEX)
        for suffix in (_LOG, ""):
            source = torn.with_name(torn.name + suffix)
            if source.exists():
                source.rename(torn.with_name(retired_name(torn) + suffix))
        sync_folder(path.parent)
        for old in _named(path, ".quarantine-")[:-KEPT]:
            _delete(old, "", _LOG)


def retired_name(torn: Path) -> str:
    """What a torn file will be called once it is salvaged."""
    return torn.name.replace(".torn-", ".quarantine-")


def size(torn: Path) -> int:
    """How many bytes it has, with its log."""
    found = [torn.with_name(torn.name + suffix) for suffix in ("", _LOG)]
    return sum(path.stat().st_size for path in found if path.exists())


def delete_evidence(path: Path) -> bool:
    """Give up what was kept of damaged files; whether there was anything."""
    found = _named(path, ".quarantine-")
    with translated("delete quarantined outbox", path):
        for old in found:
            _delete(old, "", _LOG)
    return bool(found)


def _named(path: Path, kind: str) -> list[Path]:
    found = {p.with_name(p.name.removesuffix(_LOG)) for p in path.parent.glob(f"{path.name}{kind}*")}
    return sorted((p for p in found if not p.name.endswith(_INDEX)), key=lambda p: (len(p.name), p.name))


def _delete(path: Path, *suffixes: str) -> None:
    for suffix in suffixes:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
