"""A real mail server on loopback (aiosmtpd) that keeps what it got and refuses what it is told to."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from homehd.brokers import free_port

USER, PASSWORD = "pager", "s3cret-of-the-mail-server"


@dataclass
class SmtpSink:
    """What came in, and how it behaves.

    Attributes:
        refuse: the answer to the message, or empty to take it.
        refuse_recipient: the answer to a recipient, or empty.
    """

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    refuse: str = ""
    refuse_recipient: str = ""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuse:
            return self.refuse
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        self.recipients += envelope.rcpt_tos
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


@contextmanager
def smtp_sink(tls: ssl.SSLContext | None = None, *, login: bool = False) -> Iterator[SmtpSink]:
    """A mail server on a free port; with `tls` it wants STARTTLS, with `login` USER and PASSWORD."""
    sink = SmtpSink()

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    controller = Controller(
        sink, hostname="127.0.0.1", port=free_port(), tls_context=tls, require_starttls=tls is not None,
        auth_required=login, auth_require_tls=tls is not None, authenticator=authenticate if login else None,
    )  # fmt: skip
    controller.start()
    try:
        sink.port = controller.port
        yield sink
    finally:
        controller.stop()


def tls_context(folder: Path, name: str = "localhost") -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = int(time.time())
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(_moment(now - 60)).not_valid_after(_moment(now + 3600))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
