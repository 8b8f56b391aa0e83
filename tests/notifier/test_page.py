"""No name and no value gets into a page, whatever is handed in."""

from __future__ import annotations

import dataclasses
import typing
from enum import EnumType
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier import page
from notifier.page import Counts, Digest, Page, PageError, Site
from notifier.words import Language, Occasion
from telemetry.alarms import Priority
from telemetry.errors import SettingsError
from telemetry.rota import Audience

SITE = Site(url="https://hd.example.org/", label="")


def test_its_types_leave_no_room_for_a_name_or_a_value() -> None:
    kinds = typing.get_type_hints(Page)
    free = {name for name, kind in kinds.items() if not isinstance(kind, EnumType)}
    wanted = {"key", "receipt", "site", "digest", "counts"}
    assert free == wanted, "a new field wants a type that cannot hold a person's name"
    assert set(typing.get_type_hints(Digest).values()) == {int}, "counts of the work list, not of a home"
    assert set(typing.get_type_hints(Counts).values()) == {int}, "of how many, never what"
    assert {field.name for field in dataclasses.fields(Site)} == {"url", "label"}, "of the installation, not of a home"


@pytest.mark.parametrize(
    "text",
    [
        "Zhang Wei",
        "zhangwei",
        "张伟",
        "Abe",
        "ada",
        "dade",
        "120/80 mmHg",
        "1-2-3 x",
        "-1",
        "1-",
        "",
        "1" * 33,
        "1\n2",
        "R01",
    ],
)
def test_words_are_no_key(text: str) -> None:
    with pytest.raises(PageError):
        Page(text, Priority.HIGH)


@given(st.text(min_size=1))
def test_a_key_is_taken_only_when_it_can_be_no_word(text: str) -> None:
    try:
        Page(text, Priority.HIGH)
    except PageError:
        return
    assert set(text) <= set("0123456789abcdef-") and set(text) & set("0123456789") and len(text) <= 32


@pytest.mark.parametrize("receipt", ["zhangwei", "0" * 31, "0" * 65, "g" * 32])
def test_words_are_no_receipt(receipt: str) -> None:
    with pytest.raises(PageError):
        Page("1", Priority.HIGH, receipt=receipt)


def test_what_is_sent_is_the_same_for_every_home_but_for_key_and_receipt() -> None:
    for priority, audience, language, occasion in product(Priority, Audience, Language, Occasion):
        texts = set()
        for _ in range(3):
            key, receipt = uuid4().hex, uuid4().hex
            sent = Page(key, priority, audience, language, occasion, SITE, receipt)
            parts = (sent.title, sent.body, sent.text, sent.link, sent.receipt_url)
            texts.add(tuple(part.replace(key, "KEY").replace(receipt, "RECEIPT") for part in parts))
        assert len(texts) == 1


@pytest.mark.parametrize("count", ["Zhang Wei", "7", -1, 1.5, None])
def test_words_are_no_count(count: object) -> None:
    with pytest.raises(PageError):
        Counts(homes=count)  # type: ignore[arg-type]


def test_a_page_about_several_says_how_many() -> None:
    counts = Counts(homes=37, high=12, other=10**9)
    sent = Page("1", Priority.HIGH, occasion=Occasion.SEVERAL, site=SITE, counts=counts)
    assert sent.body.startswith("When sent: 12 of high priority, 9999 of medium priority, at 37 homes. Open the list")
    chinese = dataclasses.replace(sent, language=Language.CHINESE, counts=Counts(high=2))
    assert chinese.body.startswith("发送时：高优先级2项。请打开")
    assert "37" not in dataclasses.replace(sent, occasion=Occasion.CALL).body


def test_link_and_receipt_are_below_the_site() -> None:
    sent = Page("7-1", Priority.HIGH, site=SITE, receipt="ab" * 16)
    assert sent.link == "https://hd.example.org/deliveries/7-1"
    assert sent.receipt_url == "https://hd.example.org/api/receipts/" + "ab" * 16
    assert sent.text.endswith("\n" + sent.link)


def test_without_a_site_there_is_neither() -> None:
    sent = Page("7-1", Priority.HIGH, receipt="ab" * 16)
    assert (sent.link, sent.receipt_url, sent.text) == ("", "", sent.body)


def test_a_label_is_there_only_when_configured() -> None:
    assert Page("1", Priority.HIGH, site=Site(label="Unit B")).title.startswith("Unit B – High priority")
    assert Page("1", Priority.HIGH, site=SITE).title.startswith("High priority")


@pytest.mark.parametrize(
    "url", ["hd.example.org", "ftp://hd.example.org", "https://", "https://hd/?a=1", "https://hd/#a"]
)
def test_a_url_that_no_browser_opens(url: str) -> None:
    with pytest.raises(SettingsError, match="dashboard_url"):
        Site(url=url)


@pytest.mark.parametrize("label", ["x" * (page.MAX_LABEL + 1), "two\nlines"])
def test_a_label_that_is_no_label(label: str) -> None:
    with pytest.raises(SettingsError, match="page_label"):
        Site(label=label)


def test_a_digest_says_how_many_and_leads_to_the_list() -> None:
    page = Page("1", Priority.LOW, occasion=Occasion.DIGEST, site=SITE, digest=Digest(7, 2))
    assert page.text == "7 on the work list, the oldest for 2 days.\nhttps://hd.example.org/#/notices"
    assert not any(digit in page.title for digit in "0123456789")


@pytest.mark.parametrize("number", [-1, 10000, True, 1.0, "7"])
def test_nothing_but_small_whole_numbers_gets_into_a_digest(number: typing.Any) -> None:
    with pytest.raises(PageError):
        Digest(number, 0)
    with pytest.raises(PageError):
        Digest(0, number)
