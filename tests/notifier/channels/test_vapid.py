"""The VAPID key: made once, for its owner alone, told apart from what is none."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from notifier.channels import vapid
from notifier.channels.vapid import VapidError


def test_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "home" / vapid.FILE
    first = vapid.public_text(vapid.load_or_create(path))
    assert vapid.public_text(vapid.load_or_create(path)) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in path.parent.iterdir()] == [vapid.FILE], "no draft is left"
    assert re.fullmatch(r"B[A-Za-z0-9_-]{86}", first)


def test_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        vapid.load_or_create(tmp_path / vapid.FILE)
    finally:
        os.umask(before)
    assert (tmp_path / vapid.FILE).stat().st_mode & 0o777 == 0o600


def test_of_many_at_once_all_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda _: vapid.public_text(vapid.load_or_create(tmp_path / vapid.FILE)), range(16)))
    assert len(set(keys)) == 1


def test_one_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / vapid.FILE
    vapid.load_or_create(path)
    path.chmod(0o640)
    with pytest.raises(VapidError, match=re.escape(f"chmod 600 {path}")):
        vapid.load_or_create(path)


def test_a_damaged_one_is_neither_used_nor_replaced(tmp_path: Path) -> None:
    path = tmp_path / vapid.FILE
    path.write_bytes(b"-----BEGIN PRIVATE KEY-----\nnonsense\n")
    path.chmod(0o600)
    with pytest.raises(VapidError, match="restore it from its backup"):
        vapid.load_or_create(path)
    assert b"nonsense" in path.read_bytes()


def test_a_key_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / vapid.FILE
    path.write_bytes(vapid.pem(ec.generate_private_key(ec.SECP384R1())))
    path.chmod(0o600)
    with pytest.raises(VapidError, match="not a P-256 key"):
        vapid.load_or_create(path)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(VapidError, match="read the VAPID key"):
        vapid.load_or_create(tmp_path / "file" / vapid.FILE)


def test_its_text_is_the_key(tmp_path: Path) -> None:
    key = vapid.load_or_create(tmp_path / vapid.FILE)
    read = serialization.load_pem_private_key(vapid.pem(key), None)
    assert isinstance(read, ec.EllipticCurvePrivateKey)
    assert vapid.public_text(read) == vapid.public_text(key)
