"""Why nobody is signed in after the round to the hospital's provider: a closed list, for the page that says so."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """As the page's address has it; the words are the dashboard's (`words-sign-in.ts`)."""

    CANCELLED = "cancelled"  # the provider says no, or the person did there
    STALE = "stale"  # no round of this browser: forged, used, too old, begun elsewhere
    NOT_VERIFIED = "not-verified"  # what the provider answered does not prove anything
    PROVIDER_DOWN = "provider-down"  # no answer, or none that can be read
    UNKNOWN_ACCOUNT = "unknown-account"  # nobody here, and nobody is made
    NO_ROLE = "no-role"  # the claims give no role, or none that may come in this way
    NO_CLINIC = "no-clinic"  # the claims give no clinic that there is
    DISABLED = "disabled"
    TOO_MANY = "too-many"
    UNAVAILABLE = "unavailable"  # our own database


class Refused(Exception):
    """Nobody is signed in. `detail` is for the log: no claim's value. `user_id`: whose account was asked for."""

    def __init__(self, reason: Reason, detail: str = "", user_id: int | None = None) -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail
        self.user_id = user_id

    def of(self, user_id: int | None) -> Refused:
        """The same, of this account."""
        return Refused(self.reason, self.detail, user_id)
