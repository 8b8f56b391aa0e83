"""Every reason once, in virtual time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from registrar.decisions import MOST_A_DAY, TEXTS, Again, Issue, Refusal, on_enrolment, on_renewal
from store.certificates import LockedUnit, StoredCertificate, StoredCode

DAY_US = 86_400_000_000
NOW_US = 1_750_000_000_000_000
UNIT = LockedUnit(1, "k7m2qx4d", 17, None)
CODE = StoredCode(UNIT.name, "", NOW_US + 7 * DAY_US, None, None, None)
HELD = StoredCertificate("aa", "unit", 1, UNIT.name, b"k" * 32, "PEM", NOW_US - 60 * DAY_US, NOW_US + 30 * DAY_US)
USED = replace(CODE, used_us=NOW_US, serial=HELD.serial)
REVOKED = replace(HELD, revoked_us=NOW_US)
OVER = replace(HELD, until_us=NOW_US)


@pytest.mark.parametrize(
    ("code", "unit", "had", "of_key", "verdict"),
    [
        (CODE, UNIT, [], None, Issue()),
        (CODE, UNIT, [HELD], None, Issue()),
        (replace(CODE, expires_us=NOW_US), UNIT, [], None, Refusal.EXPIRED_CODE),
        (replace(CODE, expires_us=NOW_US + 1), UNIT, [], None, Issue()),
        (replace(CODE, withdrawn_us=1), UNIT, [], None, Refusal.WITHDRAWN_CODE),
        (CODE, replace(UNIT, revoked_us=1), [], None, Refusal.REVOKED),
        (CODE, UNIT, [REVOKED], REVOKED, Refusal.KEY_USED),
        (USED, UNIT, [HELD], HELD, Again(HELD)),
        (replace(USED, expires_us=1), UNIT, [HELD], HELD, Again(HELD)),
        (USED, UNIT, [HELD], None, Refusal.USED_CODE),
        (USED, UNIT, [HELD], replace(HELD, serial="bb"), Refusal.USED_CODE),
        (USED, UNIT, [REVOKED], REVOKED, Refusal.WITHDRAWN_CODE),
        (USED, UNIT, [REVOKED], None, Refusal.WITHDRAWN_CODE),
        (USED, UNIT, [OVER], OVER, Refusal.USED_CODE),
        (USED, replace(UNIT, revoked_us=1), [HELD], HELD, Refusal.REVOKED),
    ],
)
def test_enrolment(code: object, unit: object, had: object, of_key: object, verdict: object) -> None:
    assert on_enrolment(code, unit, had, of_key, NOW_US) == verdict  # type: ignore[arg-type]


MANY = [replace(HELD, serial=str(n), issued_us=NOW_US - DAY_US + 1 + n) for n in range(MOST_A_DAY)]


@pytest.mark.parametrize(
    ("unit", "shard", "had", "of_key", "verdict"),
    [
        (UNIT, 17, [HELD], None, Issue()),
        (UNIT, 17, [REVOKED, HELD], None, Issue()),
        (None, 17, [], None, Refusal.UNKNOWN_UNIT),
        (UNIT, 18, [HELD], None, Refusal.UNKNOWN_UNIT),
        (replace(UNIT, revoked_us=1), 17, [HELD], None, Refusal.REVOKED),
        (UNIT, 17, [], None, Refusal.NO_CURRENT),
        (UNIT, 17, [REVOKED], None, Refusal.NO_CURRENT),
        (UNIT, 17, [OVER], None, Refusal.NO_CURRENT),
        (UNIT, 17, [HELD], HELD, Again(HELD)),
        (UNIT, 17, [REVOKED, replace(HELD, serial="bb")], REVOKED, Refusal.KEY_USED),
        (UNIT, 17, [HELD], replace(HELD, unit_id=2), Refusal.KEY_USED),
        (UNIT, 17, [HELD, *MANY], None, Refusal.TOO_MANY),
        (UNIT, 17, [HELD, *MANY], MANY[0], Again(MANY[0])),
        (UNIT, 17, [HELD, *MANY[1:]], None, Issue()),
    ],
)
def test_renewal(unit: object, shard: int, had: object, of_key: object, verdict: object) -> None:
    # Proven by the newest, whatever it is worth.
    proven_by = had[-1] if had else None  # type: ignore[index]
    assert on_renewal(unit, shard, had, of_key, proven_by, NOW_US) == verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("proven_by", "verdict"),
    [
        (HELD, Issue()),
        (None, Refusal.NOT_PROVEN),
        (replace(REVOKED, serial="bb"), Refusal.NOT_PROVEN),
        (replace(OVER, serial="cc"), Refusal.NOT_PROVEN),
        (replace(HELD, serial="dd", unit_id=2), Refusal.NOT_PROVEN),
    ],
)
def test_a_renewal_is_proven_by_a_certificate_of_the_unit_that_stands(proven_by: object, verdict: object) -> None:
    had = [HELD, replace(REVOKED, serial="bb"), replace(OVER, serial="cc")]
    for of_key in (None, HELD):
        expected = Again(HELD) if of_key and verdict == Issue() else verdict
        assert on_renewal(UNIT, 17, had, of_key, proven_by, NOW_US) == expected  # type: ignore[arg-type]


def test_every_reason_has_words_for_the_person() -> None:
    assert set(TEXTS) == set(Refusal)
