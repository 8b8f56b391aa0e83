"""As the agent runs it: a process, its words, its exit code."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64decode
from pathlib import Path

from edge_agent import credentials, renewal_child
from registrar import authority as ca
from registrar.requests import is_proven, public_key

NOW_US = 1_750_000_000_000_000
UNIT = "k7m2qx4d"
ROOT = ca.create_root(NOW_US)


def child(*words: str, said: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "edge_agent.renewal_child", *words]
    return subprocess.run(command, input=said, capture_output=True, text=True, timeout=60, check=False)


def box(folder: Path) -> Path:
    key = credentials.new_key()
    leaf = ca.issue_unit(ROOT, UNIT, public_key(credentials.request(key, UNIT), UNIT), NOW_US)
    identity = folder / "identity.pem"
    identity.write_bytes(key + ca.as_pem(leaf).encode())
    (folder / "ca.pem").write_text(ROOT.pem)
    return identity


def test_request_then_install(tmp_path: Path) -> None:
    identity = box(tmp_path)
    asked = child("request", UNIT, str(identity))
    assert asked.returncode == 0 and asked.stderr == ""
    request, proof = map(b64decode, asked.stdout.split())
    held = identity.read_text()
    assert is_proven(held[held.index("-----BEGIN CERT") :], UNIT, request, proof)
    assert child("request", UNIT, str(identity)).stdout != "", "ECDSA signs anew; the key is the same:"
    key = public_key(b64decode(asked.stdout.split()[0]), UNIT)
    assert public_key(b64decode(child("request", UNIT, str(identity)).stdout.split()[0]), UNIT) == key
    waiting = renewal_child.waiting_key(identity)
    assert waiting.stat().st_mode & 0o777 == 0o600
    later_us = NOW_US + 60 * 86_400_000_000
    chain = ca.as_pem(ca.issue_unit(ROOT, UNIT, key, later_us))
    words = ("install", UNIT, str(identity), str(tmp_path / "ca.pem"), str(later_us))
    done = child(*words, said=chain)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not waiting.exists() and chain in identity.read_text()
    again = child(*words, said=chain)
    assert again.returncode == 1 and again.stderr.count("\n") == 1 and "Traceback" not in again.stderr


def test_a_waiting_key_that_is_damaged_is_replaced(tmp_path: Path) -> None:
    identity = box(tmp_path)
    renewal_child.waiting_key(identity).write_bytes(b"torn")
    assert child("request", UNIT, str(identity)).returncode == 0
    assert credentials.is_key(renewal_child.waiting_key(identity).read_bytes())


def test_without_the_package_it_says_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from edge_agent import renewal_child; sys.exit(renewal_child.main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, "request", UNIT, str(box(tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "cryptography is not installed: pip install 'homehd[enrol]'" in done.stderr


def test_a_key_whose_certificate_is_worth_less_than_the_one_in_use_makes_way_for_a_new_one(tmp_path: Path) -> None:
    """The answer to a renewal got lost, the box was enrolled anew: the registrar repeats the old answer until that one
    is over, and then never answers this key again. The box would be shut out with its present certificate."""
    identity = box(tmp_path)
    asked = child("request", UNIT, str(identity))
    key = public_key(b64decode(asked.stdout.split()[0]), UNIT)
    chain = ca.as_pem(ca.issue_unit(ROOT, UNIT, key, NOW_US - 86_400_000_000))
    words = ("install", UNIT, str(identity), str(tmp_path / "ca.pem"), str(NOW_US))
    refused = child(*words, said=chain)
    assert refused.returncode == 1 and "no longer" in refused.stderr
    again = child("request", UNIT, str(identity))
    assert public_key(b64decode(again.stdout.split()[0]), UNIT) != key
