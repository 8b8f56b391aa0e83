"""A machine on the box's own terminal, for the box's own Python: answers every poll with the published frame.

python3 machine.py PATH     PATH becomes a link to the terminal
"""

from __future__ import annotations

import grp
import os
import sys
import tty
from pathlib import Path

FRAME = b"K1082A02.50B01.20C00.63D00300E001.0F036.5G014.0H00140I00040J00100K00115a0b0c0d0e0f0g0h03b\r\n"


def main(path: Path) -> None:
    """Serve for ever."""
    master, slave = os.openpty()
    tty.setraw(slave)
    # As udev does with a serial adapter.
    os.chown(slave, 0, grp.getgrnam("dialout").gr_gid)
    os.chmod(slave, 0o660)  # noqa: PTH101 – a descriptor
    path.unlink(missing_ok=True)
    path.symlink_to(os.ttyname(slave))
    while True:
        asked = os.read(master, 4096)
        os.write(master, FRAME * asked.count(b"K"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
