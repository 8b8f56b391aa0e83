"""A wrong setting names its file, its line and the rule."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from telemetry import settings
from telemetry.errors import SettingsError


class Port(msgspec.Struct, forbid_unknown_fields=True):
    path: str = "/dev/ttyUSB0"
    baud: int = 9600


class Box(msgspec.Struct, forbid_unknown_fields=True):
    unit: str
    port: Port = msgspec.field(default_factory=Port)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "box.toml"
    path.write_text(text)
    return path


def test_file_then_overrides_then_defaults(tmp_path: Path) -> None:
    path = write(tmp_path, 'unit = "u1"\n[port]\nbaud = 19200\n')
    assert settings.load(Box, path, {"unit": None}) == Box("u1", Port(baud=19200))
    assert settings.load(Box, path, {"unit": "u2"}).unit == "u2"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('unit = "u1"\n\ncolour = 3\n', 3, "unknown field `colour`"),
        ('unit = "u1"\n[port]\n# speed\nbuad = 3\n', 4, "unknown field `buad`"),
        ('unit = "u1"\n[port]\nbaud = "fast"\n', 3, "Expected `int`, got `str`"),
        ("unit = 5\n", 1, "Expected `str`, got `int`"),
        ('unit = "u1"\n[prot]\nbaud = 1\n', 2, "unknown field `prot`"),
    ],
)
def test_the_line_of_the_fault_is_named(tmp_path: Path, text: str, line: int, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        settings.load(Box, path)
    assert f"box.toml:{line}" in caught.value.line()
    assert said in caught.value.line()
    assert caught.value.exit_code == 2


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="missing required field `unit`"):
        settings.load(Box, write(tmp_path, ""))


def test_broken_toml_missing_file_and_binary_are_one_line_each(tmp_path: Path) -> None:
    for path in (write(tmp_path, "unit = \n"), tmp_path / "nowhere.toml", tmp_path):
        with pytest.raises(SettingsError) as caught:
            settings.load(Box, path)
        assert "\n" not in caught.value.line()
        assert str(path) in caught.value.line()
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\0")
    with pytest.raises(SettingsError, match="not UTF-8"):
        settings.load(Box, binary)
