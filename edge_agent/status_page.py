"""A page for the technician in front of the box: plain HTTP, read only, off unless it is configured.

One thread serves everybody and never asks the agent anything: it shows the last state that was laid down for it and how
old that is, so a hung agent shows as one. What a caller can cost is bounded: connections, bytes, seconds. The Host
header must be an address or the box's own name, because a web page elsewhere may point a name of its own here.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import selectors
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import Template
from typing import Final

import msgspec

from edge_agent.box_state import BoxState, Lamp, lamps, worst
from edge_agent.config import host_and_port
from telemetry.clock import Clock

log = logging.getLogger(__name__)

MOST_CONNECTIONS: Final = 8  # a technician's telephone opens six at once
MOST_BYTES: Final = 4096  # of a request; browsers send about 800
LONGEST_S: Final = 5.0  # from the first to the last byte, whatever trickles
LOOK_S: Final = 0.5
LISTEN_AGAIN_S: Final = 10.0  # the address may come later than the agent
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?")
_PAGE: Final = Path(__file__).with_name("status_page.html")
_HEADERS: Final = (
    "Cache-Control: no-store\r\nConnection: close\r\nReferrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nCross-Origin-Resource-Policy: same-origin\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'\r\n"
)
_REASONS: Final = {
    200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    431: "Request Header Fields Too Large", 503: "Service Unavailable",
}  # fmt: skip


class Answer(msgspec.Struct, frozen=True):
    """What goes back: status, media type, body."""

    code: int
    kind: str
    body: str

    def to_bytes(self, *, head_only: bool = False) -> bytes:
        """The whole answer, or its head."""
        body = self.body.encode()
        allow = "Allow: GET, HEAD\r\n" if self.code == 405 else ""
        head = (
            f"HTTP/1.1 {self.code} {_REASONS[self.code]}\r\nContent-Type: {self.kind}; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\n{allow}{_HEADERS}\r\n"
        )
        return head.encode() + (b"" if head_only else body)


def respond(request: bytes, state: BoxState | None, now_us: int, names: frozenset[str]) -> bytes:
    """The answer to a request's head. Pure. `names` are the host names that are ours, in lower case."""
    lines = request.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return _plain(400, "not a request").to_bytes()
    method, target, _ = words
    if method not in ("GET", "HEAD"):
        return _plain(405, "this page is read only").to_bytes()
    hosts = [value.strip() for name, _, value in (line.partition(":") for line in lines[1:]) if name.lower() == "host"]
    if len(hosts) != 1 or not _is_ours(hosts[0], names):
        answer = _plain(403, "ask for this page by the box's address")
    elif target not in ("/", "/status.json"):
        answer = _plain(404, "there is only / and /status.json")
    elif state is None:
        answer = _plain(503, "the agent is starting")
    else:
        answer = _page(state, now_us) if target == "/" else _json(state, now_us)
    return answer.to_bytes(head_only=method == "HEAD")


def _is_ours(host: str, names: frozenset[str]) -> bool:
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match[1].removeprefix("[").removesuffix("]").lower()
    if name in names:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _plain(code: int, text: str) -> Answer:
    return Answer(code, "text/plain", text + "\n")


def _json(state: BoxState, now_us: int) -> Answer:
    found = lamps(state, now_us)
    lights = [lamp._asdict() for lamp in found]
    body = {"light": worst(found), "now_us": now_us, "state": state, "lamps": lights}
    return Answer(200, "application/json", msgspec.json.encode(body).decode() + "\n")


def _page(state: BoxState, now_us: int) -> Answer:
    found = lamps(state, now_us)
    light = worst(found)
    words = {"good": "The box works", "look": "Please have a look", "trouble": "The box is in trouble"}[light]
    rows = "\n".join(_row(lamp) for lamp in found)
    text = Template(_PAGE.read_text("utf-8")).substitute(light=light.value, words=words, rows=rows)
    return Answer(200, "text/html", text)


def _row(lamp: Lamp) -> str:
    hint = f'<p class="hint">{escape(lamp.hint)}</p>' if lamp.hint else ""
    return (
        f'<li class="{lamp.light.value}"><span class="word">{lamp.light.value}</span>'
        f"<div><h2>{escape(lamp.part)}</h2><p>{escape(lamp.text)}</p>{hint}</div></li>"
    )


@dataclass(slots=True)
class _Caller:
    until_s: float
    request: bytearray = field(default_factory=bytearray)
    answer: memoryview | None = None


class StatusPage:
    """Serves until told to stop. Nothing that happens here ends the agent."""

    def __init__(self, listen: str, state: Callable[[], BoxState | None], clock: Clock) -> None:
        """`listen` is host:port; `state` gives the last state without waiting for anything."""
        self._address = host_and_port("status_page.listen", listen)
        self._state = state
        self._clock = clock
        own = socket.gethostname().lower()
        self._names = frozenset({"localhost", own, f"{own.partition('.')[0]}.local", self._address[0].lower()})
        self._callers: dict[socket.socket, _Caller] = {}
        self._trouble = ""
        self.bound: tuple[str, int] | None = None

    def run(self, stop: threading.Event) -> None:
        """Listen and serve; an address that is not there yet, or taken, is tried again."""
        while not stop.is_set():
            try:
                family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
                with socket.create_server(self._address, family=family, backlog=MOST_CONNECTIONS) as listener:
                    self.bound = listener.getsockname()[:2]
                    self._trouble = ""
                    log.info("status page", extra={"fields": {"host": self.bound[0], "port": self.bound[1]}})
                    self._serve(listener, stop)
            except OSError as error:
                if str(error) != self._trouble:
                    self._trouble = str(error)
                    log.warning("status page not there", extra={"fields": {"reason": self._trouble}})
            except Exception:  # a fault of this page must not cost a reading
                log.exception("status page failed")
            stop.wait(LISTEN_AGAIN_S)

    def _serve(self, listener: socket.socket, stop: threading.Event) -> None:
        listener.setblocking(False)
        with selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            try:
                while not stop.is_set():
                    for key, _ in selector.select(LOOK_S):
                        if key.fileobj is listener:
                            self._accept(listener, selector)
                        elif isinstance(key.fileobj, socket.socket):
                            self._move(key.fileobj, selector)
                    self._drop_late(selector)
            finally:
                for caller in list(self._callers):
                    self._drop(caller, selector)

    def _accept(self, listener: socket.socket, selector: selectors.BaseSelector) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # gone again
        if len(self._callers) >= MOST_CONNECTIONS:
            # The oldest goes: whoever holds connections open must not keep the technician out.
            self._drop(next(iter(self._callers)), selector)
        connection.setblocking(False)
        self._callers[connection] = _Caller(self._clock.monotonic_s() + LONGEST_S)
        selector.register(connection, selectors.EVENT_READ)

    def _move(self, connection: socket.socket, selector: selectors.BaseSelector) -> None:
        caller = self._callers.get(connection)
        if caller is None:
            return  # dropped in this very round
        try:
            done = self._write(connection, caller) if caller.answer is not None else self._read(connection, caller)
        except BlockingIOError:
            return
        except OSError:
            done = True
        if done:
            self._drop(connection, selector)
        elif caller.answer is not None:
            selector.modify(connection, selectors.EVENT_WRITE)

    def _read(self, connection: socket.socket, caller: _Caller) -> bool:
        data = connection.recv(MOST_BYTES)
        caller.request += data
        head, end, _ = bytes(caller.request).partition(b"\r\n\r\n")
        if end:
            caller.answer = memoryview(respond(head, self._state(), self._clock.now_us(), self._names))
        elif len(caller.request) >= MOST_BYTES:
            caller.answer = memoryview(_plain(431, "too long").to_bytes())
        return not data

    def _write(self, connection: socket.socket, caller: _Caller) -> bool:
        assert caller.answer is not None, "only called with one"
        caller.answer = caller.answer[connection.send(caller.answer) :]
        return not caller.answer

    def _drop_late(self, selector: selectors.BaseSelector) -> None:
        now = self._clock.monotonic_s()
        for connection in [c for c, caller in self._callers.items() if now > caller.until_s]:
            self._drop(connection, selector)

    def _drop(self, connection: socket.socket, selector: selectors.BaseSelector) -> None:
        del self._callers[connection]
        selector.unregister(connection)
        connection.close()
