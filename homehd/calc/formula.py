"""A formula as the command line sees it: a name, keys, perhaps several methods, one answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any

from alerts.adequacy.ranges import RANGES
from telemetry.errors import SettingsError


def number(text: str) -> float:
    """A number as typed; whether it is a possible one is the formula's business."""
    return float(text)


def count(text: str) -> int:
    """A whole number, of a size that still is a number."""
    if len(text) > 9:
        raise ValueError(text)
    return int(text)


def numbers(text: str) -> tuple[float, ...]:
    """Numbers with commas between them."""
    return tuple(float(word) for word in text.split(","))


@dataclass(frozen=True, slots=True)
class Key:
    """One `--key value`.

    Attributes:
        text: what it is, for the help. range_name: its range in `alerts.adequacy.ranges`, or empty.
        optional: whether the formula does without. to: the parameter it is for, where that has another name.
        read: from the word to the value. choices: the words there are, where they are few.
    """

    text: str
    range_name: str = ""
    optional: bool = False
    to: str = ""
    read: Callable[[str], object] = number
    choices: tuple[str, ...] = ()

    @property
    def help(self) -> str:
        """What it is, and its range."""
        return f"{self.text}, {RANGES[self.range_name].words}" if self.range_name else self.text


@dataclass(frozen=True, slots=True)
class Method:
    """One way to work something out.

    Attributes:
        compute: gives a number, or a record whose `value` it is.
        keys: by name, without the dashes.
        source, mark: where the formula comes from, and how sure that is (C, N, M, D of docs/formulas.md).
    """

    compute: Callable[..., Any]
    keys: Mapping[str, Key]
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Formula:
    """One name.

    Attributes:
        title: for the help. unit: UCUM, of the value.
        methods: by the word after `--method`; a formula with only one has it under the empty name.
    """

    title: str
    unit: str
    methods: Mapping[str, Method]
    keys: Mapping[str, Key] = field(init=False)

    def __post_init__(self) -> None:
        every = {name: key for method in self.methods.values() for name, key in method.keys.items()}
        object.__setattr__(self, "keys", every)

    def usage(self) -> str:
        """`--method a|b --key [--key]`: a key in brackets is not asked for by every method, or by none."""
        words = [f"--method {'|'.join(self.methods)}"] if len(self.methods) > 1 else []
        for name in self.keys:
            asked = all(name in m.keys and not m.keys[name].optional for m in self.methods.values())
            words.append(f"--{name}" if asked else f"[--{name}]")
        return " ".join(words)

    def answer(self, name: str, method_name: str, given: Mapping[str, object]) -> dict[str, object]:
        """What is printed. `SettingsError` for a key that is missing or not for this method, `OutOfRange` from the
        formula itself."""
        method = self.methods[method_name]
        subject = f"{name} --method {method_name}" if method_name else name
        for key in given:
            if key not in method.keys:
                raise SettingsError(f"calculate {subject}", f"--{key}", hint=f"its keys: {_listed(method)}")
        for key, what in method.keys.items():
            if key not in given and not what.optional:
                raise SettingsError(f"calculate {subject}", f"--{key} is missing", hint=f"its keys: {_listed(method)}")
        result = method.compute(**{method.keys[key].to or key.replace("-", "_"): given[key] for key in given})
        said = asdict(result) if is_dataclass(result) and not isinstance(result, type) else {"value": float(result)}
        return {**self.head(name, method_name), **said}

    def head(self, name: str, method_name: str) -> dict[str, object]:
        """What is printed whatever the answer."""
        method = self.methods[method_name]
        which = {"method": method_name} if method_name else {}
        return {"name": name, **which, "value": None, "unit": self.unit, "source": method.source, "mark": method.mark}


def _listed(method: Method) -> str:
    return " ".join(f"[--{name}]" if key.optional else f"--{name}" for name, key in method.keys.items())
