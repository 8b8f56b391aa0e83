"""Whom the embedded server runs as. PostgreSQL refuses to be root, and containers and CI often are.

A normal user runs it as itself. Root runs it as the owner of existing data, else as `homehd` or `postgres` if there is
such an account, else as `nobody`; no account is made and no folder is opened to everybody: where that user could not
pass through a folder on the way, it alone is let through by an access control entry.
"""

from __future__ import annotations

import errno
import logging
import os
import pwd
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from store.errors import StoreError, Trouble

log = logging.getLogger(__name__)

_ACCOUNTS: Final = ("homehd", "postgres", "nobody")
_ACL: Final = "system.posix_acl_access"
# Linux' on-disk access control list: version 2, then (tag, permissions, id) each.
_VERSION, _ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
_OWNER, _USER, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_NOBODY_ID: Final = 0xFFFFFFFF
_SEARCH: Final = 1


@dataclass(frozen=True, slots=True)
class Owner:
    """The account of the server's process and files.

    Attributes:
        uid, gid: numeric, as in the password file.
        other: whether that is somebody else than this process.
    """

    uid: int
    gid: int
    other: bool

    def identity(self) -> dict[str, Any]:
        """Arguments that make `subprocess.run` start a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": [self.gid]} if self.other else {}

    def give(self, path: Path) -> None:
        """Make `path` its own."""
        if self.other:
            os.chown(path, self.uid, self.gid)

    def let_through(self, *paths: Path) -> None:
        """Let the account pass through every folder above these paths, and into the first itself; no more than pass."""
        if self.other:
            for folder in sorted({parent for path in paths for parent in path.parents} | {paths[0]}):
                _let_through(folder, self)


def choose(folder: Path) -> Owner:
    """Who is to run the server whose data are in `folder`; StoreError when there is nobody."""
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid(), other=False)
    data = folder / "data"
    if data.exists() and data.stat().st_uid != 0:
        return Owner(data.stat().st_uid, data.stat().st_gid, other=True)
    for name in _ACCOUNTS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(account.pw_uid, account.pw_gid, other=True)
    raise StoreError(
        "start the database",
        "as root",
        trouble=Trouble.REFUSED,
        hint="PostgreSQL will not run as root: add an account `homehd`, or run as a normal user",
    )


def _let_through(folder: Path, owner: Owner) -> None:
    status = folder.stat()
    if _may_pass(status, owner):
        return
    try:
        os.setxattr(folder, _ACL, with_search(_read_acl(folder, status.st_mode), owner.uid))
    except OSError as error:
        hint = f"user id {owner.uid} cannot pass through it: chmod o+x it, or choose another HOMEHD_HOME"
        raise StoreError("start the database", str(folder), trouble=Trouble.REFUSED, hint=hint) from error
    log.info("database user let through a folder", extra={"fields": {"folder": str(folder), "uid": owner.uid}})


def _may_pass(status: os.stat_result, owner: Owner) -> bool:
    if status.st_uid == owner.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == owner.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def _read_acl(folder: Path, mode: int) -> bytes:
    try:
        return os.getxattr(folder, _ACL)
    except OSError as error:
        if error.errno not in (errno.ENODATA, errno.ENOTSUP):
            raise
    plain = ((_OWNER, mode >> 6 & 7), (_GROUP, mode >> 3 & 7), (_OTHER, mode & 7))
    return _VERSION.pack(2) + b"".join(_ENTRY.pack(tag, permissions, _NOBODY_ID) for tag, permissions in plain)


def with_search(acl: bytes, uid: int) -> bytes:
    """The access control list with one entry more: `uid` may pass. Entries must come in order of tag, then id."""
    entries = {(tag, who): permissions for tag, permissions, who in _ENTRY.iter_unpack(acl[_VERSION.size :])}
    entries[_USER, uid] = entries.get((_USER, uid), 0) | _SEARCH
    # The mask limits every entry but owner and others; without one, the group's permissions were the limit.
    entries[_MASK, _NOBODY_ID] = entries.get((_MASK, _NOBODY_ID), entries[_GROUP, _NOBODY_ID]) | _SEARCH
    packed = (_ENTRY.pack(tag, permissions, who) for (tag, who), permissions in sorted(entries.items()))
    return acl[: _VERSION.size] + b"".join(packed)
