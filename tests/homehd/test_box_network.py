"""Name, port, TLS: the first that fails is named, and a broker that refuses our certificate is heard."""

from __future__ import annotations

import datetime
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from homehd import box_network
from homehd.brokers import free_port
from telemetry.broker_address import BrokerAddress
from telemetry.broker_tls import TlsFiles
from telemetry.clock import SystemClock

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])


def pair(folder: Path, name: str) -> Path:
    """A certificate that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.fromtimestamp(SystemClock().now_us() / 1e6, datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(key.public_key()).serial_number(7)
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


class Server:
    """Takes one TLS connection and says nothing, as a broker does that waits for CONNECT."""

    def __init__(self, own: Path, wants: Path | None = None, hang_up: bool = False) -> None:
        import socket

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own)
        if wants is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(wants)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._hang_up = hang_up
        self._context = context
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        try:
            with self._context.wrap_socket(connection, server_side=True) as secured:
                if not self._hang_up:
                    secured.recv(1)
        except OSError:
            pass
        self._listener.close()


def ask(port: int, files: TlsFiles, host: str = "localhost", tls: bool = True) -> tuple[str, str]:
    now_us = SystemClock().now_us()
    (finding,) = box_network.broker("broker", BrokerAddress(host, port, tls), files, now_us)
    return finding.level, finding.text


@pytest.fixture
def broker_pem(tmp_path: Path) -> Path:
    return pair(tmp_path, "broker")


def test_a_broker_that_trusts_us(broker_pem: Path) -> None:
    level, text = ask(Server(broker_pem).port, TlsFiles(ca_file=str(broker_pem)))
    assert (level, "TLSv1.3" in text) == ("ok", True)


def test_a_broker_of_another_authority(broker_pem: Path, tmp_path: Path) -> None:
    other = pair(tmp_path, "other")
    level, text = ask(Server(broker_pem).port, TlsFiles(ca_file=str(other)))
    assert (level, "not from the authority" in text) == ("fail", True)


def test_a_broker_that_refuses_our_certificate_is_heard(broker_pem: Path, tmp_path: Path) -> None:
    ours, known = pair(tmp_path, "ours"), pair(tmp_path, "known")
    files = TlsFiles(str(broker_pem), str(ours), str(ours))
    assert ask(Server(broker_pem, wants=known).port, files)[0] == "fail"
    assert ask(Server(broker_pem, wants=ours).port, files)[0] == "ok"


def test_a_broker_that_wants_one_and_we_have_none(broker_pem: Path) -> None:
    level, text = ask(Server(broker_pem, wants=broker_pem).port, TlsFiles(ca_file=str(broker_pem)))
    assert (level, "homehd enrol" in text) == ("fail", True)


def test_a_broker_that_hangs_up(broker_pem: Path) -> None:
    assert "hangs up" in ask(Server(broker_pem, hang_up=True).port, TlsFiles(ca_file=str(broker_pem)))[1]


def test_nobody_there() -> None:
    level, text = ask(free_port(), TlsFiles(), tls=False)
    assert (level, "Connection refused" in text) == ("fail", True)


def test_a_place_for_the_machine_to_connect_to() -> None:
    import socket

    port = free_port()
    assert box_network.listening("127.0.0.1", port, running=False).level == "ok"
    assert box_network.listening("127.0.0.1", port, running=True).level == "fail"
    with socket.create_server(("127.0.0.1", port)):
        assert box_network.listening("127.0.0.1", port, running=True).level == "ok"
        assert "another program" in box_network.listening("127.0.0.1", port, running=False).hint
    assert "address of this box" in box_network.listening("192.0.2.1", port, running=False).hint
