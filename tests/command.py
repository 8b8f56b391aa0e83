"""`homehd WORDS` in a process of its own, without the second that an interpreter takes to import everything.

Each is forked from a process that has the modules and has run nothing: what a command does, prints and exits with is
its own. That a new interpreter can have the modules, verb by verb, is shown in `tests/homehd/test_cli.py`.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from homehd.cli import VERBS, main

TIMEOUT_S: Final = 60.0
_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, *(f"homehd.commands.{verb}" for verb in VERBS)])


def homehd(
    *words: str, timeout_s: float = TIMEOUT_S, environment: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[str]:
    """Run it to its end as a shell would, with nothing to read; `subprocess.TimeoutExpired` when it does not end."""
    with tempfile.TemporaryDirectory(prefix="homehd-command-") as folder:
        told, complained = Path(folder) / "stdout", Path(folder) / "stderr"
        child = _FORKS.Process(target=_run, args=(words, dict(environment), str(told), str(complained)))
        child.start()
        child.join(timeout_s)
        if child.exitcode is None:
            child.kill()
            child.join()
            raise subprocess.TimeoutExpired(["homehd", *words], timeout_s, complained.read_bytes())
        return subprocess.CompletedProcess(
            ["homehd", *words], child.exitcode, told.read_text("utf-8"), complained.read_text("utf-8")
        )


def _run(words: tuple[str, ...], environment: dict[str, str], told: str, complained: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for number, path, mode in ((0, os.devnull, os.O_RDONLY), (1, told, os.O_WRONLY), (2, complained, os.O_WRONLY)):
        file = os.open(path, mode | os.O_CREAT, 0o600)
        os.dup2(file, number)
        os.close(file)
    sys.exit(main(words))
