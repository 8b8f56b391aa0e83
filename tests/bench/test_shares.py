from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from bench import shares
from bench.shares import Process


def test_of_a_run_are_what_it_started_and_whoever_names_its_folder_with_theirs() -> None:
    found = {
        10: Process(1, 1.0, "python -m bench glass"),
        11: Process(10, 2.0, "python -m homehd ingest"),
        12: Process(10, 3.0, "chromium --headless"),
        13: Process(12, 4.0, "chromium --type=renderer"),
        14: Process(10, 5.0, "python -m homehd simulate fleet"),
        15: Process(10, 0.5, "node driver"),
        20: Process(1, 6.0, "/usr/bin/postgres -D /tmp/run/database"),
        21: Process(20, 7.0, "postgres: writer"),
        30: Process(1, 99.0, "postgres: somebody else's"),
    }
    seconds = shares.by_part(found, 10, "/tmp/run")
    assert seconds == {
        "the page": 4.0, "rest of the browser": 3.0, "ingest": 2.0, "API": 0.0, "agents": 0.0, "broker": 0.0,
        "database": 13.0, shares.TEST_BED: 6.5,
    }  # fmt: skip


def test_what_a_process_used_is_seen(tmp_path: Path) -> None:
    before = shares.used(tmp_path)
    began_s = time.process_time()
    with subprocess.Popen(["sh", "-c", "while :; do :; done # mosquitto"]) as busy:
        while shares.used(tmp_path)["broker"] < 0.1:
            assert busy.poll() is None
        busy.kill()
    assert shares.used(tmp_path)[shares.TEST_BED] - before[shares.TEST_BED] >= time.process_time() - began_s - 0.1
    assert os.getpid() in shares.processes()
