"""What a broker does is looked at from outside: also when its files and its log say that all is well."""

from __future__ import annotations

import ssl
from pathlib import Path

import msgspec
import pytest

from homehd.brokers import free_port
from registrar.broker_probe import Doors, lets_in, overhears
from tests.secured_broker import SecuredBroker


def doors(secured: SecuredBroker) -> Doors:
    return Doors(secured.homes, secured.services("registrar"))


def test_a_good_certificate_gets_in_and_hears_only_itself(secured: SecuredBroker) -> None:
    probe = secured.unit("svcprobe")
    assert lets_in(secured.homes, probe)
    assert not overhears(doors(secured), probe, "svcprobe")


@pytest.mark.parametrize("content", [None, b"", b"garbage", "half"])
def test_a_revocation_list_that_cannot_be_read_opens_the_door(
    secured: SecuredBroker, content: bytes | str | None
) -> None:
    # Mosquitto 2.0.11 goes on without any list when a reload fails. This is why there is a probe.
    files, path = secured.unit("box-a"), secured.folder / "crl.pem"
    secured.revoke(files)
    secured.reload()
    assert not lets_in(secured.homes, files)
    good = path.read_bytes()
    spoil(path, good[: len(good) // 2] if content == "half" else content)
    secured.reload()
    assert lets_in(secured.homes, files)
    path.write_bytes(good)
    secured.reload()
    assert not lets_in(secured.homes, files)


def test_an_access_list_that_cannot_be_read_gives_everybody_every_right(secured: SecuredBroker) -> None:
    probe, path = secured.unit("svcprobe"), secured.folder / "acl_homes"
    good = path.read_bytes()
    spoil(path, None)
    secured.reload()
    assert overhears(doors(secured), probe, "svcprobe")
    path.write_bytes(good)
    secured.reload()
    assert not overhears(doors(secured), probe, "svcprobe")


def test_what_cannot_be_told_is_an_error_and_no_answer(secured: SecuredBroker) -> None:
    files = secured.unit("box-a")
    with pytest.raises(ConnectionRefusedError):
        lets_in(msgspec.structs.replace(secured.homes, port=free_port()), files)
    expired = secured.unit("box-a", at_us=secured.now_us - 200 * 86_400_000_000)
    with pytest.raises(ssl.SSLError, match="EXPIRED"):
        lets_in(secured.homes, expired)
    closed = Doors(secured.homes, msgspec.structs.replace(secured.services("registrar"), password="guess"))
    with pytest.raises(OSError):
        overhears(closed, files, "box-a")
    with pytest.raises(OSError):
        overhears(doors(secured), expired, "box-a")


def spoil(path: Path, content: bytes | str | None) -> None:
    path.unlink()
    if isinstance(content, bytes):
        path.write_bytes(content)
