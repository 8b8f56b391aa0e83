"""The broker session: what arrives goes into the inbox, acknowledgements and live frames go out. MQTT 3.1.1 by paho.

Here is what we say to the broker and what it answers; `broker_loop` reads and writes.
The session is clean and `up` is subscribed with QoS 0: what is lost on the way is sent again by its agent, which keeps
every row until the acknowledgement from our transaction (docs/decisions/0004).
"""

from __future__ import annotations

import logging
import threading
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.broker_loop import BrokerLoop, Client
from ingest.inbox import Inbox
from telemetry import broker_address, broker_tls, topics
from telemetry.clock import Clock
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

CONNECT_S: Final = 10.0
_EVERY: Final = frozenset(range(topics.SHARDS))
_UP_QOS: Final = 0
_STATUS_QOS: Final = 1


class Subscriber:
    """One client of the broker."""

    def __init__(self, broker_url: str, client_id: str, inbox: Inbox, clock: Clock) -> None:
        self._broker = broker_address.parse(broker_url)
        self._clock = clock
        self._owned: frozenset[int] = frozenset()
        self._guard = threading.Lock()  # what is owned and what is subscribed change together
        self._asked: dict[int, list[str]] = {}  # patterns by the id of the request the broker has not answered yet
        self._denied: set[str] = set()
        self._answered = threading.Event()
        self._refusal = ""
        self._client = Client(client_id)
        self._loop = BrokerLoop(self._client, lambda burst: inbox.put(*burst), lambda: inbox.has_room, clock)
        # Acknowledgements are QoS 0: nothing waits in the client while the broker is away, agents ask again.
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        if self._broker.username:
            self._client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls:
            self._client.tls_set_context(broker_tls.context(self._broker.files))

    @property
    def connected(self) -> bool:
        """Whether the broker session stands."""
        return self._loop.connected

    @property
    def pauses(self) -> int:
        """How often we stopped reading because the inbox was full."""
        return self._loop.pauses

    @property
    def answered(self) -> bool:
        """Whether the broker has answered every subscription."""
        return not self._asked

    @property
    def trouble(self) -> str:
        """What keeps us from hearing our shards; empty when all is well."""
        if not self.connected:
            return "not connected"
        with self._guard:
            denied = sorted(self._denied)
        return f"refuses {', '.join(denied[:3])}{' and more' if len(denied) > 3 else ''}" if denied else ""

    def start(self) -> None:
        """Connect; afterwards it reconnects by itself. HomehdError when the first attempt fails."""
        try:
            self._loop.start(self._broker.host, self._broker.port)
        except OSError as error:
            raise self._error(broker_tls.in_words(error, self._clock.now_us())) from error
        if not self._answered.wait(CONNECT_S) or self._refusal:
            self.stop()
            raise self._error(self._refusal or "it accepts the connection and does not answer")

    def stop(self) -> None:
        """Say good-bye and end the thread; what was published before is written first."""
        self._loop.stop()

    def own(self, shards: frozenset[int]) -> None:
        """Receive exactly these shards' messages from now on."""
        with self._guard:
            before, self._owned = self._owned, shards
            gone = [p for p, _ in patterns(before) if p not in dict(patterns(shards))]
            new = [(p, qos) for p, qos in patterns(shards) if p not in dict(patterns(before))]
            if self.connected:
                if gone:
                    self._client.unsubscribe(gone)
                self._subscribe(new)
            self._denied.difference_update(gone)

    def publish(self, topic: str, payload: bytes) -> None:
        """Send at QoS 0; without a session it is dropped."""
        self._loop.publish(topic, payload)

    def _on_connect(
        self, _client: mqtt.Client, _user: object, _flags: mqtt.ConnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        if code.is_failure:
            self._refusal = str(code)
            log.error("broker refused", extra={"fields": {"broker": self._where(), "reason": str(code)}})
        else:
            self._refusal = ""
            with self._guard:
                self._asked.clear()
                self._denied.clear()
                self._subscribe(patterns(self._owned))
            log.info("broker connected", extra={"fields": {"broker": self._where()}})
        self._answered.set()

    def _subscribe(self, wanted: list[tuple[str, int]]) -> None:
        # The caller holds the guard: the answer cannot be looked at before its question is noted.
        if wanted:
            _, request = self._client.subscribe(wanted)
            if request is not None:
                self._asked[request] = [pattern for pattern, _ in wanted]

    def _on_subscribe(
        self, _client: mqtt.Client, _user: object, request: int, codes: list[ReasonCode], _more: Properties | None
    ) -> None:
        with self._guard:
            asked = self._asked.pop(request, [])
            wanted = dict(patterns(self._owned))
            denied = [p for p, code in zip(asked, codes, strict=False) if code.is_failure and p in wanted]
            self._denied.difference_update(asked)
            self._denied.update(denied)
        if denied:
            log.error("subscription refused", extra={"fields": {"broker": self._where(), "patterns": denied[:8]}})

    def _where(self) -> str:
        return str(self._broker)

    def _error(self, reason: str) -> HomehdError:
        hint = f"{reason}; is the broker running there? `homehd doctor` tells more"
        return HomehdError("connect to the broker", self._where(), hint=hint, recoverable=True)


def patterns(shards: frozenset[int]) -> list[tuple[str, int]]:
    """Subscriptions (pattern, QoS) for `shards`; one wildcard when these are all."""
    if shards == _EVERY:
        return [("hhd/1/+/+/up", _UP_QOS), ("hhd/1/+/+/status", _STATUS_QOS)]
    up = [(topics.shard_pattern(shard, "up"), _UP_QOS) for shard in sorted(shards)]
    return up + [(topics.shard_pattern(shard, "status"), _STATUS_QOS) for shard in sorted(shards)]
