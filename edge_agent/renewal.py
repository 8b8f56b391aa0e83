"""Renews the box's certificate over the link, long before it ends.

At two thirds of its life a child process makes a new key and a request; the request goes out on `csr` until the answer
comes on `down`; a child checks that and replaces the file. The uplink reads it for its next connection; the certificate
before is good until its own end, so nothing is interrupted. When it ended while the box was off, a person must enrol
the box again: the status page and the log say so.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import zlib
from base64 import b64decode
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from edge_agent import validity
from edge_agent.config import EdgeConfig
from edge_agent.renewal_child import waiting_key
from edge_agent.validity import Validity
from telemetry import topics, wire
from telemetry.clock import MICROSECONDS, Clock
from telemetry.errors import HomehdError
from telemetry.messages import SCHEMA_VERSION, Certificate, CertificateRequest

log = logging.getLogger(__name__)

# Boxes that were enrolled on the same day do not come back on the same day.
EARLIEST_SHARE, LATEST_SHARE = 0.64, 0.69
FIRST_PAUSE_S: Final = 60.0
LONGEST_PAUSE_S: Final = 3600.0
LOOK_S: Final = 60.0  # at the file, which `homehd enrol` may have replaced
WARN_S: Final = 86_400.0
CHILD_S: Final = 120.0  # half a second here; a small box with a slow card takes its time
TICK_S: Final = 1.0


class Standing(StrEnum):
    """What a certificate is good for now."""

    GOOD = "good"
    DUE = "due"
    OVER = "over"


def renew_us(held: Validity, unit: str) -> int:
    """When a unit begins to ask for the next one."""
    share = EARLIEST_SHARE + (LATEST_SHARE - EARLIEST_SHARE) * (zlib.crc32(unit.encode()) / 0xFFFFFFFF)
    return held.from_us + round((held.until_us - held.from_us) * share)


def standing(held: Validity, unit: str, now_us: int) -> Standing:
    """How a certificate stands; a clock that is before its beginning is wrong and decides nothing."""
    if now_us >= held.until_us:
        return Standing.OVER
    return Standing.DUE if now_us >= renew_us(held, unit) else Standing.GOOD


class Pace:
    """When to ask again: after a minute, then twice as long each time, up to an hour."""

    def __init__(self) -> None:
        self._pause_s = FIRST_PAUSE_S
        self._due_s = float("-inf")

    def due(self, now_s: float) -> bool:
        """Whether it is time."""
        return now_s >= self._due_s

    def asked(self, now_s: float) -> None:
        """It was asked now."""
        self._due_s = now_s + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)


class Renewal:
    """One box's certificate. `run` blocks; `received` comes from another thread and returns at once.

    Attributes:
        until_us: when the certificate in the file ends, 0 when none can be read.
        standing: as of the last look.
    """

    def __init__(self, unit: str, identity: Path, authority: Path, clock: Clock, ask: Callable[[bytes], None]) -> None:
        """`ask` publishes a request; nothing is promised about its arrival."""
        self.until_us = 0
        self.standing = Standing.GOOD
        self._unit = unit
        self._identity = identity
        self._authority = authority
        self._clock = clock
        self._ask = ask
        self._answers: deque[str] = deque(maxlen=4)
        self._asked = False
        self._pace = Pace()
        self._look_s = self._warn_s = float("-inf")
        self.look()

    def received(self, certificate: Certificate) -> None:
        """An answer came on `down`."""
        self._answers.append(certificate.chain)

    def run(self, stop: threading.Event) -> None:
        """Keep the certificate alive until `stop`."""
        while not stop.wait(TICK_S):
            self.turn()

    def turn(self) -> None:
        """What is to be done now."""
        now_s = self._clock.monotonic_s()
        while self._answers:
            self._install(self._answers.popleft())
        if now_s >= self._look_s:
            self.look()
        if self.standing is Standing.OVER and now_s >= self._warn_s:
            self._warn_s = now_s + WARN_S
            log.error("certificate is over, enrol this box again", extra={"fields": {"ended": _day(self.until_us)}})
        if self.standing is not Standing.GOOD and self._pace.due(now_s):
            self._pace.asked(now_s)
            self._send()

    def look(self) -> None:
        """Read the file again."""
        self._look_s = self._clock.monotonic_s() + LOOK_S
        try:
            held = validity.of_pem(self._identity.read_bytes())
        except OSError as error:
            log.error("certificate not readable", extra={"fields": {"file": str(self._identity), "error": str(error)}})
            return
        if held is None:
            log.error("certificate not readable", extra={"fields": {"file": str(self._identity)}})
            return
        self.until_us = held.until_us
        self.standing = standing(held, self._unit, self._clock.now_us())
        if self.standing is Standing.GOOD:
            self._asked = False
            self._pace = Pace()

    def _send(self) -> None:
        # Made anew each time: the proof is by the key in the file, which `homehd enrol` may have replaced.
        try:
            request, proof = map(b64decode, self._child("request", self._unit, str(self._identity)).split())
        except (HomehdError, ValueError) as error:
            log.error("no request for a certificate", extra={"fields": {"error": str(error)}})
            return
        now_us = self._clock.now_us()
        self._asked = True
        self._ask(wire.encode(CertificateRequest(SCHEMA_VERSION, self._unit, now_us, request, proof)))
        log.info("certificate asked for", extra={"fields": {"until": _day(self.until_us)}})

    def _install(self, chain: str) -> None:
        if not self._asked:
            return  # an answer that came twice
        words = ("install", self._unit, str(self._identity), str(self._authority), str(self._clock.now_us()))
        try:
            self._child(*words, said=chain)
        except HomehdError as error:
            log.error("certificate not taken", extra={"fields": {"error": error.line()}})
            if not waiting_key(self._identity).exists():  # then ask with a new one
                self._asked = False
            return
        self._asked = False
        self._pace = Pace()
        self.look()
        log.info("certificate renewed", extra={"fields": {"until": _day(self.until_us)}})

    def _child(self, *words: str, said: str = "") -> str:
        # -P: what lies in the agent's working folder is no module of ours.
        command = [sys.executable, "-P", "-m", "edge_agent.renewal_child", *words]
        try:
            done = subprocess.run(command, input=said, capture_output=True, text=True, timeout=CHILD_S, check=False)
        except (OSError, subprocess.SubprocessError) as error:
            raise HomehdError(f"{words[0]} certificate", hint=type(error).__name__) from error
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise HomehdError(f"{words[0]} certificate", hint=last[:200])
        return done.stdout.strip()


def of(config: EdgeConfig, clock: Clock, say: Callable[[str, bytes], None]) -> Renewal | None:
    """The renewal of this agent's certificate; None without one, or with key and certificate in two files.

    Such files are somebody else's to renew: two files cannot change together.
    """
    uplink = config.uplink
    if not uplink.cert_file or uplink.cert_file != uplink.key_file or not uplink.ca_file:
        return None
    topic = topics.home(config.shard, config.unit, "csr")
    files = Path(uplink.cert_file), Path(uplink.ca_file)
    return Renewal(config.unit, *files, clock, lambda request: say(topic, request))


def _day(us: int) -> str:
    return f"{datetime.fromtimestamp(us / MICROSECONDS, UTC):%Y-%m-%d}"
