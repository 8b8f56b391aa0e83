"""`homehd doctor`: checks every part and says what to do."""

from __future__ import annotations

import argparse

from homehd import doctor, settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which installation."""
    settings.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """One line a part; 1 when any part is in trouble."""
    findings = doctor.examine(settings.load(options))
    for finding in findings:
        print(finding.line())
    return 1 if any(finding.level == "fail" for finding in findings) else 0
