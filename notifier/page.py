"""What is sent to a person: key, priority, words from a table, link. Its types leave no room for a name or a value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from notifier import words
from notifier.words import Language, Occasion
from telemetry.alarms import Priority
from telemetry.errors import HomehdError, SettingsError
from telemetry.rota import Audience

MAX_LABEL: Final = 40  # characters
MAX_COUNT: Final = 9999
# What a Web Push `Topic` can hold (RFC 8030 §5.4): 32 characters of base64url. Of these only hexadecimal digits and
# dashes, with a digit among them: numbers and UUIDs are made of these, names are not.
_KEY: Final = re.compile(r"(?=.*[0-9])[0-9a-f]+(?:-[0-9a-f]+)*")
_MAX_KEY: Final = 32
_WITHOUT_RECORD: Final = frozenset({Occasion.SEVERAL, Occasion.UNSAVED, Occasion.AWAY, Occasion.BACK})
_RECEIPT: Final = re.compile(r"[0-9a-f]{32,64}")


class PageError(HomehdError):
    """Something that may not be in a page was about to be put into one: a mistake of ours."""


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages of an installation have in common.

    Attributes:
        url: where people open the dashboard, https://host[/path]; empty = pages have no link.
        label: a neutral name of the installation, put before the title, or empty: whoever configures one decides that
            it may be read on locked screens. At most 40 characters.
    """

    url: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        """SettingsError for a URL that no browser opens, or a label of more than one short line."""
        parts = urlsplit(self.url)
        if self.url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
            raise SettingsError("read settings", "dashboard_url", hint="https://HOST[:PORT][/PATH]")
        if len(self.label) > MAX_LABEL or not self.label.isprintable():
            raise SettingsError("read settings", "page_label", hint=f"one line of at most {MAX_LABEL} characters")

    def address(self, path: str) -> str:
        """A page below `url`, or empty."""
        return f"{self.url.rstrip('/')}/{path}" if self.url else ""


@dataclass(frozen=True, slots=True)
class Digest:
    """What the work list comes to: how many are on it, and for how many whole days the oldest; 0…9999 each."""

    listed: int
    days: int

    def __post_init__(self) -> None:
        """PageError for what is no number of these."""
        if not all(type(number) is int and 0 <= number <= 9999 for number in (self.listed, self.days)):
            raise PageError("make a page", "its digest", hint="whole numbers of 0…9999")


@dataclass(frozen=True, slots=True)
class Counts:
    """What a folded page is about, when it was sent: numbers of homes and of notices, 0 to 9999, larger ones cut.

    Attributes:
        homes: 0 where it is about the service itself. high: of high priority. other: of lower.
    """

    homes: int = 0
    high: int = 0
    other: int = 0

    def __post_init__(self) -> None:
        """PageError for anything but numbers."""
        for name in ("homes", "high", "other"):
            count = getattr(self, name)
            if not isinstance(count, int) or count < 0:
                raise PageError("make a page", f"its count {name}", hint="a number, at least 0")
            object.__setattr__(self, name, min(count, MAX_COUNT))


NONE: Final = Counts()


@dataclass(frozen=True, slots=True)
class Page:
    """One page to one channel.

    Attributes:
        key: names the delivery, the same on every retry, so that a device replaces instead of doubling: up to 32
            hexadecimal digits and dashes, at least one of 0–9 (a number, `uuid4().hex`).
        receipt: what a device shows to say *delivered* or *read*: 32 to 64 hexadecimal digits that nobody can guess, or
            empty when nothing is to come back.
        digest: of a page of that occasion.
        counts: what a page about several is about.
    """

    key: str
    priority: Priority
    audience: Audience = Audience.CLINICAL
    language: Language = Language.ENGLISH
    occasion: Occasion = Occasion.CALL
    site: Site = Site()
    receipt: str = ""
    digest: Digest | None = None
    counts: Counts = NONE

    def __post_init__(self) -> None:
        """PageError when key or receipt could be words."""
        if len(self.key) > _MAX_KEY or not _KEY.fullmatch(self.key):
            raise PageError("make a page", "its key", hint=f"at most {_MAX_KEY} hexadecimal digits and dashes")
        if self.receipt and not _RECEIPT.fullmatch(self.receipt):
            raise PageError("make a page", "its receipt", hint="32 to 64 hexadecimal digits")

    @property
    def title(self) -> str:
        """One line for a lock screen."""
        text = words.title(self.occasion, self.priority, self.audience, self.language)
        return f"{self.site.label} – {text}" if self.site.label else text

    @property
    def body(self) -> str:
        """What to do; of several, how many."""
        if self.occasion is Occasion.DIGEST and self.digest is not None:
            return words.digest(self.digest.listed, self.digest.days, self.language)
        text = words.body(self.occasion, self.priority, self.audience, self.language)
        if self.occasion is not Occasion.SEVERAL or self.counts == NONE:
            return text
        return words.counted(self.counts.homes, self.counts.high, self.counts.other, self.language) + text

    @property
    def link(self) -> str:
        """Where it is said whom it is about, to who signs in: of several, and of what is on no record, the list; of a
        test, one's own channels. Empty without a site.
        """
        if self.occasion in _WITHOUT_RECORD:
            return self.site.address("#/alerts")
        if self.occasion is Occasion.DIGEST:
            return self.site.address("#/notices")
        if self.occasion is Occasion.TEST:
            return self.site.address("#/devices")
        return self.site.address(f"deliveries/{self.key}")

    @property
    def receipt_url(self) -> str:
        """Where a device posts its receipts; empty when none is wanted."""
        return self.site.address(f"api/receipts/{self.receipt}") if self.receipt else ""

    @property
    def text(self) -> str:
        """Body and link, for channels that carry plain text."""
        return f"{self.body}\n{self.link}" if self.link else self.body
