"""Children are restarted when they die and end with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from homehd.children import Child, stop_all


def child(tmp_path: Path, *words: str) -> Child:
    return Child("test", words, tmp_path / "log" / "child.log")


def wait_until_gone(pid: int) -> bool:
    pause = threading.Event()
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        pause.wait(0.01)
    return False


def test_a_dead_child_is_started_again_after_a_second_and_not_before(tmp_path: Path) -> None:
    one = child(tmp_path, "no-such-verb")
    one.start()
    assert one._process is not None
    assert one._process.wait(20) == 2
    one.keep_running(100.0)
    one.keep_running(100.9)
    assert one.starts == 1
    one.keep_running(101.0)
    assert one.starts == 2
    one.kill()
    assert "no such command: no-such-verb" in one.last_words()


def test_children_of_a_killed_parent_do_not_outlive_it(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from homehd.children import Child\n"
        "words = ['decode', '--protocol', 'jsdt', '--profile', 'v1', sys.argv[2]]\n"
        "one = Child('c', words, Path(sys.argv[1])); one.start(); print(one.pid, flush=True); sys.stdin.read()"
    )
    fifo = tmp_path / "never-written"
    os.mkfifo(fifo)  # a decode that waits for its input for ever
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "log"), str(fifo)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)
    assert wait_until_gone(pid)


def test_stop_all_ends_what_runs(tmp_path: Path) -> None:
    fifo = tmp_path / "never-written"
    os.mkfifo(fifo)
    one = child(tmp_path, "decode", "--protocol", "jsdt", "--profile", "v1", str(fifo))
    one.start()
    stop_all([one])
    assert not one.running
