"""A passkey after the password, and one's own passkeys: what is asked for, and whether what comes back holds."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from clinician_api.people.refusals import RefusedSignIn, Why
from clinician_api.signin import passkey_checks
from clinician_api.signin.passkey_checks import Place, Unproven
from clinician_api.signin.signin_data import Account, Passkey, SignInData, Used
from clinician_api.web.errors import ApiError
from store.sign_in_steps import FIRST_PASSKEY, OWN_PASSKEY, PASSKEY
from telemetry.clock import MICROSECONDS, Clock

log = logging.getLogger(__name__)

# For somebody who has to find the key in a bag.
STEP_S: Final = 300
_AGAIN: Final = "sign in again, from the password on"


class Kind(StrEnum):
    """What has to come after the password."""

    PASSKEY = "passkey"
    FIRST_PASSKEY = "first passkey"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is waited for. `token`: names the step; `options`: for `navigator.credentials`."""

    kind: str
    token: str
    options: Any


class SecondFactor:
    """Passkeys of accounts. `demanded`: roles for which a password alone is never enough."""

    def __init__(self, demanded: frozenset[str], clock: Clock, data: SignInData) -> None:
        self._demanded = demanded
        self._clock = clock
        self._data = data

    def demands(self, role: str) -> bool:
        """Whether an account of that role must have a passkey."""
        return role in self._demanded

    async def after_password(self, account: Account, where: Place) -> Asked | None:
        """What else is needed of somebody whose password was right; None: nothing."""
        known = await self._data.passkeys(account.user_id)
        good = [one.credential_id for one in known if one.suspected_us is None]
        if good:
            return await self._ask(PASSKEY, account.user_id, where, good)
        if known:
            # All there are may have been copied: the password alone must not be worth more than with a good one.
            hint = "ask an administrator: homehd users remove-passkeys"
            raise _refused("the passkey was refused before", Why.PASSKEY, account.user_id, hint=hint)
        if self.demands(account.role):
            _check_place(where)
            return await self._ask(FIRST_PASSKEY, account.user_id, where, [], account.email, account.name)
        return None

    async def answered(self, token: str, credential: Mapping[str, Any], where: Place) -> Account:
        """The account that a passkey has shown to be whose password it was; ApiError 401 otherwise."""
        step = await self._data.take_step(_hash(token), PASSKEY, self._clock.now_us())
        if step is None or step.user_id is None:
            raise _refused("this sign-in is not waited for", Why.STALE, None)
        try:
            credential_id = passkey_checks.credential_id(credential)
            known = {one.credential_id: one for one in await self._data.passkeys(step.user_id)}
            count = _count(credential, known.get(credential_id), where, bytes.fromhex(step.content["challenge"]))
        except Unproven as error:
            log.info("passkey refused", extra={"fields": {"user": step.user_id, "why": str(error)}})
            raise _refused("the passkey proves nothing", Why.PASSKEY, step.user_id) from error
        used = await self._data.use_passkey(step.user_id, credential_id, count, self._clock.now_us())
        if used is not Used.GOOD:
            log.warning("passkey may be copied", extra={"fields": {"user": step.user_id}})
            hint = "ask an administrator: homehd users remove-passkeys"
            raise _refused("the passkey was refused", Why.PASSKEY, step.user_id, hint=hint)
        return await self._account(step.user_id)

    async def registered_first(
        self, token: str, credential: Mapping[str, Any], label: str, where: Place
    ) -> Account:  # fmt: skip
        """The account that has its first passkey now; ApiError 401 otherwise."""
        step = await self._data.take_step(_hash(token), FIRST_PASSKEY, self._clock.now_us())
        if step is None or step.user_id is None:
            raise _refused("this sign-in is not waited for", Why.STALE, None)
        account = await self._account(step.user_id)
        challenge = bytes.fromhex(step.content["challenge"])
        if await self._add(account.user_id, credential, label, where, challenge, first=True) is None:
            raise _refused("the passkey proves nothing", Why.PASSKEY, account.user_id)
        return account

    async def ask_for_own(self, user_id: int, email: str, name: str, where: Place) -> Asked:
        """A further passkey of somebody who is signed in."""
        _check_place(where)
        known = [one.credential_id for one in await self._data.passkeys(user_id)]
        return await self._ask(OWN_PASSKEY, user_id, where, known, email, name)

    async def add_own(
        self, user_id: int, token: str, credential: Mapping[str, Any], label: str, where: Place
    ) -> Passkey:  # fmt: skip
        """The new passkey; ApiError 409 when it cannot be added, 422 when it proves nothing."""
        step = await self._data.take_step(_hash(token), OWN_PASSKEY, self._clock.now_us(), user_id)
        if step is None:
            raise ApiError(409, "this passkey is not waited for", hint="begin again")
        challenge = bytes.fromhex(step.content["challenge"])
        added = await self._add(user_id, credential, label, where, challenge, first=False)
        if added is None:
            raise ApiError(409, "not added", hint="it proves nothing, is there already, or there are too many")
        return added

    async def _ask(
        self, kind: str, user_id: int, where: Place, known: list[bytes], email: str = "", name: str = ""
    ) -> Asked:  # fmt: skip
        token, challenge = secrets.token_urlsafe(32), secrets.token_bytes(32)
        now_us = self._clock.now_us()
        content = {"challenge": challenge.hex()}
        await self._data.add_step(_hash(token), kind, user_id, content, now_us, STEP_S * MICROSECONDS)
        if kind == PASSKEY:
            options = passkey_checks.ask_for_known(where, known, challenge)
        else:
            options = passkey_checks.ask_for_new(where, user_id, email, name, known, challenge)
        return Asked(kind, token, options)

    async def _add(
        self, user_id: int, credential: Mapping[str, Any], label: str, where: Place, challenge: bytes, *, first: bool
    ) -> Passkey | None:
        try:
            key = passkey_checks.check_new(credential, where, challenge)
        except Unproven as error:
            log.info("passkey not added", extra={"fields": {"user": user_id, "why": str(error)}})
            return None
        return await self._data.add_passkey(
            user_id, key.credential_id, key.public_key, key.sign_count, label, self._clock.now_us(), first=first
        )

    async def _account(self, user_id: int) -> Account:
        account = await self._data.account(user_id)
        if account is None or account.disabled:
            raise _refused("the passkey proves nothing", Why.DISABLED, user_id)
        return account


def _count(credential: Mapping[str, Any], known: Passkey | None, where: Place, challenge: bytes) -> int:
    if known is None:
        raise Unproven("not one of the account's")
    return passkey_checks.check_known(credential, where, challenge, known.public_key)


def _check_place(where: Place) -> None:
    if not where.usable:
        hint = "open the page by its name: browsers make no passkey for a bare address"
        raise ApiError(409, "no passkey can be made here", where="host", hint=hint)


def _refused(what: str, why: Why, user_id: int | None, *, hint: str = _AGAIN) -> RefusedSignIn:
    return RefusedSignIn(why, user_id, 401, what, hint=hint, kind="passkey-refused")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
