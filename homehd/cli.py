"""`homehd`: one command, one verb each. A verb's module is imported only when it is asked for, so a box stays small."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from homehd import logs
from telemetry.errors import HomehdError

# verb -> one line of help. The module is homehd.commands.<verb>.
VERBS: Final[dict[str, str]] = {
    "demo": "everything at once: broker, database, services and simulated homes",
    "edge": "the agent on the dialysis unit",
    "ingest": "from the broker to the store, rules included",
    "notify": "from alerts to people: whom to ask, by which channels, until somebody accepts",
    "hl7": "alerts and readings to other systems as HL7; what waits, let go on, send again",
    "api": "the clinicians' API and dashboard",
    "simulate": "a machine on a pseudo-terminal, or a fleet's traffic",
    "migrate": "create or upgrade the database schema",
    "retention": "drop readings older than so many days",
    "broker": "the configuration of a broker that homes reach over the internet",
    "registrar": "certificates for boxes: enrolment, renewal, revocation",
    "units": "provision, list, enrol again and revoke homes",
    "enrol": "give this box its identity, with the code from `homehd units add`",
    "users": "local accounts",
    "kiosk": "screens on walls: bind a browser by a one-time code, list, take away",
    "home": "accounts of people at home, and the telephone number they are shown",
    "team": "care teams: who sees which patients of a clinic, until when; which clinics go by them",
    "patients": "whom a home serves: schedule, access, weights, laboratory values, where their rules stand",
    "selftest": "try the way from the broker to every person's channels; what came of the last time",
    "channels": "ways to reach people: check an address, send a test page, the key for web push",
    "rota": "who is on call: turns, overrides, swaps, calendars, and what is wrong with the days ahead",
    "load": "how much alerts ask of people: rates, floods, targets, and which rules ask for nothing",
    "audit": "whether the record of who did what is whole",
    "replay": "run the rules over recorded readings or stored treatments; what other limits or rules would have said",
    "rules": "list the rules; write or check the pages of the safety file made from them",
    "export": "stored readings as CSV or Parquet, a treatment as FHIR or HL7",
    "decode": "machine bytes to readings",
    "calc": "a formula of dialysis or a statistic of detection, as JSON",
    "doctor": "check every part and say what to do",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; 0 on success, 2 on wrong arguments, 1 on failure with one line on standard error."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(_overview())
        return 0 if words else 2
    verb = words[0]
    if verb not in VERBS:
        print(f"homehd: no such command: {verb} – one of: {', '.join(VERBS)}", file=sys.stderr)
        return 2
    return _run(verb, words[1:])


def _run(verb: str, words: list[str]) -> int:
    try:
        module = import_module(f"homehd.commands.{verb}")
    except ModuleNotFoundError as error:
        top = (error.name or "").partition(".")[0]
        if find_spec(top) and top in (  # a box has only its own part of us
            "homehd",
            "telemetry",
            "store",
            "ingest",
            "evaluation",
            "clinician_api",
            "alerts",
            "registrar",
            "notifier",
            "courier",
            "interop",
        ):
            raise
        print(f"homehd {verb}: {error.name} is not installed – pip install 'homehd[embedded]'", file=sys.stderr)
        return 1
    parser = argparse.ArgumentParser(prog=f"homehd {verb}", description=VERBS[verb], allow_abbrev=False)
    parser.add_argument(
        "--log-level", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR"], help=argparse.SUPPRESS
    )
    module.add_arguments(parser)
    options = parser.parse_args(words)
    logs.install(options.log_level)
    logs.take_strays()
    try:
        code = module.run(options)
        sys.stdout.flush()
    except HomehdError as error:
        print(f"homehd {verb}: {error.line()}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except UnicodeError as error:
        print(f"homehd {verb}: not UTF-8 text – {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not a failure of ours, and nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"homehd {verb}: {error.strerror or error}: {error.filename or 'standard output'}", file=sys.stderr)
        return 1
    return int(code)


def _overview() -> str:
    width = max(map(len, VERBS))
    lines = [f"  {verb:<{width}}  {text}" for verb, text in VERBS.items()]
    return "usage: homehd COMMAND [--help]\n\n" + "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
