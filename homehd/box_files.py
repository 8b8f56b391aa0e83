"""What `homehd doctor` asks of files and devices on a box. Looks only; nothing is opened that another has."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path
from typing import Final

from edge_agent import validity
from homehd.finding import Finding

USER: Final = "homehd"
BY_ID: Final = Path("/dev/serial/by-id")


def serial_port(port: Path, user: str = USER) -> Finding:
    """Whether the port is there, is a terminal, and may be used by the agent."""
    try:
        status = port.stat()
    except FileNotFoundError:
        there = sorted(str(path) for path in BY_ID.glob("*")) if BY_ID.is_dir() else []
        found = f"there is: {', '.join(there)}" if there else "no serial adapter is plugged in"
        return Finding("fail", "port", f"{port} is not there", f"plug in the cable, or correct machine.port; {found}")
    except OSError as error:
        return Finding("fail", "port", f"{port}: {error.strerror}", "")
    if not stat.S_ISCHR(status.st_mode):
        return Finding("fail", "port", f"{port} is not a device", "correct machine.port")
    if not may_use(status, user):
        owner = _name_of_group(status.st_gid)
        hint = f"`usermod -a -G {owner} {user}` and restart the agent"
        return Finding("fail", "port", f"{port} belongs to group {owner}, in which {user} is not", hint)
    if port.name.startswith(("ttyUSB", "ttyACM")) and port.parent == Path("/dev"):
        hint = "this name can change with the socket: prefer one under /dev/serial/by-id"
        return Finding("warn", "port", f"{port} is there", hint)
    return Finding("ok", "port", f"{port} is there and may be used")


def writable_by_agent(folder: Path, user: str = USER) -> Finding:
    """Whether the agent may write where the outbox is."""
    if may_use(folder.stat(), user):
        return Finding("ok", "outbox", f"{folder} may be written")
    return Finding("fail", "outbox", f"{folder} may not be written by {user}", f"`chown {user}: {folder}`")


def may_use(status: os.stat_result, user: str = USER) -> bool:
    """Whether `user` may read and write; without such a user (no package) whoever asks stands for it."""
    try:
        account = pwd.getpwnam(user)
        uid, groups = account.pw_uid, {account.pw_gid, *os.getgrouplist(user, account.pw_gid), *_added_by_unit()}
    except KeyError:
        uid, groups = os.geteuid(), {os.getegid(), *os.getgroups()}
        if uid == 0:
            return True
    if status.st_uid == uid:
        return status.st_mode & 0o600 == 0o600
    if status.st_gid in groups:
        return status.st_mode & 0o060 == 0o060
    return status.st_mode & 0o006 == 0o006


def private(key: Path) -> Finding:
    """Whether a private key is kept from others."""
    others = stat.S_IMODE(key.stat().st_mode) & 0o007
    if others:
        return Finding("fail", "key", f"{key} may be read by everybody", f"`chmod 640 {key}`, and enrol the box anew")
    return Finding("ok", "key", f"{key} is kept from others")


def certificate_until_us(path: Path) -> int | None:
    """When the first certificate in a PEM file ends; None where there is none that can be read."""
    found = validity.of_pem(path.read_bytes())
    return found.until_us if found else None


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock; asked of the kernel's table, because trying it could get in the way."""
    try:
        inode = path.stat().st_ino
        table = Path("/proc/locks").read_text("ascii")
    except OSError:
        return False
    return any(field.endswith(f":{inode}") for line in table.splitlines() for field in line.split())


def _added_by_unit() -> set[int]:
    try:
        return {grp.getgrnam("dialout").gr_gid}  # SupplementaryGroups= in homehd-edge.service
    except KeyError:
        return set()


def _name_of_group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
