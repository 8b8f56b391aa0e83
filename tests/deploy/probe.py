"""Run as the service is run: what it can do and what it cannot. Prints one JSON object."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, "/usr/lib/homehd")


def refused(action: Callable[[], object]) -> bool:
    """Whether the system does not let us."""
    try:
        action()
    except (OSError, sqlite3.Error):
        return True
    return False


def makes_a_key() -> bool:
    """Renewal needs this, and it maps memory in ways that a hardened service may not."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1()).key_size == 256


def main() -> None:
    """Try everything."""
    from edge_agent.clock_sync import kernel_says_synchronised
    from telemetry.clock import SystemClock

    asked = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    found = {
        "asks_the_kernel_about_the_clock": asked >= 0 and kernel_says_synchronised() is (asked < 5),
        "knows_the_boot": SystemClock().boot_id() == SystemClock().boot_id(),
        "writes_its_readings": not refused(
            lambda: sqlite3.connect("/var/lib/homehd/probe").execute("CREATE TABLE x(y)")
        ),
        "renews_its_certificate": not refused(lambda: Path("/etc/homehd/probe").write_text("x")) and makes_a_key(),
        "opens_the_port": not refused(lambda: os.open("/dev/ttyUSB0", os.O_RDWR | os.O_NOCTTY)),
        "speaks_to_the_network": not refused(lambda: socket.create_server(("127.0.0.1", 0))),
        "no_program_elsewhere": refused(lambda: Path("/usr/bin/probe").write_text("x")),
        "no_settings_elsewhere": refused(lambda: Path("/etc/probe").write_text("x")),
        "no_home": refused(lambda: next(Path("/root").iterdir(), None) or Path("/nowhere").stat()),
        "no_raw_network": refused(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
        "no_netlink": refused(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)),
        "no_other_devices": refused(lambda: os.open("/dev/other", os.O_RDONLY)),
        "no_mounts": ctypes.CDLL(None).mount(b"x", b"/tmp", b"tmpfs", 0, None) != 0,
        "no_other_user": refused(lambda: os.setuid(0)),
        "sees_no_other_process": not Path("/proc/1").exists(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
