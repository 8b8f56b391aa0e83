"""Sign-ins that were refused, for the record: at most one row for an account and reason in five minutes, and how many.

Pure: the time is handed in. The first is told at once, the others when the five minutes are over, so that guessing all
night is a few rows an hour and nothing of it is lost. Nobody has shown who they are: the account is the one that was
asked for, and a name that is nobody's is never kept: people type their passwords into it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from clinician_api.web.errors import ApiError
from store import audit
from store.audit import Deed
from store.session_ends import REFUSE

AGAIN_S: Final = 300.0
# Accounts times reasons; beyond it the oldest is told before its time.
MAX_KEPT: Final = 10_000
MAX_ADDRESSES: Final = 10
NOBODY: Final = "nobody"


class Why(StrEnum):
    """As the record has it; the words are the dashboard's (`words-deeds.ts`)."""

    UNKNOWN_NAME = "unknown name"
    WRONG_PASSWORD = "wrong password"
    DISABLED = "disabled account"
    NO_ROLE = "no role"  # none, or none that may come in this way
    NO_CLINIC = "no clinic"
    PASSKEY = "wrong passkey"  # also one that may be a copy
    STALE = "not waited for"  # a step or round that is forged, used, too old or another browser's
    TOO_MANY = "too many tries"
    KIOSK_CODE = "wrong kiosk code"
    UNKNOWN_AT_HOSPITAL = "unknown to the hospital's mapping"
    NOT_VERIFIED = "hospital's answer proves nothing"


class RefusedSignIn(ApiError):
    """Nobody is signed in, and that is for the record. `user_id`: whose account was asked for; None: nobody's."""

    def __init__(self, why: Why, user_id: int | None, status: int, what: str, **members: Any) -> None:
        super().__init__(status, what, **members)
        self.why = why
        self.user_id = user_id


@dataclass(slots=True)
class _Meanwhile:
    """What was refused since the last row of an account and reason. `addresses`: some of where it came from."""

    until_s: float
    count: int = 0
    last_us: int = 0
    addresses: list[str] = field(default_factory=list)


class Refusals:
    """What was refused, on its way to the record. `wait`: takes a row that is to be written."""

    def __init__(self, wait: Callable[[Deed], None]) -> None:
        self._wait = wait
        self._kept: OrderedDict[tuple[int | None, Why], _Meanwhile] = OrderedDict()

    def note(self, why: Why, user_id: int | None, address: str, now_us: int, now_s: float) -> None:
        """Somebody at this address was refused."""
        self.settle(now_s)
        key = (user_id, why)
        meanwhile = self._kept.get(key)
        if meanwhile is None:
            self._kept[key] = _Meanwhile(now_s + AGAIN_S)
            self._tell(key, _Meanwhile(0.0, 1, now_us, [address]))
            if len(self._kept) > MAX_KEPT:
                self._tell(*self._kept.popitem(last=False))
            return
        meanwhile.count += 1
        meanwhile.last_us = now_us
        if address not in meanwhile.addresses and len(meanwhile.addresses) < MAX_ADDRESSES:
            meanwhile.addresses.append(address)

    def settle(self, now_s: float) -> None:
        """Tell what was refused meanwhile, where the five minutes are over."""
        while self._kept:
            key, meanwhile = next(iter(self._kept.items()))
            if meanwhile.until_s > now_s:
                return
            del self._kept[key]
            if meanwhile.count:
                self._tell(key, meanwhile)
                self._kept[key] = _Meanwhile(now_s + AGAIN_S)

    def tell_all(self) -> None:
        """Tell it all now: this process ends."""
        while self._kept:
            self._tell(*self._kept.popitem(last=False))

    def _tell(self, key: tuple[int | None, Why], meanwhile: _Meanwhile) -> None:
        if not meanwhile.count:
            return
        user_id, why = key
        subject = NOBODY if user_id is None else audit.person(user_id)
        detail = {"why": str(why), "refused": meanwhile.count, "addresses": meanwhile.addresses}
        self._wait(Deed(meanwhile.last_us, audit.service("api"), REFUSE, subject, detail))
