"""A box enrols with a real registrar over real TLS, whatever happens in between."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_agent import credentials, enrolment, renewal_child
from edge_agent.config import load
from edge_agent.credentials import CredentialError
from edge_agent.enrolment import Enrolled, EnrolmentError
from homehd.brokers import free_port
from registrar import authority as ca
from registrar import ca_files, issuing, server
from registrar.app import create_app
from registrar.attempts import LIMIT
from registrar.desk import Desk
from registrar.metrics import Metrics
from store import certificates, pool, registry
from store.pool import Connection
from telemetry.clock import ManualClock, SystemClock
from telemetry.enrolment import EnrolmentCode

NOW_US = SystemClock().now_us()
DAY_US = 86_400_000_000
SETTINGS = """
unit = "{unit}"
shard = {shard}
broker = "mqtts://broker.example.org:8883"
[machine]
protocol = "jsdt"
profile = "v1"
port = "/dev/ttyUSB0"
[outbox]
path = "outbox.sqlite"
[uplink]
ca_file = "ca.pem"
cert_file = "identity.pem"
key_file = "identity.pem"
"""


class Registrar:
    """The HTTPS door of a registrar, in this process."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.clock = ManualClock(NOW_US)
        self.authority = ca.create_root(NOW_US - DAY_US)
        self.desk = Desk(database_url, self.authority, self.clock)
        self.pair(folder / "server.pem", self.authority)
        self.tls = server.tls_context(folder / "server.pem")
        self.port = free_port()
        self.start()

    @staticmethod
    def pair(path: Path, authority: ca.Authority, names: tuple[str, ...] = ("localhost", "127.0.0.1")) -> None:
        key = ca.new_key()
        leaf = ca.issue_server(authority, names, key.public_key(), NOW_US)
        ca_files.write(path, ca_files.key_pem(key) + ca.as_pem(leaf).encode())

    def start(self) -> None:
        self.stop, ready = threading.Event(), threading.Event()
        app = create_app(self.desk, self.clock, Metrics())
        where = ("127.0.0.1", self.port)
        self.thread = threading.Thread(
            target=server.serve, args=(app, where, self.tls, self.stop, lambda _: ready.set())
        )
        self.thread.start()
        assert ready.wait(10)

    def end(self) -> None:
        self.stop.set()
        self.thread.join(10)
        self.desk.close()


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


@pytest.fixture
def unit(conn: Connection) -> registry.Unit:
    return registry.add_unit(conn, "Home 1", "North", NOW_US)


@pytest.fixture
def registrar(database_url: str, tmp_path: Path) -> Iterator[Registrar]:
    registrar = Registrar(database_url, tmp_path)
    yield registrar
    registrar.end()


def new_code(conn: Connection, registrar: Registrar, unit: registry.Unit) -> EnrolmentCode:
    settings = SETTINGS.format(unit=unit.name, shard=unit.shard)
    with pool.transaction(conn):
        where = f"127.0.0.1:{registrar.port}"
        return issuing.new_code(conn, where, unit.name, registrar.authority.fingerprint, settings, NOW_US)


def enrol(code: EnrolmentCode, folder: Path, now_us: int = NOW_US) -> Enrolled:
    return enrolment.enrol(code, folder, ManualClock(now_us))


def test_a_code_makes_a_box_ready(conn: Connection, registrar: Registrar, unit: registry.Unit, tmp_path: Path) -> None:
    box = tmp_path / "box"
    done = enrol(new_code(conn, registrar, unit), box)
    assert done == Enrolled(unit.name, box / "edge.toml", done.until_us, kept=False)
    assert abs(done.until_us - NOW_US - 90 * DAY_US) < 1_000_000
    assert load(box / "edge.toml").uplink.cert_file == str(box / "identity.pem")
    assert (box / "identity.pem").stat().st_mode & 0o777 == 0o600
    assert (box / "ca.pem").read_text() == registrar.authority.pem
    [held] = certificates.certificates(conn)
    assert held.pem in (box / "identity.pem").read_text()
    assert sorted(path.name for path in box.iterdir()) == [".enrolled", "ca.pem", "edge.toml", "identity.pem"]


def test_the_same_command_again_finds_all_well(
    conn: Connection, registrar: Registrar, unit: registry.Unit, tmp_path: Path
) -> None:
    code, box = new_code(conn, registrar, unit), tmp_path / "box"
    first = enrol(code, box)
    before = (box / "identity.pem").read_bytes()
    again = enrol(code, box)
    assert (again.already, again.kept, again.until_us) == (True, True, first.until_us)
    assert (box / "identity.pem").read_bytes() == before
    assert not list(box.glob(".enrolment-*"))
    with pytest.raises(EnrolmentError, match="this code was used by another box"):
        enrol(code, tmp_path / "another")
    with pool.transaction(conn):
        issuing.revoke(conn, unit.name, NOW_US)
    with pytest.raises(EnrolmentError, match="ask for the newest one"):
        enrol(code, box)


class PowerCut(BaseException):
    """Ends whatever is being done."""


def test_the_power_may_go_at_any_step(
    conn: Connection, registrar: Registrar, unit: registry.Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut before the n-th step that reaches the disk, then run again: n from 1 until none is left."""
    steps = {name: getattr(os, name) for name in ("fsync", "open", "unlink")} | {"replace": Path.replace}
    left = [0]

    def cutting(real: Any) -> Any:
        def step(*words: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise PowerCut
            return real(*words, **more)

        return step

    for cut in range(1, 200):
        code, box = new_code(conn, registrar, unit), tmp_path / "box"
        left[0] = cut
        with monkeypatch.context() as patched:
            for name in ("fsync", "open", "unlink"):
                patched.setattr(os, name, cutting(steps[name]))
            patched.setattr(Path, "replace", cutting(steps["replace"]))
            with suppress(PowerCut):
                enrol(code, box)
        finished = left[0] > 0
        done = enrol(code, box)
        assert load(done.config).unit == unit.name
        key = (box / "identity.pem").read_bytes()
        [held] = [one for one in certificates.certificates_of(conn, unit.unit_id) if one.revoked_us is None]
        credentials.identity(key, held.pem, (box / "ca.pem").read_text(), unit.name, NOW_US)
        assert not [path for path in box.iterdir() if path.name.endswith((".key", ".new"))]
        shutil.rmtree(box)
        with pool.transaction(conn):
            issuing.revoke(conn, unit.name, NOW_US)
        if finished:
            break
    assert finished and cut > 15


class Lossy:
    """A line that carries everything, but loses the answer on its n-th connection, and then breaks.

    What the server says before the client's second word is its half of the handshake; after that comes the answer.
    """

    def __init__(self, port: int, lose: int, answered: Callable[[], bool]) -> None:
        self._target, self._lose, self._answered = port, lose, answered
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        seen = 0
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                seen += 1
                threading.Thread(target=self._carry, args=(near, seen == self._lose), daemon=True).start()

    def _carry(self, near: socket.socket, lose: bool) -> None:
        far = socket.create_connection(("127.0.0.1", self._target))
        words = [0]

        def up() -> None:
            with suppress(OSError):
                while data := near.recv(65536):
                    words[0] += 1
                    far.sendall(data)

        threading.Thread(target=up, daemon=True).start()
        with suppress(OSError):
            while (data := far.recv(65536)) and not (lose and words[0] > 1):
                near.sendall(data)
        pause = threading.Event()
        while lose and not self._answered():
            pause.wait(0.01)
        for end in (near, far):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def test_an_answer_that_was_lost_is_given_again(
    conn: Connection, registrar: Registrar, unit: registry.Unit, tmp_path: Path
) -> None:
    line = Lossy(registrar.port, 2, lambda: certificates.ends(conn) != {})
    code = msgspec.structs.replace(new_code(conn, registrar, unit), where=f"127.0.0.1:{line.port}")
    with pytest.raises(EnrolmentError, match="not reachable"):
        enrol(code, tmp_path / "box")
    [issued] = certificates.certificates(conn)
    assert not (tmp_path / "box" / "identity.pem").exists(), "the box does not know yet"
    with pytest.raises(EnrolmentError, match="used by another box"):
        enrol(code, tmp_path / "thief")
    enrol(code, tmp_path / "box")
    assert issued.pem in (tmp_path / "box" / "identity.pem").read_text()
    assert certificates.certificates(conn) == [issued]
    line.close()


def test_whoever_is_not_the_registrar_never_hears_the_code(
    conn: Connection, registrar: Registrar, unit: registry.Unit, tmp_path: Path
) -> None:
    code, box = new_code(conn, registrar, unit), tmp_path / "box"
    wrong = msgspec.structs.replace(code, fingerprint=bytes(32))
    with pytest.raises(CredentialError, match="somebody stand between"):
        enrol(wrong, box)
    # Somebody who passes the real authority on, and has no certificate of it.
    registrar.pair(tmp_path / "evil.pem", ca.create_root(NOW_US))
    registrar.tls.load_cert_chain(tmp_path / "evil.pem")
    with pytest.raises(EnrolmentError, match="the code was not sent"):
        enrol(code, box)
    # One that has a certificate of the authority, for another name, or for another use.
    registrar.pair(tmp_path / "other.pem", registrar.authority, ("other.example.org",))
    registrar.tls.load_cert_chain(tmp_path / "other.pem")
    with pytest.raises(EnrolmentError, match="the code was not sent"):
        enrol(code, box)
    key = ca.new_key()
    leaf = ca.issue_unit(registrar.authority, "k7m2qx4d", key.public_key(), NOW_US)
    ca_files.write(tmp_path / "unit.pem", ca_files.key_pem(key) + ca.as_pem(leaf).encode())
    registrar.tls.load_cert_chain(tmp_path / "unit.pem")
    with pytest.raises(EnrolmentError, match="the code was not sent"):
        enrol(code, box)
    assert certificates.certificates(conn) == []
    registrar.pair(tmp_path / "good.pem", registrar.authority)
    registrar.tls.load_cert_chain(tmp_path / "good.pem")
    assert enrol(code, box).unit == unit.name


def test_clear_words_for_what_goes_wrong(
    conn: Connection, registrar: Registrar, unit: registry.Unit, tmp_path: Path
) -> None:
    box = tmp_path / "box"
    first = new_code(conn, registrar, unit)
    with pytest.raises(EnrolmentError, match=r"this box's clock says 1970-01-01 – .*set the clock"):
        enrol(first, box, now_us=3_600_000_000)
    code = new_code(conn, registrar, unit)
    with pytest.raises(EnrolmentError, match="this code was withdrawn"):
        enrol(first, box)
    with pytest.raises(EnrolmentError, match="no such code"):
        enrol(msgspec.structs.replace(code, secret="a" * 26), box)
    registrar.clock.advance(8 * 86_400)
    with pytest.raises(EnrolmentError, match="this code has expired"):
        enrol(code, box)
    registry.revoke_unit(conn, unit.name, NOW_US)
    with pytest.raises(EnrolmentError, match="this unit was revoked"):
        enrol(code, box)
    for where in (f"127.0.0.1:{free_port()}", "no-such-host.invalid:443"):
        with pytest.raises(EnrolmentError, match="is the network up") as caught:
            enrol(msgspec.structs.replace(code, where=where), box)
        assert caught.value.recoverable and code.secret not in caught.value.line()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        short = msgspec.structs.replace(code, where=f"127.0.0.1:{mute.getsockname()[1]}")
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(enrolment, "TIMEOUT_S", 0.2)
            with pytest.raises(EnrolmentError, match="no answer: try again"):
                enrol(short, box)
    assert not (box / "identity.pem").exists()


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        ("503 Service Unavailable", "", "busy: try again in a minute"),
        ("429 Too Many Requests", "Retry-After: 541\r\n", "busy: try again in 10 minutes"),
        ("503 Service Unavailable", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", "busy: try again in a minute"),
        ("404 Not Found", "", r"no registrar answers there \(HTTP 404\)"),
        ("", "", r"it hung up\): perhaps busy, try again in a minute"),
    ],
)
def test_a_busy_registrar_is_called_busy(tmp_path: Path, status: str, headers: str, said: str) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    Registrar.pair(tmp_path / "server.pem", ca.create_root(NOW_US))
    tls.load_cert_chain(tmp_path / "server.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            line = listener.accept()[0]
            if not status:
                line.close()
                return
            with suppress(OSError), tls.wrap_socket(line, server_side=True) as wrapped:
                wrapped.recv(4096)
                wrapped.sendall(f"HTTP/1.1 {status}\r\n{headers}Content-Length: 4\r\n\r\nbusy".encode())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        code = EnrolmentCode(f"127.0.0.1:{listener.getsockname()[1]}", "k7m2qx4d", "a" * 26, bytes(32))
        with pytest.raises(EnrolmentError, match=said) as caught:
            enrol(code, tmp_path / "box")
        assert caught.value.recoverable == ("404" not in status)
        thread.join(5)


def test_too_many_wrong_codes_say_for_how_long(
    conn: Connection, registrar: Registrar, unit: registry.Unit, tmp_path: Path
) -> None:
    code = new_code(conn, registrar, unit)
    for _ in range(LIMIT):
        with pytest.raises(EnrolmentError, match="no such code"):
            enrol(msgspec.structs.replace(code, secret="a" * 26), tmp_path / "other")
    with pytest.raises(EnrolmentError, match="wrong codes from this address: try again in 10 minutes") as caught:
        enrol(code, tmp_path / "box")
    assert caught.value.recoverable


def test_a_folder_of_another_unit_is_left_alone(
    conn: Connection, registrar: Registrar, unit: registry.Unit, tmp_path: Path
) -> None:
    enrol(new_code(conn, registrar, unit), tmp_path / "box")
    other = registry.add_unit(conn, "Home 2", None, NOW_US)
    with pytest.raises(EnrolmentError, match=f"belongs to unit {unit.name}"):
        enrol(new_code(conn, registrar, other), tmp_path / "box")


def test_enrolled_again_it_keeps_what_a_technician_put_right(
    conn: Connection, registrar: Registrar, unit: registry.Unit, tmp_path: Path
) -> None:
    box = tmp_path / "box"
    enrol(new_code(conn, registrar, unit), box)
    config = box / "edge.toml"
    right = config.read_text().replace("/dev/ttyUSB0", "/dev/serial/by-id/usb-1")
    config.write_text(right)
    key = (box / "identity.pem").read_bytes()
    with pool.transaction(conn):
        issuing.revoke(conn, unit.name, NOW_US)
    done = enrol(new_code(conn, registrar, unit), box)
    assert done.kept and not done.already and config.read_text() == right
    assert not credentials.same_key((box / "identity.pem").read_bytes(), key)
    # One that pointed to a broker without certificates gives way, and is kept beside it.
    config.write_text(right.replace("mqtts", "mqtt").partition("[uplink]")[0])
    with pool.transaction(conn):
        issuing.revoke(conn, unit.name, NOW_US)
    assert not enrol(new_code(conn, registrar, unit), box).kept
    assert "/dev/serial" in (box / "edge.toml.before").read_text()
    assert load(config).broker.startswith("mqtts://")


def test_a_renewal_that_was_under_way_ends_with_the_enrolment(
    conn: Connection, registrar: Registrar, unit: registry.Unit, tmp_path: Path
) -> None:
    box = tmp_path / "box"
    enrol(new_code(conn, registrar, unit), box)
    renewal_child.request(unit.name, box / "identity.pem")
    assert renewal_child.waiting_key(box / "identity.pem").exists()
    enrol(new_code(conn, registrar, unit), box)
    assert not renewal_child.waiting_key(box / "identity.pem").exists()


def test_a_code_used_elsewhere_is_not_taken_for_ours(
    conn: Connection, registrar: Registrar, unit: registry.Unit, tmp_path: Path
) -> None:
    """The old box, with the code of the one that replaced it."""
    enrol(new_code(conn, registrar, unit), tmp_path / "old")
    with pool.transaction(conn):
        issuing.revoke(conn, unit.name, NOW_US)
    code = new_code(conn, registrar, unit)
    enrol(code, tmp_path / "new")
    with pytest.raises(EnrolmentError, match="used by another box"):
        enrol(code, tmp_path / "old")


def test_settings_this_box_cannot_use_are_not_written(
    conn: Connection, registrar: Registrar, unit: registry.Unit, tmp_path: Path
) -> None:
    for settings, said in (
        ("colour = 1", "as new as the server's"),
        (SETTINGS.format(unit="another1", shard=1), "expected"),
    ):
        with pool.transaction(conn):
            where, fingerprint = f"127.0.0.1:{registrar.port}", registrar.authority.fingerprint
            code = issuing.new_code(conn, where, unit.name, fingerprint, settings, NOW_US)
        with pytest.raises(EnrolmentError, match=said):
            enrol(code, tmp_path / "box")
        assert not (tmp_path / "box" / "identity.pem").exists()


def test_tls_1_2_is_not_spoken(tmp_path: Path) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    Registrar.pair(tmp_path / "server.pem", ca.create_root(NOW_US))
    old.load_cert_chain(tmp_path / "server.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                old.wrap_socket(listener.accept()[0], server_side=True).close()

        threading.Thread(target=serve, daemon=True).start()
        code = EnrolmentCode(f"127.0.0.1:{listener.getsockname()[1]}", "k7m2qx4d", "a" * 26, bytes(32))
        with pytest.raises(EnrolmentError, match="not reachable"):
            enrol(code, tmp_path / "box")
