from __future__ import annotations

from dataclasses import replace

from homehd.readings_kept import finding
from store.editions import Edition
from store.facts import Keeping, Server

PLAIN, WITH = Server("17.5", None), Server("17.5", "2.19.3")
FULL = Keeping(
    Edition.COMMUNITY, "16 days", 30, 90, minutes=True, minutes_until_us=1_749_999_600_000_000, retention_days=400
)


def test_each_edition_is_named_with_what_is_in_force() -> None:
    native = finding(PLAIN, Keeping(Edition.NATIVE))
    assert (native.level, native.text) == ("ok", "not installed: native daily partitions are used")
    apache = finding(WITH, Keeping(Edition.APACHE))
    assert (
        apache.text == "TimescaleDB 2.19.3, apache edition: a hypertable, days are not compressed, no minutes are kept"
    )
    assert finding(WITH, FULL).text == (
        "TimescaleDB 2.19.3, community edition: days are compressed after 16 days, 30 of 90 are; "
        "minutes are kept up to 2025-06-15 15:00 UTC; readings are kept for 400 days"
    )


def test_what_was_taken_away_is_told() -> None:
    bare = replace(FULL, compressed_after=None, minutes=False, retention_days=None)
    assert finding(WITH, bare).text.endswith(
        "days are not compressed any more, 30 of 90 are; no minutes are kept; readings are kept for ever"
    )
    assert "minutes are kept, none yet" in finding(WITH, replace(FULL, minutes_until_us=None)).text


def test_an_extension_that_is_not_used_is_a_warning() -> None:
    found = finding(WITH, Keeping(Edition.NATIVE))
    assert (found.level, "how to move" in found.hint) == ("warn", True)


def test_a_job_that_fails_is_a_warning() -> None:
    found = finding(WITH, replace(FULL, failed_jobs=("policy_compression",)))
    assert (found.level, "failed: policy_compression" in found.text) == ("warn", True)
