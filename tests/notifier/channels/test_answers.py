"""What receivers' answers mean."""

from __future__ import annotations

import pytest

from notifier.channels import answers

NOW_US = 1_700_000_000_000_000  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 413, 418, 429, 500, 502, 503])
def test_what_may_be_mended_is_tried_again(status: int) -> None:
    error = answers.refusal(status, 7.0)
    assert (error.permanent, error.recoverable, error.retry_after_s) == (False, True, 7.0)
    assert str(status) in error.why


def test_gone_is_gone() -> None:
    assert answers.refusal(410).permanent
    assert answers.refusal(404, gone=frozenset({404, 410})).permanent


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None), ("", None), ("soon", None), ("-5", None), ("120", 120.0), (" 0 ", 0.0), ("9" * 30, 999_999_999.0),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0), ("Tue, 14 Nov 2023 22:13:50 -0000", 30.0),
        ("Tue, 14 Nov 2023 21:00:00 GMT", 0.0), ("²", None),
    ],
)  # fmt: skip
def test_retry_after(text: str | None, seconds: float | None) -> None:
    assert answers.retry_after_s(text, NOW_US) == seconds
