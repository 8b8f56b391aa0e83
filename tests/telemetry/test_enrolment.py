from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import enrolment
from telemetry.enrolment import EnrolmentCode
from telemetry.errors import SettingsError

CODE = EnrolmentCode("enrol.example.org:8443", "hab3cdefgh", "a" * 25 + "7", bytes(range(32)))


def test_what_is_printed_can_be_pasted() -> None:
    text = CODE.text()
    assert text.startswith("homehd-enrol:enrol.example.org:8443,hab3cdefgh.aaaa")
    assert enrolment.parse(text) == CODE
    assert enrolment.parse(f"  {text[:40]}\n  {text[40:]} ") == CODE, "as a mail program breaks it"
    assert not set(text) & set("'\"$`\\ &;|<>()*?!#"), "nothing that a shell takes for its own"


def test_an_address_in_any_notation() -> None:
    for where in ("10.0.0.1:8443", "[fd00::1]:8443", "registrar:443"):
        assert enrolment.parse(EnrolmentCode(where, "h2", CODE.secret, CODE.fingerprint).text()).where == where


def test_three_parts_make_the_same_code() -> None:
    hexadecimal = CODE.fingerprint.hex(":").upper()
    assert enrolment.assemble(CODE.where, CODE.code, hexadecimal) == CODE


@given(st.data())
def test_one_wrong_character_is_found_before_anybody_is_asked(data: st.DataObject) -> None:
    text = CODE.text()
    at = data.draw(st.integers(len(enrolment.PREFIX), len(text) - 1))
    other = data.draw(st.sampled_from("abcdefgh234567.,:").filter(lambda c: c != text[at]))
    with pytest.raises(SettingsError) as caught:
        enrolment.parse(text[:at] + other + text[at + 1 :])
    assert CODE.secret not in caught.value.line()


@given(st.text(max_size=200))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(SettingsError, match="read enrolment code"):
        enrolment.parse(enrolment.PREFIX + text)
    with pytest.raises(SettingsError):
        enrolment.parse(text)


@pytest.mark.parametrize(
    ("where", "code", "fingerprint"),
    [
        ("host", CODE.code, "0" * 64),
        ("host:0", CODE.code, "0" * 64),
        ("host:99999", CODE.code, "0" * 64),
        ("https://host:1", CODE.code, "0" * 64),
        ("host:1", CODE.secret, "0" * 64),
        ("host:1", f"UNIT.{CODE.secret}", "0" * 64),
        ("host:1", "h2.short", "0" * 64),
        ("host:1", CODE.code, "0" * 62),
        ("host:1", CODE.code, "zz"),
    ],
)
def test_parts_that_cannot_be(where: str, code: str, fingerprint: str) -> None:
    with pytest.raises(SettingsError):
        enrolment.assemble(where, code, fingerprint)


def test_secrets_differ_and_are_not_shown() -> None:
    made = {enrolment.new_secret() for _ in range(100)}
    assert len(made) == 100 and {len(secret) for secret in made} == {enrolment.SECRET_CHARACTERS}
    assert 5 * enrolment.SECRET_CHARACTERS >= 128
    assert CODE.secret not in repr(CODE) + str(CODE)
    assert CODE.digest == enrolment.digest(CODE.code) != enrolment.digest(CODE.code + "x")
