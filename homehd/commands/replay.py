"""`homehd replay`: the rules over recorded readings or over stored treatments, the same code as live; and what if."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final, TextIO

import msgspec

from alerts import own_levels, replay, ruleset
from alerts.ruleset import Ruleset
from evaluation.once_more import AT_ONCE, Way, once_more
from evaluation.what_if import as_object, moment, what_if
from homehd import care_words, settings, times, what_if_lines
from store import ended_treatments, migrate, pool, registry
from store.ended_treatments import Ended
from store.pool import Connection
from telemetry.care import DAY_US
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError, SettingsError

# Without --from: the last month.
_MONTH_US: Final = 30 * DAY_US
# Some ten minutes of work; whoever wants more asks for one part after the other.
MAX_TREATMENTS: Final = 1000
_MAX_PATIENT: Final = 2**31 - 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From where, with which rules and limits, to where."""
    of = parser.add_mutually_exclusive_group(required=True)
    of.add_argument("--input", type=Path, metavar="FILE", help="recording, one JSON object a line; - = standard input")
    of.add_argument("--unit", metavar="U", help="treatments stored of a unit")
    of.add_argument("--patient", type=int, metavar="P", help="treatments stored of a patient, on whatever unit")
    parser.add_argument(
        "--from",
        dest="start",
        type=times.argument,
        metavar="T",
        help="treatments that began then or later: a month ago",
    )
    parser.add_argument("--to", dest="end", type=times.argument, metavar="T", help="and before then: now")
    parser.add_argument(
        "--with", dest="instead", action="append", default=[], metavar='"R13 high=320"',
        help="stored treatments with this limit against those that held; again for another rule",
    )  # fmt: skip
    parser.add_argument(
        "--rules", type=Path, metavar="DIR",
        help="rule files instead of those shipped; over stored treatments the shipped ones against these",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="what is compared as one JSON object")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="one JSON object per transition, or what is compared: standard output",
    )
    settings.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Write every transition of one way, or what two ways come to. 0 however many alerts there are."""
    rules = ruleset.load(options.rules)
    compares = bool(options.instead or options.rules is not None)
    if options.input is not None:
        _refuse(("--from", options.start), ("--to", options.end), ("--with", options.instead))
    if options.json and (options.input is not None or not compares):
        raise SettingsError("read flags", "--json", hint="goes with --with or --rules over stored treatments")
    with ExitStack() as stack:
        if options.input is not None:
            output = _output(stack, options)
            _recording(stack, options.input, rules, output)
            return 0
        new = Way(rules, _instead(rules, options.instead))
        span = _span(options, SystemClock().now_us())
        url = stack.enter_context(settings.database(settings.load(options)))
        conn = stack.enter_context(closing(pool.connect(url, name="homehd replay")))
        migrate.check(conn)
        treatments = _treatments(conn, options, *span)
        output = _output(stack, options)
        if not compares:
            for told in _transitions(conn, treatments, new):
                _write(output, told)
            return 0
        told = as_object(what_if(conn, treatments, Way(ruleset.load()), new))
        told = {"from": moment(span[0]), "to": moment(span[1]), **told}
        if options.json:
            _write(output, told)
        else:
            output.writelines(f"{line}\n" for line in what_if_lines.lines(told, _words(options)))
    return 0


def _recording(stack: ExitStack, path: Path, rules: Ruleset, output: TextIO) -> None:
    lines: Iterable[str] = sys.stdin if str(path) == "-" else stack.enter_context(_open(path, "r"))
    try:
        for transition in replay.run(lines, rules):
            _write(output, transition)
    except UnicodeDecodeError as error:
        raise HomehdError("read recorded readings", str(path), hint="not UTF-8 text") from error


def _transitions(conn: Connection, treatments: list[Ended], way: Way) -> Iterator[dict[str, Any]]:
    """Treatments in order of time, some at once: their transitions, with the treatment beside the unit."""
    for first in range(0, len(treatments), AT_ONCE):
        passing = treatments[first : first + AT_ONCE]
        for (found,) in once_more(conn, passing, [way]):
            for one in found:
                of = passing[one.row]
                yield {**replay.as_object(one), "unit": of.unit, "treatment": of.treatment_id}


def _treatments(conn: Connection, options: argparse.Namespace, start_us: int, end_us: int) -> list[Ended]:
    limit = MAX_TREATMENTS + 1
    if options.unit is not None:
        unit = registry.unit_by_name(conn, options.unit)
        whose, found = f"unit {unit.name}", ended_treatments.of_unit(conn, unit.unit_id, start_us, end_us, limit)
    else:
        whose = f"patient {options.patient}"
        if not 0 < options.patient <= _MAX_PATIENT:
            raise SettingsError("read flags", f"--patient {options.patient}", hint="the number of a patient")
        found = ended_treatments.of_patient(conn, options.patient, start_us, end_us, limit)
    if len(found) > MAX_TREATMENTS:
        raise HomehdError("replay", whose, hint=f"more than {MAX_TREATMENTS} treatments: nearer --from and --to")
    if not found:
        raise HomehdError("replay", whose, hint="no treatment that began then and is over: other --from and --to?")
    return found


def _span(options: argparse.Namespace, now_us: int) -> tuple[int, int]:
    end_us = now_us if options.end is None else options.end
    start_us = end_us - _MONTH_US if options.start is None else options.start
    if start_us >= end_us:
        raise SettingsError("read flags", "--from and --to", hint="in this order")
    return start_us, end_us


def _instead(rules: Ruleset, texts: list[str]) -> dict[str, float]:
    wanted: dict[str, dict[str, float]] = {}
    for text in texts:
        name, *pairs = text.split() or [""]
        if name in wanted:
            raise SettingsError("read flags", f"--with {text}", hint="each rule once, like 'R13 high=320 medium=280'")
        wanted[name] = care_words.pairs_of(pairs, "high=320")
    try:
        return own_levels.instead(rules, wanted)
    except ValueError as error:
        raise SettingsError("read flags", f"--with {'; '.join(texts)}", hint=str(error)) from error


def _words(options: argparse.Namespace) -> str:
    tried = [f"rules of {options.rules}"] if options.rules is not None else []
    return "with " + ", ".join([*tried, *(" ".join(text.split()) for text in options.instead)])


def _refuse(*flags: tuple[str, object]) -> None:
    given = [name for name, value in flags if value]
    if given:
        raise SettingsError("read flags", f"{given[0]} and --input", hint="goes with --unit or --patient")


def _output(stack: ExitStack, options: argparse.Namespace) -> TextIO:
    return stack.enter_context(_open(options.output, "w")) if options.output else sys.stdout


def _write(output: TextIO, told: dict[str, Any]) -> None:
    output.write(msgspec.json.encode(told).decode() + "\n")


def _open(path: Path, mode: str) -> TextIO:
    try:
        return path.open(mode, encoding="utf-8")  # type: ignore[return-value]
    except OSError as error:
        raise HomehdError("open file", str(path), hint=error.strerror or "") from error
