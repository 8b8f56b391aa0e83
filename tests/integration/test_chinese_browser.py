"""Every page of `dashboard/src/routes.ts` in Chinese, with something on it: no English words are left but names, units,
codes, what people wrote and what is on record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from clinician_api.access import Role
from tests.integration.ward_world import CLINICAL, LONG, Ward, go, ward

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# What is the same in both languages, each as a whole or between what is Chinese.
KEPT: Final = re.compile(
    "|".join(
        [
            # Before its first word alone, which is a name.
            r"homehd patients limits",
            # Names: of people, clinics, homes, zones, this product, and what the test's people said.
            r"Ada Example|" + CLINICAL + r"|(?:administrator|operations) of (?:None|\d)|Clinic \d|Home u-\d|u-\d",
            rf"(?:[a-z'-]+ ){{1,2}}{LONG}|Europe/Berlin|homehd|English|\bEN\b|no home is heard|\S+@example\.org|localhost://…|Browser",
            # Units, keys and formats; numbers of rules by their names.
            r"\b(?:mmHg(?:/h)?|mL(?:/kg)?(?:/min|/h)?|mS/cm|kg|min|GB|Kt/V|spKt/V|Esc|Ctrl|Home|UTC|chrony|CSV|NDJSON|GMT)\b",
            r"\b[a-z]+(?:_[a-z0-9]+)* [\d.]+(?:, )?",
            # What a box says of itself, as it says it.
            rf"agent started: version (?:[a-z]+ )*{LONG}",
            # What is typed into a command line or a setting, and where to read on.
            r"`[^`]*`|push_contact|docs/operations/\S+\.md",
            # The record's own words for deeds and their subjects.
            r"look at [a-z ]+|add rota|(?:user|patient|rota|os)s?:\s*\w+",
        ]
    )
)
# Whatever can be read or is read out, but of the record: its English stands beside its Chinese.
SEEN: Final = """() => {
  for (const one of document.querySelectorAll('details')) one.open = true;
  const said = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const inside = walk.currentNode.parentElement.closest('script, style, [data-testid=recorded]');
    if (inside === null) said.push(walk.currentNode.textContent);
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
    for (const one of document.querySelectorAll(`[${name}]:not(span[lang])`)) said.push(one.getAttribute(name));
  return [...new Set(said.map(one => one.trim()))];
}"""
REASON: Final = "Venous pressure 261 mmHg, above 250 mmHg, for 15 s"
PEOPLE: Final = (Role.NEPHROLOGIST, Role.ADMINISTRATOR, Role.OPERATIONS)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with ward(tmp_path_factory.mktemp("ward")) as running:
        running.world.api.raise_alert(running.world.units["u-1"], reason=REASON)
        running.notifier.settle()
        yield running


def english(page: Page) -> list[str]:
    return [text for text in page.evaluate(SEEN) if re.search("[A-Za-z]{2}", KEPT.sub("", text))]


@pytest.mark.parametrize("role", PEOPLE)
def test_every_page_speaks_chinese(browser: Browser, here: Ward, role: Role) -> None:
    page, _ = here.open(browser, role, locale="zh-CN")
    found = []
    for name, address in here.pages.items():
        go(page, name if name != "notice" else "notices", address)
        page.evaluate(SEEN)  # what is opened asks for what is in it
        page.wait_for_load_state("networkidle")
        found += [f"{name}: {text}" for text in english(page)]
    assert not found, "\n".join(found)
    page.context.close()


def test_an_english_sentence_is_found(browser: Browser, here: Ward) -> None:
    page, _ = here.open(browser, Role.NEPHROLOGIST, locale="zh-CN")
    go(page, "wall", here.pages["wall"])
    before = english(page)
    page.locator("#content").evaluate("content => content.append('somebody has to know now')")
    assert set(english(page)) - set(before) == {"somebody has to know now"}
    page.context.close()
