"""What `homehd doctor` asks of the network: name, port, TLS, in this order, so that the first that fails is named."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import Final

from homehd.finding import Finding
from telemetry import broker_tls
from telemetry.broker_address import BrokerAddress
from telemetry.broker_tls import TlsFiles

TIMEOUT_S: Final = 5.0
# With TLS 1.3 a broker that refuses our certificate says so after the handshake.
LAST_WORD_S: Final = 1.0


def broker(part: str, address: BrokerAddress, files: TlsFiles, now_us: int) -> Iterator[Finding]:
    """Whether a broker can be reached and trusts us. Does not log in: the agent's own session would be cut."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        hint = "is the home's internet there, and is the name right?"
        yield Finding("fail", part, f"{address.host}: the name is not known ({error.strerror or error})", hint)
        return
    try:
        connection = socket.create_connection((address.host, address.port), timeout=TIMEOUT_S)
    except OSError as error:
        text = f"{address}: {error.strerror or error}"
        yield Finding("fail", part, text, f"{found[0][4][0]} does not answer there: firewall, or the broker is down")
        return
    with connection:
        if not address.tls:
            yield Finding("ok", part, f"{address} accepts connections, without TLS")
            return
        yield _tls(part, address, files, connection, now_us)


def _tls(part: str, address: BrokerAddress, files: TlsFiles, connection: socket.socket, now_us: int) -> Finding:
    try:
        with broker_tls.context(files).wrap_socket(connection, server_hostname=address.host) as secured:
            secured.settimeout(LAST_WORD_S)
            try:
                if not secured.recv(1):
                    return Finding("fail", part, f"{address} hangs up after the handshake", "ask the broker's operator")
            except TimeoutError:
                pass  # it waits for us to log in: all is well
            return Finding("ok", part, f"{address} accepts us over {secured.version()}")
    except (ssl.SSLError, OSError) as error:
        return Finding("fail", part, f"{address}: {broker_tls.in_words(error, now_us)}", "")


def listening(host: str, port: int, *, running: bool) -> Finding:
    """Whether the machine's data find their way in: the agent listens there, or could."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE and running:
                return Finding("ok", "port", f"{host}:{port} is listened on for the machine")
            hint = "another program has it" if error.errno == errno.EADDRINUSE else "is it an address of this box?"
            return Finding("fail", "port", f"{host}:{port}: {error.strerror}", hint)
    if running:
        return Finding("fail", "port", f"nobody listens on {host}:{port}", "restart the agent")
    return Finding("ok", "port", f"{host}:{port} is free for the machine")
