"""Where this machine has its Debian packages from; whoever makes another Debian takes them from there too."""

from __future__ import annotations

import re
import subprocess


def of_this_machine() -> str:
    """Address of the mirror, empty when apt knows none: `apt-get update` was never run, or this is no Debian."""
    form = "$(REPO_URI) $(COMPONENT) $(CODENAME) $(RELEASE)"
    words = ["apt-get", "indextargets", "--format", form, "Identifier: Packages", "Label: Debian"]
    targets = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    found = re.search(r"^(\S+) main (\S+) \2\b", targets, re.M)
    return found[1] if found else ""
