from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from registrar import authority as ca
from registrar import ca_files, identities
from registrar.authority import Authority
from registrar.ca_files import CaError
from store import certificates
from store.pool import Connection


def test_the_authority_is_made_once_and_found_later(conn: Connection, tmp_path: Path, tools: Any) -> None:
    made = identities.make_authority(conn, tmp_path / "ca", tools.NOW_US)
    again = identities.make_authority(conn, tmp_path / "ca", tools.NOW_US + 1)
    found = identities.open_authority(conn, tmp_path / "ca")
    known = certificates.authority(conn)
    assert known is not None
    assert made.fingerprint == again.fingerprint == found.fingerprint == known.fingerprint


def test_none_is_made_by_whoever_only_needs_it(conn: Connection, tmp_path: Path, tools: Any) -> None:
    with pytest.raises(CaError, match="homehd registrar init"):
        identities.open_authority(conn, tmp_path / "ca")
    assert not (tmp_path / "ca").exists()
    # Nor is one the database does not know taken for ours because its folder is there.
    ca_files.create(tmp_path / "ca", tools.NOW_US)
    with pytest.raises(CaError, match="homehd registrar init"):
        identities.open_authority(conn, tmp_path / "ca")
    assert certificates.authority(conn) is None


def test_a_lost_folder_is_never_replaced_by_a_second_authority(conn: Connection, tmp_path: Path, tools: Any) -> None:
    identities.make_authority(conn, tmp_path / "ca", tools.NOW_US)
    ca_files.create(tmp_path / "other", tools.NOW_US)
    for opened in (
        lambda folder: identities.make_authority(conn, folder, tools.NOW_US),
        lambda folder: identities.open_authority(conn, folder),
    ):
        with pytest.raises(CaError, match="restore the folder from its backup"):
            opened(tmp_path / "lost")
        assert not (tmp_path / "lost").exists()
        with pytest.raises(CaError, match="the database knows another one"):
            opened(tmp_path / "other")


def test_a_server_has_a_certificate_for_its_names_in_good_time(
    conn: Connection, authority: Authority, tmp_path: Path, tools: Any
) -> None:
    path = tmp_path / "registrar.pem"
    names = ["enrol.example.org", "127.0.0.1"]

    def kept(names: list[str], days: float) -> bool:
        return identities.server(conn, authority, path, names, tools.NOW_US + round(days * tools.DAY_US))

    assert kept(names, 0)
    assert path.stat().st_mode & 0o777 == 0o600
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)
    first = path.read_bytes()
    assert not kept(list(reversed(names)), 300)
    assert kept([*names, "other.example.org"], 300)
    assert path.read_bytes() != first
    assert kept([*names, "other.example.org"], 300 + ca.SERVER_DAYS - 59)
    path.write_text("rubbish")
    assert kept(names, 0)
    assert len(certificates.certificates(conn)) == 4, "each is known, so each can be revoked"
    assert identities.server(conn, ca.create_root(tools.NOW_US), path, names, tools.NOW_US), "of another authority"


def test_services_and_signers(conn: Connection, authority: Authority, tmp_path: Path, tools: Any) -> None:
    for make, name in ((identities.signer, "homehd configuration"),):
        assert make(conn, authority, tmp_path / "signer.pem", tools.NOW_US)
        assert not make(conn, authority, tmp_path / "signer.pem", tools.NOW_US)
        assert ca.common_name(x509.load_pem_x509_certificate((tmp_path / "signer.pem").read_bytes())) == name
    assert identities.service(conn, authority, tmp_path / "svc.pem", "ingest", tools.NOW_US)
    assert not identities.service(conn, authority, tmp_path / "svc.pem", "ingest", tools.NOW_US)
    assert ca.common_name(x509.load_pem_x509_certificate((tmp_path / "svc.pem").read_bytes())) == "svc-ingest"


def test_the_files_of_a_broker(conn: Connection, authority: Authority, tmp_path: Path, tools: Any) -> None:
    folder = tmp_path / "broker"
    made = identities.server_files(conn, authority, folder, "broker", ("broker.example.org",), tools.NOW_US)
    assert [path.name for path in made] == ["root.pem", "broker.pem", "broker.key"]
    assert [path.stat().st_mode & 0o777 for path in made] == [0o644, 0o644, 0o600]
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made[1], made[2])
    assert "PRIVATE" not in made[1].read_text()
    [known] = certificates.certificates(conn)
    assert (known.kind, known.name) == ("server", "broker.example.org")
    # As docs/operations/broker.md has it after the first time; renewing must not take the key from the broker.
    made[2].chmod(0o640)
    first = made[2].read_bytes()
    identities.server_files(conn, authority, folder, "broker", ("broker.example.org",), tools.NOW_US)
    assert made[2].read_bytes() != first and made[2].stat().st_mode & 0o777 == 0o640
