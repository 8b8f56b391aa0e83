"""`homehd doctor`: checks every part and says what to do."""

from __future__ import annotations

import argparse
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from homehd.finding import Finding
from telemetry import settings

BOX_SETTINGS: Final = Path("/etc/homehd/edge.toml")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which installation."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"settings as TOML, of a box or of a server; on a box {BOX_SETTINGS} when none is named",
    )


def run(options: argparse.Namespace) -> int:
    """One line a part; 1 when any part is in trouble."""
    findings = _box(options.config or BOX_SETTINGS) if _on_a_box(options.config) else _server(options)
    for finding in findings:
        print(finding.line())
    return 1 if any(finding.level == "fail" for finding in findings) else 0


def _on_a_box(config: Path | None) -> bool:
    if config is not None and config != BOX_SETTINGS:
        return "machine" in settings.load_toml(config)
    if config == BOX_SETTINGS or find_spec("store") is None:  # the package for a box has no server in it
        return True
    names_a_server = any(name in os.environ for name in ("HOMEHD_HOME", "HOMEHD_DATABASE", "HOMEHD_BROKER"))
    return not names_a_server and os.access(BOX_SETTINGS, os.F_OK)


# Imported only when asked for: a box has no database driver, a server no serial port.


def _box(config: Path) -> list[Finding]:
    from homehd import box_doctor
    from telemetry.clock import SystemClock

    return box_doctor.examine(config, SystemClock())


def _server(options: argparse.Namespace) -> list[Finding]:
    from homehd import doctor
    from homehd import settings as server_settings

    return doctor.examine(server_settings.load(options))
