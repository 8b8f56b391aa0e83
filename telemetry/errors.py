"""One base error: what was being done, to what, and what a person can do about it."""

from __future__ import annotations


class HomehdError(Exception):
    """Something failed in a way a person can act on.

    Attributes:
        operation: what was being done ("open serial port").
        subject: what it was done to ("/dev/ttyUSB0").
        hint: what to do about it, or empty.
        recoverable: whether trying again later can help without a person.
    """

    exit_code = 1

    def __init__(self, operation: str, subject: str = "", *, hint: str = "", recoverable: bool = False) -> None:
        self.operation = operation
        self.subject = subject
        self.hint = hint
        self.recoverable = recoverable
        super().__init__(self.line())

    def line(self) -> str:
        """The error as one line: what, where, what to do."""
        text = f"{self.operation}: {self.subject}" if self.subject else self.operation
        text = f"{text} – {self.hint}" if self.hint else text
        return " ".join(text.split())


class SettingsError(HomehdError):
    """A configuration file, a flag or an environment variable says something we cannot use."""

    exit_code = 2


class WireError(HomehdError):
    """Bytes that are not a message of ours: wrong schema, wrong shape, too large, impossible values."""
