"""A real agent beside a simulated machine, killed with SIGKILL at random points: every number it ever gave is in its
outbox after the kill, or was acknowledged before; nothing was sent that was not kept first; one epoch, no hole.

The short form runs in the suite; `./run chaos` kills fifty times.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from homehd.children import Child
from telemetry import wire
from telemetry.messages import Ack, Batch
from tests.chaos.home import agent_and_machine, running_broker
from tests.edge_agent.conftest import Ingest
from tests.system import wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

KILLS = 50 if os.environ.get("HOMEHD_CHAOS") == "long" else 8
pause = threading.Event()


class Cloud:
    """An ingest that acknowledges about half of what comes, and remembers both."""

    def __init__(self, port: int, rng: Random) -> None:
        self.rng = rng
        self.share = 0.5
        self.acknowledged: set[int] = set()
        self.epochs: set[str] = set()
        self.ingest = Ingest(port)
        self.ingest.answers = self.answer

    def answer(self, batch: Batch) -> Ack | None:
        self.epochs.add(batch.epoch)
        seqs = [seq for seq in wire.sequence_numbers(batch) if self.rng.random() < self.share]
        self.acknowledged |= set(seqs)  # before it is sent: from now on the agent may forget them
        return Ack(batch.epoch, [(seq, seq) for seq in seqs]) if seqs else None


def on_disk(folder: Path, number: int) -> tuple[set[int], int]:
    """What a dead agent's files hold: unsettled numbers and the highest ever given. Looked at in a copy."""
    copy = folder / f"copy-{number}"
    copy.mkdir()
    for path in folder.glob("outbox.sqlite*"):
        if not path.name.endswith((".lock", ".reserve")):
            shutil.copy(path, copy)
    with closing(sqlite3.connect(copy / "outbox.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        here = {seq for (seq,) in db.execute("SELECT seq FROM entry")}
        (highest,) = db.execute("SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'entry'").fetchone()
        assert db.execute("SELECT count(*) FROM aside").fetchone() == (0,)
    shutil.rmtree(copy)
    return here, highest


def test_every_number_given_is_there_or_acknowledged_whenever_it_is_killed(tmp_path: Path) -> None:
    with running_broker(tmp_path) as broker, agent_and_machine(tmp_path, broker, tmp_path / "outbox.sqlite") as agent:
        kill_and_look(tmp_path, Cloud(broker.port, Random(11)), agent)


def kill_and_look(folder: Path, cloud: Cloud, agent: Child) -> None:
    highest = 0
    for kill in range(KILLS):
        agent.start()
        seen = len(cloud.ingest.stored)
        wait_for("the agent to send", lambda seen=seen: len(cloud.ingest.stored) > seen, 20)
        pause.wait(cloud.rng.uniform(0.0, 1.2))
        agent.kill()
        here, top = on_disk(folder, kill)
        lost = set(range(1, top + 1)) - here - cloud.acknowledged
        assert not lost, f"kill {kill}: {sorted(lost)[:20]} of {top} are lost"
        assert cloud.ingest.seqs() <= set(range(1, top + 1)), "nothing is sent before it is kept"
        assert top > highest, "each life has kept something"
        highest = top
    cloud.share = 1.0
    agent.start()
    wait_for("the backlog", lambda: cloud.ingest.seqs() >= set(range(1, highest + 1)), 60)
    assert len(cloud.epochs) == 1
    cloud.ingest.close()
