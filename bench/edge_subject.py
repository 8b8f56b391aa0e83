"""What is measured in `bench.edge`, as a process of its own: the agent as a box runs it, or the least that could do it.

python -m bench.edge_subject agent CONFIG POLL_S
python -m bench.edge_subject peer PORT BROKER_PORT FILE POLL_S
"""

from __future__ import annotations

import os
import select
import sqlite3
import sys
import time
import tty
from pathlib import Path


def agent(path: Path, poll_s: float) -> None:
    """`homehd edge`, but for a poll faster than settings allow (0.1 s): 60 a second are a day in 24 minutes."""
    import msgspec

    from edge_agent import agent as edge
    from edge_agent import config, supervision
    from homehd import cli, logs
    from homehd.stopping import stop_event
    from telemetry.clock import SystemClock

    assert cli.VERBS
    logs.install()
    clock = SystemClock()
    logs.bound(clock)
    loaded = config.load(path)
    loaded = msgspec.structs.replace(loaded, machine=msgspec.structs.replace(loaded.machine, poll_s=poll_s))
    edge.run(loaded, clock, stop_event(), supervision.host(os.environ))


def peer(port: str, broker_port: int, file: str, poll_s: float) -> None:
    """Polls, keeps in SQLite with a full sync, publishes at QoS 1, forgets on the broker's word. No more than that."""
    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    kept = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    kept.execute("PRAGMA journal_mode=WAL")
    kept.execute("PRAGMA synchronous=FULL")
    kept.execute("CREATE TABLE IF NOT EXISTS entry (seq INTEGER PRIMARY KEY AUTOINCREMENT, line BLOB)")
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="peer")
    sent: dict[int, int] = {}
    done: list[int] = []
    client.on_publish = lambda _client, _data, mid, *_: done.append(mid)
    client.connect("127.0.0.1", broker_port)
    client.loop_start()
    line = os.open(port, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line)
    due, buffer = time.monotonic(), b""
    while True:
        due += poll_s
        os.write(line, b"K\r\n")
        while not buffer.endswith(b"\n") and select.select([line], [], [], 0.5)[0]:
            buffer += os.read(line, 4096)
        seq = kept.execute("INSERT INTO entry (line) VALUES (?)", (buffer,)).lastrowid or 0
        sent[client.publish("peer/up", buffer, 1).mid] = seq
        buffer = b""
        while done:
            kept.execute("DELETE FROM entry WHERE seq = ?", (sent.pop(done.pop(), 0),))
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    if sys.argv[1] == "agent":
        agent(Path(sys.argv[2]), float(sys.argv[3]))
    else:
        peer(sys.argv[2], int(sys.argv[3]), sys.argv[4], float(sys.argv[5]))
