from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from store import embedded_owner
from store.embedded_owner import Owner

ENTRY = struct.Struct("<HHI")
HEAD = struct.pack("<I", 2)
ANYBODY = 0xFFFFFFFF


def acl(*entries: tuple[int, int, int]) -> bytes:
    return HEAD + b"".join(ENTRY.pack(*entry) for entry in entries)


def test_one_user_may_pass_and_nobody_else() -> None:
    plain = acl((0x01, 7, ANYBODY), (0x04, 0, ANYBODY), (0x20, 0, ANYBODY))
    expected = acl((0x01, 7, ANYBODY), (0x02, 1, 101), (0x04, 0, ANYBODY), (0x10, 1, ANYBODY), (0x20, 0, ANYBODY))
    assert embedded_owner.with_search(plain, 101) == expected
    assert embedded_owner.with_search(expected, 101) == expected


def test_what_others_had_they_keep() -> None:
    before = acl(
        (0x01, 7, ANYBODY), (0x02, 4, 50), (0x02, 6, 101), (0x04, 5, ANYBODY), (0x10, 6, ANYBODY), (0x20, 0, ANYBODY)
    )
    after = acl(
        (0x01, 7, ANYBODY), (0x02, 4, 50), (0x02, 7, 101), (0x04, 5, ANYBODY), (0x10, 7, ANYBODY), (0x20, 0, ANYBODY)
    )
    assert embedded_owner.with_search(before, 101) == after


def test_a_normal_user_is_its_own_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    owner = embedded_owner.choose(tmp_path)
    assert (owner.uid, owner.other, owner.identity()) == (1234, False, {})
    owner.give(tmp_path)
    owner.let_through(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_root_keeps_to_the_owner_of_the_data(tmp_path: Path) -> None:
    assert embedded_owner.choose(tmp_path).uid != 0
    (tmp_path / "data").mkdir()
    os.chown(tmp_path / "data", 4321, 1234)
    assert embedded_owner.choose(tmp_path) == Owner(4321, 1234, other=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can open another's folder")
def test_a_folder_is_opened_to_one_only(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    Owner(4321, 4321, other=True).let_through(inner)
    closed = tmp_path / "closed"
    assert closed.stat().st_mode & 0o007 == 0
    assert (0x02, 1, 4321) in list(ENTRY.iter_unpack(os.getxattr(closed, "system.posix_acl_access")[4:]))
