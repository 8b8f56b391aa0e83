"""Who judges addresses that people enter. The notifier's channels do; the command that starts the API brings them."""

from __future__ import annotations

from typing import Protocol


class Addresses(Protocol):
    """What is needed of `notifier.channels.Channels`. Neither of these opens a connection or takes long."""

    def check(self, address: str) -> None:
        """HomehdError with a hint when no page could, or may, go to this address."""

    def host(self, address: str) -> str:
        """Scheme and host, which is what is shown and logged."""
