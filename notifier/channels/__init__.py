"""The kinds of channels, listed. The screen is no kind: pages reach it through the database and the live feed.

Only this package names Apprise and pywebpush.
"""

from __future__ import annotations

from notifier.channels.apprise_urls import AppriseUrls
from notifier.channels.channel import AddressError, Channel, Sent, Unreachable
from notifier.channels.mail import Mail
from notifier.channels.networks import Networks
from notifier.channels.web_push import Sender, WebPush
from notifier.page import Page
from telemetry.clock import Clock

__all__ = ["AddressError", "Channels", "Sent", "Unreachable"]


class Channels:
    """All kinds behind the shape of one (`channel.Channel`): the address says which it is."""

    def __init__(self, networks: Networks, clock: Clock, sender: Sender | None = None) -> None:
        self._push = WebPush(networks, clock, sender)
        self._mail = Mail(networks, clock)
        self._apprise = AppriseUrls(networks)

    def check(self, address: str) -> None:
        """Whether an address may be used; AddressError says what is wrong, where, and what to do. Sends nothing."""
        self._kind(address).check(address)

    def mask(self, address: str) -> str:
        """What may be shown and logged of an address."""
        return self._kind(address).mask(address)

    def host(self, address: str) -> str:
        """The receiver whose trouble is shared by all such addresses, at most 100 characters."""
        return self._kind(address).host(address)

    def send(self, address: str, page: Page, timeout_s: float) -> Sent:
        """Hand a page over; Unreachable when it was not taken."""
        return self._kind(address).send(address, page, timeout_s)

    def _kind(self, address: str) -> Channel:
        if address.lstrip().startswith("{"):
            return self._push
        is_mail = address[:10].lower().startswith(("mailto:", "mailtos:"))
        return self._mail if is_mail else self._apprise
