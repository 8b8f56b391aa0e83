from __future__ import annotations

import os
import select
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.pty_link import PtyLink
from telemetry.errors import HomehdError


@pytest.fixture
def link(tmp_path: Path) -> Iterator[PtyLink]:
    link = PtyLink(tmp_path / "port")
    link.plug_in()
    yield link
    link.unplug()


def host(link: PtyLink) -> int:
    descriptor = os.open(link.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(descriptor)
    return descriptor


def test_bytes_pass_unchanged_both_ways(link: PtyLink) -> None:
    every = bytes(range(256))
    descriptor = host(link)
    os.write(descriptor, every)
    assert link.read() == every
    assert link.write(every)
    assert os.read(descriptor, 4096) == every
    assert link.read() == b""  # no echo
    os.close(descriptor)


def test_the_link_goes_with_the_port_and_comes_back(link: PtyLink) -> None:
    link.unplug()
    assert not os.path.lexists(link.path)
    link.unplug()
    link.plug_in()
    assert link.path.is_symlink() and link.path.exists()


def test_a_host_may_leave_and_another_come(link: PtyLink) -> None:
    for _ in range(3):
        descriptor = host(link)
        os.write(descriptor, b"K")
        assert link.read() == b"K"
        os.close(descriptor)
        assert link.read() == b""


def test_what_nobody_reads_is_forgotten_and_never_blocks(link: PtyLink) -> None:
    old, new, pause = b"o" * 270 + b"\n", b"n" * 270 + b"\n", threading.Event()
    for _ in range(100):
        link.write(old)
        pause.wait(0.001)  # the kernel moves bytes across in its own time
    descriptor = host(link)
    for _ in range(1000):
        if link.write(new):
            break
        pause.wait(0.005)
    waiting = b""
    while not waiting.endswith(new) and select.select([descriptor], [], [], 5.0)[0]:
        waiting += os.read(descriptor, 65536)
    assert waiting.endswith(new)
    assert len(waiting) < 10_000  # of 27 kB written
    os.close(descriptor)


def test_a_link_left_behind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "port"
    path.symlink_to("/dev/pts/99999")
    link = PtyLink(path)
    link.plug_in()
    assert path.exists()
    link.unplug()
    assert not os.path.lexists(path)


def test_a_link_taken_over_by_another_is_not_removed(tmp_path: Path) -> None:
    first, second = PtyLink(tmp_path / "port"), PtyLink(tmp_path / "port")
    first.plug_in()
    second.plug_in()
    first.unplug()
    assert second.path.exists()
    second.unplug()


def test_somebody_elses_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    with pytest.raises(HomehdError, match="not a simulator's link"):
        PtyLink(path)
    assert path.read_text() == "mine"


def test_a_link_to_somewhere_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "port"
    path.symlink_to(tmp_path)
    with pytest.raises(HomehdError, match="not a simulator's link"):
        PtyLink(path)


def test_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(HomehdError, match="make the folder first"):
        PtyLink(tmp_path / "nowhere" / "port")
