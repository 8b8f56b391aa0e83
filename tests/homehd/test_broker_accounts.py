"""Passwords that Mosquitto knows; the real one checks them in tests/integration/test_broker_security.py."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from homehd import broker_accounts
from telemetry import broker_address
from tests.conftest import require


def test_passwords_are_long_and_never_the_same() -> None:
    made = {broker_accounts.new_password() for _ in range(100)}
    assert len(made) == 100 and min(map(len, made)) >= 32


def test_the_line_has_the_form_of_mosquittos_own(tmp_path: Path) -> None:
    tool = shutil.which("mosquitto_passwd")
    require(tool, "mosquitto_passwd", "apt-get install mosquitto")
    theirs = tmp_path / "theirs"
    subprocess.run([str(tool), "-c", "-b", str(theirs), "ingest", "secret"], check=True, capture_output=True)
    mine = broker_accounts.line("ingest", "secret")
    for line in (theirs.read_text(), mine):
        name, _, rest = line.strip().partition(":")
        kind, rounds, salt, digest = rest.removeprefix("$").split("$")
        assert (name, kind, rounds, len(salt), len(digest)) == ("ingest", "7", "101", 16, 88)
    assert mine != broker_accounts.line("ingest", "secret"), "salted"
    assert "secret" not in mine


@pytest.mark.parametrize(("host", "tls"), [("127.0.0.1", False), ("broker.example.org", True), ("::1", False)])
def test_the_environment_file_is_an_address_with_everything_in_it(host: str, tls: bool) -> None:
    text = broker_accounts.environment("api", "pass-_word", host=host, port=1884, tls=tls, ca_file="/etc/a b/root.pem")
    address = broker_address.parse(text.strip().removeprefix("HOMEHD_BROKER="))
    assert (address.host, address.port, address.tls) == (host, 1884, tls)
    assert (address.username, address.password) == ("api", "pass-_word")
    assert address.files.ca_file == ("/etc/a b/root.pem" if tls else "")
