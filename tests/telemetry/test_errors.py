"""An error is one line a person can act on."""

from __future__ import annotations

from telemetry.errors import HomehdError, SettingsError, WireError


def test_the_line_says_what_where_and_what_to_do() -> None:
    error = HomehdError("open serial port", "/dev/ttyUSB0", hint="is the cable in?")
    assert error.line() == str(error) == "open serial port: /dev/ttyUSB0 – is the cable in?"


def test_it_stays_one_line_whatever_it_is_given() -> None:
    assert "\n" not in HomehdError("a\nb", "c\r\nd", hint="e\n\nf").line()


def test_wrong_settings_exit_with_2_and_the_rest_with_1() -> None:
    assert (SettingsError("x").exit_code, WireError("x").exit_code) == (2, 1)
