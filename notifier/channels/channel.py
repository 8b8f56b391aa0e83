"""The one shape that every kind of channel has, and what can come of a send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from notifier.page import Page
from telemetry.errors import HomehdError


class AddressError(HomehdError):
    """An address that cannot be used, told to who enters it. Never says the address itself, only its masked form."""


class Unreachable(HomehdError):
    """A page was not taken. `why` is safe for logs: no address, no key, no answer's text.

    Attributes:
        why: in plain words.
        permanent: the receiver said that this address is gone for good: the channel is to be disabled. Anything else,
            a refused password included, may be mended and is tried again.
        retry_after_s: how long the receiver asks us to wait, ≥ 0 s, or None.
    """

    def __init__(self, why: str, *, permanent: bool = False, retry_after_s: float | None = None) -> None:
        self.why = why
        self.permanent = permanent
        self.retry_after_s = retry_after_s
        super().__init__("send a page", why, recoverable=not permanent)


@dataclass(frozen=True, slots=True)
class Sent:
    """A page was taken.

    Attributes:
        receipt: *sent*: a service has it, nobody knows of a device; *delivered*: the device itself said so.
        detail: what the receiver said, in our words.
    """

    receipt: Literal["sent", "delivered"]
    detail: str


class Channel(Protocol):
    """A kind of way to reach a person. All may be called from many threads at once."""

    def check(self, address: str) -> None:
        """Whether an address may be used; AddressError says what is wrong, where, and what to do. Sends nothing."""

    def mask(self, address: str) -> str:
        """What may be shown and logged of an address: what kind it is and which host, no key, number or name."""

    def host(self, address: str) -> str:
        """The receiver whose trouble is shared by all such addresses, at most 100 characters."""

    def send(self, address: str, page: Page, timeout_s: float) -> Sent:
        """Hand a page over, in `timeout_s` > 0 at most (and the time a name takes to resolve); Unreachable if not."""
