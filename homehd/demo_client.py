"""A client that looks at the API as a browser does, to know when the first reading is on the wall."""

from __future__ import annotations

from http.cookiejar import CookieJar
from urllib.error import URLError
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, Request, build_opener

import msgspec

from clinician_api.settings import DemoLogin


class DemoClient:
    """Signs in with one demo account."""

    def __init__(self, url: str, account: DemoLogin) -> None:
        self.url = url
        self._account = account
        self._opener: OpenerDirector | None = None

    def shows_a_reading(self) -> bool:
        """Whether the wall has at least one reading; False while the API is not there yet."""
        try:
            if self._opener is None:
                self._opener = self._sign_in()
            with self._opener.open(f"{self.url}/api/units", timeout=5) as response:
                answer = msgspec.json.decode(response.read())
        except (URLError, OSError, msgspec.MsgspecError):
            return False
        return any(unit.get("reading") for unit in answer["units"])

    def _sign_in(self) -> OpenerDirector:
        opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))
        body = msgspec.json.encode({"email": self._account.email, "password": self._account.password})
        headers = {"Content-Type": "application/json", "Origin": self.url}
        with opener.open(Request(f"{self.url}/api/session", body, headers, method="POST"), timeout=10):
            return opener
