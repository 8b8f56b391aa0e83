"""`homehd calc`: one formula, one JSON object."""

from __future__ import annotations

import argparse
import re
from typing import Final

import msgspec

from alerts.out_of_range import NotEvaluable
from homehd.calc import adequacy, statistics
from homehd.calc.formula import Formula

FORMULAS: Final[dict[str, Formula]] = {**adequacy.FORMULAS, **statistics.FORMULAS}

# `-1,2`, `-1e3`, `-inf`: values, not flags.
_NEGATIVE: Final = re.compile(r"-[\d.in]")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A name, and its keys."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "names and keys:\n" + "\n".join(
        f"  {name} {formula.usage()}" for name, formula in FORMULAS.items()
    ).replace("%", "%%")
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for name, formula in FORMULAS.items():
        said = formula.title if formula.unit == "1" else f"{formula.title}, in {formula.unit}"
        one = names.add_parser(name, help=formula.title, description=said.replace("%", "%%"), allow_abbrev=False)
        # argparse has no public word for what a negative value looks like; tests/homehd/calc/test_command.py watches.
        one._negative_number_matcher = _NEGATIVE
        if len(formula.methods) > 1:
            one.add_argument("--method", required=True, choices=tuple(formula.methods))
        for key, what in formula.keys.items():
            one.add_argument(
                f"--{key}", dest=f"key {key}", type=what.read, choices=what.choices or None,
                metavar=None if what.choices else what.read.__name__.upper(), help=what.help.replace("%", "%%"),
            )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Print the answer. What cannot be evaluated is printed too, without a value, and is a failure."""
    formula = FORMULAS[options.name]
    method = getattr(options, "method", "")
    given = {
        name.removeprefix("key "): value
        for name, value in vars(options).items()
        if name.startswith("key ") and value is not None
    }
    try:
        _print(formula.answer(options.name, method, given))
    except NotEvaluable as error:
        _print({**formula.head(options.name, method), "evaluable": False, "reason": error.line()})
        raise
    return 0


def _print(answer: dict[str, object]) -> None:
    print(msgspec.json.encode(answer).decode())
