"""E-mail. The address has Apprise's form and is read by Apprise; the message is sent here.

Apprise gives each message a new Message-ID. Ours follows from the delivery's key, so that a mail server or a reader
that gets a page twice, after a connection that broke off at the wrong moment, can tell.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import TYPE_CHECKING, Final

from notifier.channels import apprise_urls, guard
from notifier.channels.channel import AddressError, Sent, Unreachable
from notifier.channels.networks import Networks
from notifier.page import Page
from telemetry.alarms import Priority
from telemetry.clock import MICROSECONDS, Clock

if TYPE_CHECKING:
    from apprise.plugins.email.base import NotifyEmail

_IMPORTANCE: Final = {Priority.HIGH: "high", Priority.MEDIUM: "high", Priority.LOW: "normal"}


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What an address says.

    Attributes:
        secure: insecure, starttls or ssl.
        verify: whether the server's certificate is checked.
    """

    host: str
    port: int
    secure: str
    verify: bool
    user: str | None
    password: str | None
    sender: str
    recipient: str


class Mail:
    """`mailto://` (as the address says, mostly without TLS) and `mailtos://` (STARTTLS), in Apprise's forms."""

    def __init__(self, networks: Networks, clock: Clock) -> None:
        self._networks = networks
        self._clock = clock

    def check(self, address: str) -> None:
        """AddressError for a host or an e-mail address that is none, and for several recipients at once."""
        plugin, masked = self._plugin(address), self.mask(address)
        if len(plugin.targets) > 1 or plugin.cc or plugin.bcc:
            hint = "one channel reaches one person: enter the others as channels of their own"
            raise AddressError("check a channel's address", masked, hint=hint)
        box = _mailbox(plugin)
        apprise_urls.check_host(box.host, box.port, self._networks, masked)

    def mask(self, address: str) -> str:
        """Scheme and mail server; not whose mailbox."""
        return f"{self.host(address)}/…"

    def host(self, address: str) -> str:
        """The mail server."""
        scheme = apprise_urls.scheme_of(address)
        try:
            box = _mailbox(self._plugin(address))
        except AddressError:
            return f"{scheme}://"
        return f"{scheme}://{apprise_urls.receiver(box.host, box.port)}"[:100]

    def send(self, address: str, page: Page, timeout_s: float) -> Sent:
        """Taken by the mail server: it says nothing of a mailbox elsewhere, and nothing of a reader."""
        try:
            box = _mailbox(self._plugin(address))
        except AddressError as error:
            raise Unreachable(f"the address can no longer be used: {error.hint}") from None
        message = compose(page, box.sender, box.recipient, self._clock.now_us())
        with (
            guard.sending(self._networks, timeout_s) as watched,
            _told(watched, timeout_s),
            _session(box, timeout_s) as server,
        ):
            server.send_message(message, box.sender, [box.recipient])
        return Sent("sent", "taken by the mail server")

    def _plugin(self, address: str) -> NotifyEmail:
        plugin: NotifyEmail = apprise_urls.plugin_of(address, f"{apprise_urls.scheme_of(address)}://…")
        return plugin


def compose(page: Page, sender: str, recipient: str, now_us: int) -> EmailMessage:
    """The message; its Message-ID is the same for the same key and sender."""
    message = EmailMessage()
    message["Subject"] = page.title
    message["From"] = formataddr(("homehd", sender))
    message["To"] = recipient
    message["Message-ID"] = f"<{page.key}@{sender.rpartition('@')[2]}>"
    message["Date"] = format_datetime(datetime.fromtimestamp(now_us / MICROSECONDS, UTC))
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no "I am on holiday" comes back
    message["Importance"] = _IMPORTANCE[page.priority]
    message.set_content(page.text)
    return message


def _mailbox(plugin: NotifyEmail) -> Mailbox:
    return Mailbox(
        host=plugin.smtp_host, port=plugin.port, secure=str(plugin.secure_mode), verify=plugin.verify_certificate,
        user=plugin.user, password=plugin.password, sender=plugin.from_addr[1], recipient=plugin.targets[0][1],
    )  # fmt: skip


@contextmanager
def _session(box: Mailbox, timeout_s: float) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    if not box.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if box.secure == "ssl":
        server: smtplib.SMTP = smtplib.SMTP_SSL(box.host, box.port, timeout=timeout_s, context=context)
    else:
        server = smtplib.SMTP(box.host, box.port, timeout=timeout_s)
    try:
        if box.secure == "starttls":
            server.starttls(context=context)
        if box.user and box.password:
            server.login(box.user, box.password)
        yield server
        # The page is taken; a server that does not say goodbye does not undo that.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        server.close()


@contextmanager
def _told(watched: guard.Guard, timeout_s: float) -> Iterator[None]:
    """What the standard library raises, as Unreachable in words that hold no address and no answer's text."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise Unreachable(f"the mail server refuses our password (SMTP {error.smtp_code})") from None
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise Unreachable(f"the mail server does not take mail for this address (SMTP {code})") from None
    except smtplib.SMTPResponseException as error:
        refused = f"the mail server refuses the page (SMTP {error.smtp_code})"
        raise Unreachable(watched.trouble or refused) from None
    except ssl.SSLCertVerificationError:
        raise Unreachable("the mail server's certificate is not good for its name") from None
    except smtplib.SMTPNotSupportedError:
        raise Unreachable("the mail server does not offer what the address asks for (TLS, password)") from None
    except TimeoutError:
        raise Unreachable(f"no complete answer within {timeout_s:g} s") from None
    except (smtplib.SMTPException, OSError):
        raise Unreachable(watched.trouble or guard.BROKEN) from None
