"""TLS towards a broker: what we insist on, and what a failure means in words. The standard library's `ssl`, no more."""

from __future__ import annotations

import ssl
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from telemetry.errors import HomehdError

# A line that hangs in the middle of a handshake is given up after this; paho would wait for a whole keep-alive.
HANDSHAKE_S: Final = 5.0
_NOT_YET_VALID, _EXPIRED, _HOSTNAME, _ADDRESS = 9, 10, 62, 64  # X509_V_ERR_… of OpenSSL
_STRANGERS: Final = frozenset({2, 18, 19, 20, 21})  # no way from the certificate to an authority that we know
# With TLS 1.3 the broker judges our certificate when the handshake is over for us: its alert comes with the first read.
_ALERTS: Final = {
    "CERTIFICATE_REVOKED": "the broker refuses our certificate: it is revoked",
    "CERTIFICATE_EXPIRED": "the broker refuses our certificate: expired, or its own revocation list is",
    "CERTIFICATE_REQUIRED": "the broker wants a certificate and we have none: run `homehd enrol`",
    "CERTIFICATE_UNKNOWN": "the broker refuses our certificate",
    "BAD_CERTIFICATE": "the broker refuses our certificate: not valid yet by the broker's clock, or damaged",
    "UNSUPPORTED_CERTIFICATE": "the broker refuses our certificate: it was issued for another use",
    "DECRYPT_ERROR": "the broker refuses our certificate: its signature is not our authority's",
    "UNKNOWN_CA": "the broker does not know the authority that issued our certificate",
    # Mosquitto says this, too, to everybody when a reload could not read its key: a context without a pair has no 1.3.
    "PROTOCOL_VERSION": "the broker does not speak TLS 1.3, or could not read its own key",
    "WRONG_VERSION_NUMBER": "what answers there does not speak TLS",
}


class TlsFiles(msgspec.Struct, frozen=True):
    """PEM files: the authority the broker's certificate must come from (empty = the system's), our own pair or none."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""


class BrokerSocket(ssl.SSLSocket):
    """A TLS socket that keeps the broker's last word, which paho would replace by "unspecified error"."""

    def do_handshake(self, block: bool = False) -> None:
        """As always, but a line that hangs is given up after `HANDSHAKE_S`."""
        self.settimeout(HANDSHAKE_S)
        super().do_handshake(block)

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002 – the name is ssl's
        """As always; an alert is noted at the context on its way up."""
        try:
            return super().read(len, buffer)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            if isinstance(self.context, BrokerContext):
                self.context.alert = error
            raise

    def send(self, data: Any, flags: int = 0) -> int:
        """As always; a broker that has hung up may have said why, in what was not read yet."""
        try:
            return super().send(data, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError:
            with suppress(OSError, ValueError):
                self.read(1)
            raise


class BrokerContext(ssl.SSLContext):
    """TLS 1.3 to a server whose name and authority are checked.

    Attributes:
        alert: what the broker's side of the last connection said when it ended it, or None.
    """

    sslsocket_class = BrokerSocket
    alert: ssl.SSLError | None = None


def context(files: TlsFiles) -> BrokerContext:
    """A context made from the files as they are now; HomehdError naming the file that does not serve.

    Make a new one for every connection: certificates are renewed on disk while the process runs.
    """
    made = BrokerContext(ssl.PROTOCOL_TLS_CLIENT)  # this protocol checks the certificate and the name
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        if files.ca_file:
            made.load_verify_locations(cafile=files.ca_file)
        else:
            made.load_default_certs()
    except OSError as error:
        raise _unusable(files.ca_file or "the system's authorities", error) from error
    try:
        if files.cert_file:
            # Without a password an encrypted key would have OpenSSL ask at the terminal, and wait there.
            made.load_cert_chain(files.cert_file, files.key_file or None, password="")
    except OSError as error:
        raise _unusable(f"{files.cert_file} with key {files.key_file or 'in it'}", error) from error
    return made


def in_words(error: BaseException, now_us: int) -> str:
    """Why a connection failed, for the log and for the technician; `now_us` is what our clock says."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _distrust(error, now_us)
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        return next((words for alert, words in _ALERTS.items() if reason.endswith(alert)), f"TLS failed: {reason}")
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _distrust(error: ssl.SSLCertVerificationError, now_us: int) -> str:
    today = datetime.fromtimestamp(now_us / 1e6, UTC)
    if error.verify_code == _NOT_YET_VALID:
        # A box without a clock battery starts in 1970 and cannot judge any certificate: time comes first (NTP).
        return f"the clock says {today.year}: certificate not yet valid; waiting for the time"
    if error.verify_code == _EXPIRED:
        return f"the broker's certificate has expired (the clock says {today:%Y-%m-%d})"
    if error.verify_code in _STRANGERS:
        return "the broker's certificate is not from the authority that we know"
    if error.verify_code in (_HOSTNAME, _ADDRESS):
        return f"the broker's certificate is for another name: {error.verify_message}"
    return f"the broker's certificate is not accepted: {error.verify_message}"


def _unusable(what: str, error: OSError) -> HomehdError:
    reason = getattr(error, "reason", None) or error.strerror or str(error)
    hint = "the key belongs to another certificate" if reason == "KEY_VALUES_MISMATCH" else reason
    return HomehdError("read TLS files", what, hint=hint, recoverable=True)
