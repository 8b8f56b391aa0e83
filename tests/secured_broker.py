"""A real Mosquitto with the generated configuration, and real certificates to try it with."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from paho.mqtt.enums import CallbackAPIVersion

from homehd import broker_folder
from homehd.brokers import accepts, find, free_port
from homehd.mosquitto_config import RIGHTS, Plan
from registrar import authority, ca_files
from registrar.authority import Authority
from telemetry import broker_address, broker_tls
from telemetry.broker_address import BrokerAddress
from telemetry.broker_tls import TlsFiles
from telemetry.clock import SystemClock

DAY_US = 86_400_000_000
WAIT_S = 10.0


def wait_for(condition: Callable[[], Any], seconds: float = WAIT_S) -> Any:
    """Wait until `condition` gives something true; fail when it does not."""
    pause = threading.Event()
    for _ in range(round(seconds / 0.01)):
        found = condition()
        if found:
            return found
        pause.wait(0.01)
    raise AssertionError("it did not happen in time")


class Elsewhere(Plan):
    """A plan whose services are on other hosts, so that their door is TLS; the test's are on loopback all the same."""

    services_tls = True


class SecuredBroker:
    """Everything in one folder, the broker on two free ports of 127.0.0.1."""

    def __init__(self, folder: Path, kind: type[Plan] = Plan) -> None:
        self.folder = folder
        self.now_us = SystemClock().now_us()
        self.ca = ca_files.create(folder / "ca", self.now_us)
        self.revoked: list[tuple[str, int]] = []
        # As root it would become a user who may not look into a test's folder.
        user = "root" if os.geteuid() == 0 else "mosquitto"
        settings: dict[str, Any] = {
            "folder": folder, "homes": 50, "homes_host": "127.0.0.1", "homes_port": free_port(),
            "services_port": free_port(), "user": user, "persistence": str(folder),
            "key_file": "broker.pem", "pid_file": str(folder / "pid"),
        }  # fmt: skip
        self.plan = kind(**settings)
        broker_folder.write(self.plan, tuple(RIGHTS))
        ca_files.write(folder / "root.pem", self.ca.pem.encode())
        key = authority.new_key()
        server = authority.issue_server(self.ca, ["localhost", "127.0.0.1"], key.public_key(), self.now_us)
        ca_files.write(folder / "broker.pem", ca_files.key_pem(key) + authority.as_pem(server).encode())
        self.write_crl()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def homes(self) -> BrokerAddress:
        return BrokerAddress("127.0.0.1", self.plan.homes_port, tls=True)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def services(self, name: str) -> BrokerAddress:
        """The services' door with that account, as its environment file has it."""
        return broker_address.parse(self.service_url(name))

    def service_url(self, name: str) -> str:
        return (self.folder / f"{name}.env").read_text().strip().removeprefix("HOMEHD_BROKER=")

    def start(self) -> None:
        executable = find("mosquitto")
        with (self.folder / "log").open("ab") as sink:
            self._process = subprocess.Popen(
                [str(executable), "-c", str(self.folder / "mosquitto.conf")],
                stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
            )  # fmt: skip
        wait_for(lambda: accepts(self.plan.services_port) or (self._process and self._process.poll() is not None))
        assert self._process.poll() is None, self.log()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(WAIT_S)
            self._process = None

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def reload(self) -> None:
        """Have it read its files again, and wait until it says so."""
        before = self.log().count("Reloading config")
        os.kill(self.pid, signal.SIGHUP)
        wait_for(lambda: self.log().count("Reloading config") > before)
        threading.Event().wait(0.1)  # it says so before it does so

    def write_crl(self) -> None:
        crl = authority.issue_crl(self.ca, self.revoked, self.now_us, self.now_us + 7 * DAY_US)
        ca_files.write(self.folder / "crl.pem", authority.as_pem(crl).encode(), mode=0o644)

    def revoke(self, files: TlsFiles) -> None:
        """Write it into the list; the broker is not told."""
        certificate = x509.load_pem_x509_certificate(Path(files.cert_file).read_bytes())
        self.revoked.append((authority.serial_of(certificate), self.now_us))
        self.write_crl()

    def unit(self, name: str, *, at_us: int | None = None, days: float = 90, ca: Authority | None = None) -> TlsFiles:
        """A unit's certificate as the registrar would issue it at that time."""
        key = authority.new_key()
        made = authority.issue_unit(ca or self.ca, name, key.public_key(), at_us or self.now_us, days)
        return self.keep(key, made)

    def odd(self, name: str, usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH) -> TlsFiles:
        """A certificate our authority would never issue: any name, any use."""
        key = authority.new_key()
        moment = authority.when(self.now_us)
        subject = [x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else []
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(subject))
            .issuer_name(self.ca.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(moment - authority.BACKDATED)
            .not_valid_after(moment + authority.BACKDATED)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
            .sign(self.ca.key, hashes.SHA256())
        )
        return self.keep(key, made)

    def keep(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> TlsFiles:
        path = self.folder / f"{authority.serial_of(certificate)}.pem"
        ca_files.write(path, authority.as_pem(certificate).encode() + ca_files.key_pem(key))
        return TlsFiles(str(self.folder / "root.pem"), str(path), str(path))


class Client:
    """An MQTT client that remembers what happened to it."""

    def __init__(
        self,
        address: BrokerAddress,
        files: TlsFiles | None = None,
        *,
        client_id: str = "anything",
        will: str = "",
        clean: bool = True,
        context: Any = None,
        **options: Any,
    ) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.granted: list[str] = []
        self.answer = ""
        self.gone = threading.Event()
        self._answered = threading.Event()
        version5 = options.get("protocol") == mqtt.MQTTv5
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id, reconnect_on_failure=False,
            **({} if version5 else {"clean_session": clean}), **options,
        )  # fmt: skip
        if will:
            self.client.will_set(will, b"the will", qos=1, retain=True)
        if address.username:
            self.client.username_pw_set(address.username, address.password)
        self._tls = context
        if files is not None:
            self._tls = broker_tls.context(files)
        if self._tls is not None:
            self.client.tls_set_context(self._tls)
        self.client.on_connect = self._connected
        self.client.on_disconnect = self._disconnected
        self.client.on_message = lambda _c, _d, message: self.heard.append((message.topic, bytes(message.payload)))
        self.client.on_subscribe = lambda _c, _d, _i, codes, _p: self.granted.extend(map(str, codes))
        try:
            self.client.connect(address.host, address.port, 20)
        except OSError as error:
            self.answer = broker_tls.in_words(error, SystemClock().now_us())
            self.gone.set()
            return
        self.client.loop_start()
        assert self._answered.wait(WAIT_S)

    @property
    def connected(self) -> bool:
        return self.answer == "Success" and not self.gone.is_set()

    def subscribe(self, *patterns: str) -> list[str]:
        before = len(self.granted)
        self.client.subscribe([(pattern, 1) for pattern in patterns])
        wait_for(lambda: len(self.granted) >= before + len(patterns) or self.gone.is_set())
        return self.granted[before:]

    def publish(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> None:
        """At QoS 1, and wait for the broker's receipt, so that whatever becomes of it has happened."""
        self.client.publish(topic, payload, 1, retain).wait_for_publish(WAIT_S)

    def topics(self) -> list[str]:
        return [topic for topic, _ in self.heard]

    def vanish(self) -> None:
        """Cut the line without a word."""
        self.client.socket().shutdown(2)  # type: ignore[union-attr]
        wait_for(self.gone.is_set)

    def end(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _connected(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self.answer = str(code)
        self._answered.set()

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        alert = getattr(self._tls, "alert", None)
        if not self.answer:
            self.answer = broker_tls.in_words(alert, 0) if alert else str(code)
        self.gone.set()
        self._answered.set()


def hear(listener: Client, writer: Client, topic: str, among: Sequence[str] = ()) -> list[str]:
    """What `listener` has heard by the time it hears `writer` on `topic`, without the topics `among` and this one."""
    writer.publish(topic, b"mark")
    wait_for(lambda: (topic, b"mark") in listener.heard)
    return [heard for heard in listener.topics() if heard != topic and heard not in among]
