"""The part of a renewal that needs `cryptography`, in a process that is over in a second.

`request UNIT IDENTITY` prints a request (base64 of DER) for a new key, which waits beside IDENTITY for its certificate,
a space, and the proof (base64) by the key in IDENTITY; asked again, the same key asks again. `install UNIT IDENTITY
AUTHORITY NOW_US` reads the certificate from standard input, checks it against that key and the authority, and replaces
IDENTITY as a whole.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from edge_agent import private_file, validity
from telemetry.errors import HomehdError


def main(words: Sequence[str]) -> int:
    """0, or 1 with one line on standard error."""
    try:
        if words[0] == "request":
            print(*(b64encode(part).decode() for part in request(words[1], Path(words[2]))))
        else:
            install(words[1], Path(words[2]), Path(words[3]), int(words[4]), sys.stdin.read(64 * 1024))
    except ImportError as error:
        print(f"{error.name} is not installed: pip install 'homehd[enrol]'", file=sys.stderr)
        return 1
    except (HomehdError, OSError) as error:
        print(
            error.line() if isinstance(error, HomehdError) else f"{error.strerror}: {error.filename}", file=sys.stderr
        )
        return 1
    return 0


def waiting_key(identity: Path) -> Path:
    """Where the new key waits for its certificate."""
    return identity.with_name(f".{identity.name}.next")


def request(unit: str, identity: Path) -> tuple[bytes, bytes]:
    """A request by the key that waits, or by a new one, and its proof by the key in use."""
    from edge_agent import credentials

    held = identity.read_bytes()
    asked = credentials.request(_next_key(waiting_key(identity), held), unit)
    return asked, credentials.proof(held, unit, asked)


def _next_key(path: Path, held: bytes) -> bytes:
    from edge_agent import credentials

    with suppress(OSError):
        key = path.read_bytes()
        # One that is in use already was left behind when the power went, after its certificate had come.
        if credentials.is_key(key) and not credentials.same_key(key, held):
            return key
    key = credentials.new_key()
    private_file.replace(path, key)
    return key


def install(unit: str, identity: Path, authority: Path, now_us: int, chain: str) -> None:
    """Take the certificate for the key that waits; CredentialError when it does not fit or lasts no longer."""
    from edge_agent import credentials

    path = waiting_key(identity)
    fresh, until_us = credentials.identity(path.read_bytes(), chain, authority.read_text(), unit, now_us)
    held = validity.of_pem(identity.read_bytes())
    if held is not None and until_us <= held.until_us:
        private_file.remove(path)  # left behind by an earlier life of the box: nothing better ever comes for this key
        raise credentials.CredentialError("check certificate", hint="it lasts no longer than the one in use")
    private_file.replace(identity, fresh)
    private_file.remove(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
