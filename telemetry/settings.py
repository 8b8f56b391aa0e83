"""File and environment to a frozen record; an unknown key is an error with its line.

A TOML file gives values, environment variables override it, defaults fill the rest. Nested tables map to nested
records. The schema is a `msgspec.Struct`, so types and ranges are checked by the same annotations that document them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from telemetry.errors import SettingsError

T = TypeVar("T", bound=msgspec.Struct)


def load_toml(path: Path) -> dict[str, Any]:
    """The parsed file; SettingsError naming file, line and reason."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise SettingsError("read settings", str(path), hint=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise SettingsError("read settings", str(path), hint="not UTF-8 text") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError("read settings", str(path), hint=str(error)) from error


def load(schema: type[T], path: Path | None, overrides: Mapping[str, Any] | None = None) -> T:
    """Settings of `schema` from `path` (may be None), then `overrides` (top-level keys; None values are ignored).

    The schema must forbid unknown fields. SettingsError names the file, the line where it can be found, and the rule.
    """
    data = load_toml(path) if path else {}
    data.update({key: value for key, value in (overrides or {}).items() if value is not None})
    try:
        return msgspec.convert(data, schema)
    except msgspec.ValidationError as error:
        raise SettingsError("read settings", _where(str(error), path), hint=str(error)) from error


def _where(message: str, path: Path | None) -> str:
    if path is None:
        return "environment or flags"
    # msgspec says "Object contains unknown field `foo` - at `$.bar`" or "Expected `int`, got `str` - at `$.port`".
    unknown = re.search(r"unknown field `([^`]+)`", message)
    at = re.search(r"at `\$([^`]*)`", message)
    parts = [p for p in (at[1] if at else "").replace("[...]", "").split(".") if p]
    key = unknown[1] if unknown else (parts[-1] if parts else "")
    table = parts if unknown else parts[:-1]
    line = _line_of(path.read_text("utf-8"), ".".join(table), key)
    return f"{path}:{line}" if line else str(path)


def _line_of(text: str, table: str, key: str) -> int | None:
    current = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[+\s*([^\]\s]+)\s*\]+", line)
        if header:
            current = header[1]
            if f"{table}.{key}".strip(".") == current:
                return number
        elif current == table and re.match(rf'\s*"?{re.escape(key)}"?\s*=', line):
            return number
    return None
