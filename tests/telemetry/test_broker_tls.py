"""What TLS failures mean in words; certificates from files as they are. The broker's side: tests/integration."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from registrar import authority, ca_files
from telemetry import broker_tls
from telemetry.broker_tls import TlsFiles
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError
from tests.conftest import require

DAY_US = 86_400_000_000
NOW_US = SystemClock().now_us()


@pytest.fixture(scope="module")
def ca() -> authority.Authority:
    return authority.create_root(NOW_US)


@pytest.fixture
def files(ca: authority.Authority, tmp_path: Path) -> TlsFiles:
    key = authority.new_key()
    unit = authority.issue_unit(ca, "box-a", key.public_key(), NOW_US)
    (tmp_path / "root.pem").write_text(ca.pem)
    (tmp_path / "box.pem").write_text(authority.as_pem(unit))
    (tmp_path / "box.key").write_bytes(ca_files.key_pem(key))
    return TlsFiles(*(str(tmp_path / name) for name in ("root.pem", "box.pem", "box.key")))


@pytest.fixture
def serve(ca: authority.Authority, tmp_path: Path) -> Iterator[Callable[..., int]]:
    """A TLS server with a certificate of our authority; its port."""
    done = threading.Event()
    servers: list[socket.socket] = []

    def begin(
        *names: str, at_us: int = NOW_US, days: float = 90, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    ) -> int:
        key = authority.new_key()
        made = authority.issue_server(ca, names or ("localhost", "127.0.0.1"), key.public_key(), at_us, days)
        pem = tmp_path / "server.pem"
        pem.write_bytes(authority.as_pem(made).encode() + ca_files.key_pem(key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = newest
        context.load_cert_chain(pem)
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def answer() -> None:
            while not done.is_set():
                try:
                    connection, _ = server.accept()
                    context.wrap_socket(connection, server_side=True).close()
                except OSError:
                    continue

        threading.Thread(target=answer, daemon=True).start()
        return int(server.getsockname()[1])

    yield begin
    done.set()
    for server in servers:
        server.close()


def said(port: int, files: TlsFiles, host: str = "localhost", now_us: int = NOW_US) -> str:
    """Why a handshake fails, empty when it does not."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
            broker_tls.context(files).wrap_socket(plain, server_hostname=host).close()
    except OSError as error:
        return broker_tls.in_words(error, now_us)
    return ""


def test_a_server_of_ours_is_trusted_by_its_names_only(serve: Callable[..., int], files: TlsFiles) -> None:
    port = serve()
    assert said(port, files) == "" and said(port, files, "127.0.0.1") == ""
    assert "another name" in said(port, files, "broker.example.org")
    assert "another name" in said(port, files, "10.0.0.1")


def test_a_server_whose_certificate_does_not_serve_is_told_in_words(
    serve: Callable[..., int], files: TlsFiles, tmp_path: Path
) -> None:
    assert said(serve(at_us=NOW_US - 100 * DAY_US, days=30), files).startswith("the broker's certificate has expired")
    early = said(serve(at_us=NOW_US + 10 * DAY_US), files, now_us=5_000_000)
    assert early == "the clock says 1970: certificate not yet valid; waiting for the time"
    (tmp_path / "other.pem").write_text(authority.create_root(NOW_US).pem)
    assert "not from the authority" in said(serve(), TlsFiles(str(tmp_path / "other.pem")))
    assert "not from the authority" in said(serve(), TlsFiles())
    assert "does not speak TLS 1.3" in said(serve(newest=ssl.TLSVersion.TLSv1_2), files)


def test_what_speaks_no_tls_and_what_is_not_there(files: TlsFiles) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def shout() -> None:
            connection, _ = server.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=shout, daemon=True).start()
        port = server.getsockname()[1]
        assert "does not speak TLS" in said(port, files)
    assert "refused" in said(port, files)


def test_a_handshake_that_hangs_is_given_up(files: TlsFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_tls, "HANDSHAKE_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert "timed out" in said(mute.getsockname()[1], files)


def test_a_box_whose_clock_is_at_1970_says_so(serve: Callable[..., int], files: TlsFiles) -> None:
    require(Path("/usr/bin/faketime").exists(), "faketime", "apt-get install faketime")
    script = (
        "import socket, sys\n"
        "from telemetry import broker_tls\n"
        "from telemetry.clock import SystemClock\n"
        "context = broker_tls.context(broker_tls.TlsFiles(*sys.argv[2:]))\n"
        "try:\n"
        "    plain = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
        "    context.wrap_socket(plain, server_hostname='localhost')\n"
        "except OSError as error:\n"
        "    print(broker_tls.in_words(error, SystemClock().now_us()))\n"
    )
    words = ["/usr/bin/faketime", "1970-01-01 00:01:00", sys.executable, "-c", script, str(serve())]
    done = subprocess.run(
        [*words, files.ca_file, files.cert_file, files.key_file],
        capture_output=True, text=True, timeout=60, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout == "the clock says 1970: certificate not yet valid; waiting for the time\n"


def test_files_that_do_not_serve_are_named(files: TlsFiles, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    other.write_bytes(ca_files.key_pem(authority.new_key()))
    (tmp_path / "empty").write_text("")
    for wrong, hint in (
        (TlsFiles("/nowhere/ca.pem"), "/nowhere/ca.pem – No such file"),
        (TlsFiles(str(tmp_path / "empty")), "empty – "),
        (TlsFiles(files.ca_file, "/nowhere/box.pem", files.key_file), "/nowhere/box.pem"),
        (TlsFiles(files.ca_file, files.cert_file, str(other)), "the key belongs to another certificate"),
        (TlsFiles(files.ca_file, files.cert_file, str(tmp_path / "empty")), "empty"),
    ):
        with pytest.raises(HomehdError) as caught:
            broker_tls.context(wrong)
        assert hint in caught.value.line() and caught.value.recoverable


def test_an_encrypted_key_does_not_ask_at_the_terminal(files: TlsFiles, tmp_path: Path) -> None:
    locked = tmp_path / "locked.key"
    locked.write_bytes(ca_files.key_pem(authority.new_key(), "secret"))
    with pytest.raises(HomehdError, match="locked"):
        broker_tls.context(TlsFiles(files.ca_file, files.cert_file, str(locked)))
