"""Those who walk every page: each page is shown to somebody whose it is, in a browser that is opened once."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page, expect

from clinician_api.access import Role
from tests.integration.page_list import reader
from tests.integration.ward_world import Ward, go


class Walkers:
    """`options`: of their browsers."""

    def __init__(self, browser: Browser, here: Ward, **options: Any) -> None:
        self._browser, self._here, self._options = browser, here, options
        self._pages: dict[Role, tuple[Page, list[str]]] = {}

    def of(self, name: str) -> Page:
        """The browser of whoever walks that page."""
        role = reader("notices" if name == "notice" else name)
        if role not in self._pages:
            self._pages[role] = self._here.open(self._browser, role, **self._options)
        return self._pages[role][0]

    def visit(self, name: str) -> Page:
        """The page as it is shown there; AssertionError where it says that it is not for them."""
        page = self.of(name)
        go(page, name, self._here.pages[name])
        expect(page.get_by_test_id("not-for-role")).to_have_count(0)
        return page

    def close(self) -> list[str]:
        """Their browsers; what their consoles complained of."""
        for page, _ in self._pages.values():
            page.context.close()
        return [line for _, complaints in self._pages.values() for line in complaints]
