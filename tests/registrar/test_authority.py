"""Certificates as OpenSSL sees them: that is what the broker asks."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from registrar import authority as ca
from registrar.authority import Authority
from telemetry.errors import HomehdError

NOW_US = 1_750_000_000_000_000
DAY_US = 86_400_000_000


def verified(
    tmp_path: Path, root: Authority, leaf: x509.Certificate, purpose: str, now_us: int, *more: str
) -> subprocess.CompletedProcess[str]:
    (tmp_path / "root.pem").write_text(root.pem)
    (tmp_path / "leaf.pem").write_text(ca.as_pem(leaf))
    words = ["openssl", "verify", "-x509_strict", "-CAfile", "root.pem", "-purpose", purpose, *more]
    words += ["-attime", str(now_us // 1_000_000), "leaf.pem"]
    return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("kind", "good_for", "bad_for"),
    [
        ("unit", ["sslclient"], ["sslserver", "crlsign"]),
        ("service", ["sslclient"], ["sslserver"]),
        ("server", ["sslserver"], ["sslclient"]),
        ("signer", [], ["sslclient", "sslserver"]),
    ],
)
def test_no_certificate_serves_as_another(
    kind: str, good_for: list[str], bad_for: list[str], authority: Authority, tmp_path: Path
) -> None:
    key = ca.new_key().public_key()
    made: dict[str, Any] = {
        "unit": lambda: ca.issue_unit(authority, "k7m2qx4d", key, NOW_US),
        "service": lambda: ca.issue_service(authority, "ingest", key, NOW_US),
        "server": lambda: ca.issue_server(authority, ["broker.example.org", "10.0.0.1"], key, NOW_US),
        "signer": lambda: ca.issue_signer(authority, key, NOW_US),
    }
    leaf = made[kind]()
    for purpose in good_for:
        assert verified(tmp_path, authority, leaf, purpose, NOW_US).returncode == 0
    for purpose in bad_for:
        assert "unsuitable certificate purpose" in verified(tmp_path, authority, leaf, purpose, NOW_US).stderr
    with pytest.raises(x509.ExtensionNotFound):
        leaf.extensions.get_extension_for_class(x509.NameConstraints)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_unit_certificate_lasts_ninety_days_and_begins_before_a_slow_clock(
    authority: Authority, tmp_path: Path
) -> None:
    leaf = ca.issue_unit(authority, "k7m2qx4d", ca.new_key().public_key(), NOW_US)
    assert ca.validity_us(leaf) == (NOW_US - DAY_US, NOW_US + 90 * DAY_US)
    assert leaf.subject.rfc4514_string() == "CN=k7m2qx4d,OU=unit"
    assert ca.common_name(leaf) == "k7m2qx4d"
    assert verified(tmp_path, authority, leaf, "sslclient", NOW_US - DAY_US // 2).returncode == 0
    assert "not yet valid" in verified(tmp_path, authority, leaf, "sslclient", NOW_US - 2 * DAY_US).stderr
    assert "expired" in verified(tmp_path, authority, leaf, "sslclient", NOW_US + 91 * DAY_US).stderr


def test_a_signer_is_marked_as_one(authority: Authority) -> None:
    leaf = ca.issue_signer(authority, ca.new_key().public_key(), NOW_US)
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CODE_SIGNING]
    assert "OU=configuration" in leaf.subject.rfc4514_string()


@pytest.mark.parametrize("name", ["+", "a/b", "#", "", "x", "UPPER", "svc-ingest", "a" * 33, "k7m2\n", "k7m2 qx", "ä1"])
def test_a_name_that_is_no_unit_id_is_refused(name: str, authority: Authority) -> None:
    with pytest.raises(HomehdError, match="a unit id has"):
        ca.issue_unit(authority, name, ca.new_key().public_key(), NOW_US)


@pytest.mark.parametrize("name", ["", "+", "In gest", "a" * 40])
def test_a_service_has_a_plain_name(name: str, authority: Authority) -> None:
    with pytest.raises(HomehdError):
        ca.issue_service(authority, name, ca.new_key().public_key(), NOW_US)


@pytest.mark.parametrize("names", [[], ["bröker.example"]])
def test_a_server_has_names(names: list[str], authority: Authority) -> None:
    with pytest.raises(HomehdError):
        ca.issue_server(authority, names, ca.new_key().public_key(), NOW_US)


def test_nothing_outlives_the_root_and_no_serial_comes_twice() -> None:
    root = ca.create_root(NOW_US, days=30)
    leaves = [ca.issue_unit(root, "k7m2qx4d", ca.new_key().public_key(), NOW_US) for _ in range(20)]
    assert {ca.validity_us(leaf)[1] for leaf in leaves} == {NOW_US + 30 * DAY_US}
    assert len({ca.serial_of(leaf) for leaf in leaves}) == 20


def test_the_root_signs_no_further_authority(authority: Authority) -> None:
    limits = authority.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, 0)
    begins, ends = ca.validity_us(authority.certificate)
    assert 10 * 365 * DAY_US < ends - begins < 21 * 365 * DAY_US
    assert "PRIVATE" not in repr(authority) + authority.pem


def test_a_revoked_certificate_is_refused_with_the_list(authority: Authority, tmp_path: Path) -> None:
    good, bad = (ca.issue_unit(authority, "k7m2qx4d", ca.new_key().public_key(), NOW_US) for _ in range(2))
    crl = ca.issue_crl(authority, [(ca.serial_of(bad), NOW_US)], NOW_US, NOW_US + 7 * DAY_US)
    (tmp_path / "crl.pem").write_text(ca.as_pem(crl))
    more = ("-crl_check", "-CRLfile", "crl.pem")
    assert verified(tmp_path, authority, good, "sslclient", NOW_US + 1, *more).returncode == 0
    assert "certificate revoked" in verified(tmp_path, authority, bad, "sslclient", NOW_US + 1, *more).stderr
    over = verified(tmp_path, authority, good, "sslclient", NOW_US + 8 * DAY_US, *more)
    assert "CRL has expired" in over.stderr
