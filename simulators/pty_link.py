"""A pseudo-terminal behind a symbolic link: the link is the port's name, the terminal comes and goes with the power."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sys
import termios
import tty
from pathlib import Path
from typing import Final

from telemetry.errors import HomehdError

_MOST_UNREAD: Final = 2048  # half of what a terminal holds


class PtyLink:
    """One serial port to be plugged in and out.

    Attributes:
        master: descriptor of the machine's side, −1 while unplugged.
    """

    def __init__(self, path: Path) -> None:
        """A port that will be named `path`; HomehdError when the folder is missing or the name is taken."""
        self.path = path
        self.master = self._slave = -1
        self._device = ""
        self._check()

    def _check(self) -> None:
        if not self.path.parent.is_dir():
            raise HomehdError("create port", str(self.path), hint=f"make the folder first: mkdir -p {self.path.parent}")
        if not os.access(self.path.parent, os.W_OK):
            raise HomehdError("create port", str(self.path), hint="no permission to write in its folder")
        if os.path.lexists(self.path) and not _is_ours(self.path):
            raise HomehdError("create port", str(self.path), hint="it exists and is not a simulator's link: remove it")

    def plug_in(self) -> None:
        """Open a terminal and point the link at it, in one step for whoever looks."""
        self._check()
        try:
            self.master, self._slave = os.openpty()
        except OSError as error:
            raise HomehdError("open pseudo-terminal", hint=error.strerror or str(error)) from error
        # Our own hold on the far side keeps the terminal alive, and raw, while no agent has it open.
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        self._device = os.ttyname(self._slave)
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(self._device)
            temporary.replace(self.path)
        except OSError as error:
            self.unplug()
            raise HomehdError("create port", str(self.path), hint=error.strerror or str(error)) from error

    def unplug(self) -> None:
        """Close the terminal and remove the link if it is still ours; harmless when unplugged."""
        if self.master < 0:
            return
        with contextlib.suppress(OSError):
            if str(self.path.readlink()) == self._device:
                self.path.unlink()
        os.close(self._slave)
        os.close(self.master)
        self.master = self._slave = -1

    def read(self) -> bytes:
        """What the host has sent, at most 4096 bytes; empty when nothing waits."""
        try:
            return os.read(self.master, 4096)
        except BlockingIOError:
            return b""
        except OSError as error:
            if error.errno == errno.EIO:
                return b""
            raise

    def write(self, data: bytes) -> bool:
        """Send an answer whole; False when the line would not take it.

        A real line forgets what nobody reads, a terminal keeps it: what has piled up is thrown away first, so that a
        host which comes back is not met with half an hour of old answers, the last of them cut.
        """
        if self._unread() > _MOST_UNREAD:
            termios.tcflush(self._slave, termios.TCIFLUSH)
        try:
            return os.write(self.master, data) == len(data)
        except BlockingIOError:
            return False

    def _unread(self) -> int:
        waiting = fcntl.ioctl(self._slave, termios.FIONREAD, b"\0\0\0\0")
        return int.from_bytes(waiting, sys.byteorder)


def _is_ours(path: Path) -> bool:
    # A link to a pseudo-terminal, alive or left behind by a kill, is a simulator's; anything else is somebody's file.
    return path.is_symlink() and str(path.readlink()).startswith("/dev/pts/")
