"""`homehd enrol`: a box makes its key, shows its code to the registrar, and writes what it gets for it.

Nothing is trusted on first use: the code carries the fingerprint of the authority, and it is told to nobody who does
not show a certificate of that authority. The power may go at any point: the same command again goes on where it ended,
with the same key, and the registrar repeats its answer.

| file in the folder | content |
|---|---|
| `identity.pem` | private key and certificate, 0600; renewed by the agent |
| `ca.pem` | the authority |
| `edge.toml` | the agent's configuration; written last |
| `.enrolment-<…>.key` | a key whose certificate has not arrived yet |
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from edge_agent import config, credentials, private_file, validity
from edge_agent.config import EdgeConfig
from edge_agent.renewal_child import waiting_key
from telemetry import enrolment, settings
from telemetry.clock import Clock
from telemetry.enrolment import EnrolmentAnswer, EnrolmentCode, EnrolmentRefusal, EnrolmentRequest
from telemetry.errors import HomehdError, SettingsError

IDENTITY: Final = "identity.pem"
CA: Final = "ca.pem"
CONFIG: Final = "edge.toml"
TIMEOUT_S: Final = 20.0
DONE: Final = ".enrolled"  # the SHA-256 of the code that was carried through
USED, KEY_USED = "code used", "key used before"  # registrar.decisions.Refusal


class EnrolmentError(HomehdError):
    """This box has no certificate yet."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What is in the folder now. `kept`: the configuration that was there stays; `already`: so does all else."""

    unit: str
    config: Path
    until_us: int
    kept: bool
    already: bool = False


def enrol(code: EnrolmentCode, folder: Path, clock: Clock) -> Enrolled:
    """Enrol this box into `folder`, or finish what was begun; EnrolmentError or CredentialError in one clear line."""
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    _refuse_another_unit(folder, code.unit)
    pending = folder / f".enrolment-{code.digest.hex()[:12]}.key"
    authority = credentials.authority(_fetch_authority(code), code.fingerprint)
    _refuse_wrong_clock(authority, clock)
    key = _pending_key(pending)
    try:
        answer = _ask(code, authority, credentials.request(key, code.unit))
    except _RefusedError as refused:
        if refused.reason == USED and (standing := _standing(folder, code, clock.now_us())):
            private_file.remove(pending)
            return standing
        if refused.reason == KEY_USED:
            private_file.remove(pending)
        raise
    identity, until_us = credentials.identity(key, answer.certificate, authority, code.unit, clock.now_us())
    agent = _checked(answer, code.unit)
    private_file.replace(folder / CA, authority.encode(), mode=0o644)
    private_file.replace(folder / IDENTITY, identity)
    # A renewal that was under way: its key may have a certificate that was revoked, and would never get another.
    private_file.remove(waiting_key(folder / IDENTITY))
    kept = _write_config(folder / CONFIG, answer.settings, agent)
    private_file.replace(folder / DONE, code.digest.hex().encode())
    for left in folder.glob(".enrolment-*.key"):
        private_file.remove(left)
    return Enrolled(code.unit, folder / CONFIG, until_us, kept)


class _RefusedError(EnrolmentError):
    """The registrar says no, for this reason."""

    def __init__(self, code: EnrolmentCode, refusal: EnrolmentRefusal) -> None:
        self.reason = refusal.reason
        super().__init__("enrol", f"unit {code.unit}", hint=refusal.text)


def _refuse_another_unit(folder: Path, unit: str) -> None:
    try:
        there = settings.load_toml(folder / CONFIG).get("unit")
    except SettingsError:
        return
    if there != unit:
        # Its outbox may hold another home's readings.
        hint = f"this code is for unit {unit}: choose an empty folder, or take the old unit's files away first"
        raise EnrolmentError("enrol", f"{folder} belongs to unit {there}", hint=hint)


def _refuse_wrong_clock(authority: str, clock: Clock) -> None:
    if clock.now_us() < credentials.begins_us(authority):
        today = datetime.fromtimestamp(clock.now_us() / 1e6, UTC)
        hint = "the authority did not exist then: set the clock (timedatectl set-ntp true) and try again"
        raise EnrolmentError("enrol", f"this box's clock says {today:%Y-%m-%d}", hint=hint)


def _pending_key(path: Path) -> bytes:
    with suppress(OSError):
        key = path.read_bytes()
        if credentials.is_key(key):
            return key
    key = credentials.new_key()
    private_file.replace(path, key)  # on disk before anybody hears of it: the answer may get lost
    return key


def _fetch_authority(code: EnrolmentCode) -> str:
    # Not checked, and not trusted either: what comes must have the fingerprint, and nothing is said but "GET".
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.minimum_version = ssl.TLSVersion.TLSv1_3
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    status, wait, body = _talk(code, blind, lambda line: line.request("GET", enrolment.AUTHORITY_PATH))
    if status != 200:
        raise _no_answer_of_ours(code, status, wait)
    return body.decode("ascii", "replace")


def _ask(code: EnrolmentCode, authority: str, request: bytes) -> EnrolmentAnswer:
    checked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    checked.minimum_version = ssl.TLSVersion.TLSv1_3
    checked.load_verify_locations(cadata=authority)
    content = msgspec.json.encode(EnrolmentRequest(code.code, request))
    headers = {"Content-Type": "application/json"}
    status, wait, body = _talk(code, checked, lambda line: line.request("POST", enrolment.ENROL_PATH, content, headers))
    try:
        if status == 200:
            return msgspec.json.decode(body, type=EnrolmentAnswer)
        refusal = msgspec.json.decode(body, type=EnrolmentRefusal)
    except msgspec.MsgspecError as error:
        raise _no_answer_of_ours(code, status, wait) from error
    if status >= 500 or status == 429:
        raise EnrolmentError("enrol", code.where, hint=refusal.text, recoverable=True)
    raise _RefusedError(code, refusal)


def _no_answer_of_ours(code: EnrolmentCode, status: int, wait: str) -> EnrolmentError:
    """Not what a registrar's application says: its server before it, or another's."""
    if status not in (429, 503):
        return EnrolmentError("enrol", code.where, hint=f"no registrar answers there (HTTP {status})")
    seconds = int(wait) if wait.isdecimal() and len(wait) < 6 else 60
    when = "a minute" if seconds <= 60 else f"{-(-seconds // 60)} minutes"
    return EnrolmentError("enrol", code.where, hint=f"busy: try again in {when}", recoverable=True)


def _talk(
    code: EnrolmentCode, context: ssl.SSLContext, ask: Callable[[http.client.HTTPSConnection], None]
) -> tuple[int, str, bytes]:
    """Status, `Retry-After` and body."""
    host, _, port = code.where.rpartition(":")
    line = http.client.HTTPSConnection(host.strip("[]"), int(port), timeout=TIMEOUT_S, context=context)
    try:
        ask(line)
        answer = line.getresponse()
        return answer.status, answer.getheader("Retry-After", ""), answer.read(enrolment.MAX_ANSWER)
    except ssl.SSLCertVerificationError as error:
        hint = f"its certificate is not the right one ({error.verify_message}); the code was not sent"
        raise EnrolmentError("enrol", code.where, hint=hint) from error
    except TimeoutError as error:
        raise EnrolmentError("enrol", code.where, hint="no answer: try again", recoverable=True) from error
    except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError) as error:
        # So a registrar turns away whom it has no place for; http.client's RemoteDisconnected is one of these.
        hint = "not reachable (it hung up): perhaps busy, try again in a minute"
        raise EnrolmentError("enrol", code.where, hint=hint, recoverable=True) from error
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        hint = f"not reachable ({why}): is the network up, and is the address right?"
        raise EnrolmentError("enrol", code.where, hint=hint, recoverable=True) from error
    finally:
        line.close()


def _checked(answer: EnrolmentAnswer, unit: str) -> EdgeConfig:
    try:
        agent = config.parse(answer.settings)
    except HomehdError as error:
        hint = f"{error.line()}; is this box's software as new as the server's?"
        raise EnrolmentError("read the configuration sent", hint=hint) from error
    if agent.unit != unit:
        raise EnrolmentError("read the configuration sent", f"unit {agent.unit}", hint=f"expected {unit}")
    return agent


def _write_config(path: Path, text: str, agent: EdgeConfig) -> bool:
    """Write the configuration; True when the one that is there stays, because a technician may have put it right."""
    with suppress(HomehdError):
        there = config.parse(path.read_text("utf-8")) if path.exists() else None
        if there is not None and (there.broker, there.shard, there.uplink.cert_file) == (
            agent.broker, agent.shard, agent.uplink.cert_file,
        ):  # fmt: skip
            return True
    if path.exists():
        private_file.replace(path.with_name(path.name + ".before"), path.read_bytes())
    private_file.replace(path, text.encode(), mode=0o640)
    return False


def _standing(folder: Path, code: EnrolmentCode, now_us: int) -> Enrolled | None:
    """What an earlier run with this code finished, if it did and still holds."""
    with suppress(OSError, HomehdError):
        if (folder / DONE).read_bytes() != code.digest.hex().encode():
            return None
        agent = config.load(folder / CONFIG)
        held = validity.of_pem((folder / IDENTITY).read_bytes())
        if held is not None and now_us < held.until_us:
            return Enrolled(agent.unit, folder / CONFIG, held.until_us, kept=True, already=True)
    return None
