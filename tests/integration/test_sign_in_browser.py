"""Signing in as people do, in a real Chromium: by the hospital's real provider, and by password and passkey.

The passkeys are those of Chromium's own virtual authenticator (WebAuthn over its debugging protocol).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from clinician_api.access import Role
from clinician_api.settings import STATIC_DIR, ApiOptions
from tests.clinician_api.conftest import NOWHERE, PASSWORD, Api, start_api
from tests.clinician_api.identity_provider import at, free_port, real_provider

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def options(database_url: str, **changed: Any) -> ApiOptions:
    base = ApiOptions(
        database_url=database_url, broker_url=NOWHERE, port=0, metrics_port=None, static_dir=STATIC_DIR, recheck_s=0.3
    )
    return msgspec.structs.replace(base, **changed)


@contextmanager
def page_of(browser: Browser, **changed: Any) -> Iterator[tuple[Page, list[str]]]:
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **changed})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page, complaints
    finally:
        context.close()


def test_by_the_hospital_there_and_back_and_out_again(database_url: str, browser: Browser) -> None:
    port = free_port()
    asked = at(options(database_url), f"http://127.0.0.1:{port}")
    assert asked.public_url is not None
    with ExitStack() as stack:
        stack.enter_context(real_provider(port, asked.public_url))
        api = start_api(stack, asked)
        page, complaints = stack.enter_context(page_of(browser))
        page.goto(f"{api.url}/")
        page.get_by_role("link", name="Sign in with St Example").click()
        page.get_by_placeholder("Enter any login").fill("nora")
        page.get_by_placeholder("and password").fill("any")
        page.get_by_role("button", name="Sign-in").click()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible(timeout=15_000)
        assert page.url.startswith(api.url)
        expect(page.locator("header")).to_contain_text("Nora")
        page.goto(f"{api.url}/#/devices")
        expect(page.locator('[data-testid="session"][data-this="true"]')).to_contain_text("by the hospital")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"http://127.0.0.1:{port}/session/end*")
        assert complaints == [], "also of the Content-Security-Policy"
        # The way back without a round of this browser ends on a page that says so.
        page.goto(f"{api.url}/api/oidc/callback?state=forged&code=forged")
        expect(page.get_by_test_id("reason")).to_contain_text("begun elsewhere, has been used, or took too long")


def test_while_the_provider_is_down_the_page_says_so(database_url: str, browser: Browser) -> None:
    with ExitStack() as stack:
        api = start_api(stack, at(options(database_url), f"http://127.0.0.1:{free_port()}"))
        page, _ = stack.enter_context(page_of(browser, viewport={"width": 390, "height": 844}))
        page.goto(f"{api.url}/")
        page.get_by_role("link", name="Sign in with St Example").click()
        expect(page.get_by_test_id("reason")).to_contain_text("The hospital's sign-in does not answer")
        page.get_by_label("E-mail").fill(api.account(Role.ADMINISTRATOR))
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible(timeout=15_000)


def log_in(page: Page, api: Api, home: str) -> None:
    page.goto(f"{home}/")
    page.get_by_label("E-mail").fill(api.account(Role.NURSE, 1, "Nora"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_first_passkey_then_password_and_passkey_and_none_without_it(database_url: str, browser: Browser) -> None:
    port = free_port()
    home = f"http://localhost:{port}"  # browsers make passkeys for names only
    with ExitStack() as stack:
        api = start_api(stack, options(database_url, port=port, public_url=home, second_factor_roles=("nurse",)))
        page, complaints = stack.enter_context(page_of(browser))
        cdp = page.context.new_cdp_session(page)
        cdp.send("WebAuthn.enable")
        device = {
            "protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }  # fmt: skip
        number = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": device})["authenticatorId"]
        log_in(page, api, home)
        expect(page.get_by_role("heading", name="Make a passkey")).to_be_visible()
        page.goto(f"{home}/#/alerts")
        page.reload()
        expect(page.get_by_label("E-mail")).to_be_visible()  # nothing else can be reached meanwhile
        log_in(page, api, home)
        page.get_by_label("What you call it").fill("Nora's key")
        page.get_by_role("button", name="Make passkey").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible(timeout=15_000)
        assert len(cdp.send("WebAuthn.getCredentials", {"authenticatorId": number})["credentials"]) == 1
        page.goto(f"{home}/#/devices")
        expect(page.get_by_test_id("passkey")).to_contain_text("Nora's key")
        # The last one stays, because of the role.
        page.get_by_test_id("passkey").locator('[data-action="remove-ask"]').click()
        page.get_by_test_id("passkey").locator('[data-action="remove"]').click()
        expect(page.get_by_test_id("passkeys").get_by_role("alert")).to_contain_text("your role must have one")
        page.get_by_role("button", name="Sign out").click()
        log_in(page, api, home)
        expect(page.get_by_role("button", name="Sign out")).to_be_visible(timeout=15_000)
        page.goto(f"{home}/#/devices")
        expect(page.locator('[data-testid="session"][data-this="true"]')).to_contain_text("by password and passkey")
        page.get_by_role("button", name="Sign out").click()
        # A thief has the password, and another key.
        cdp.send("WebAuthn.clearCredentials", {"authenticatorId": number})
        cdp.send("WebAuthn.setUserVerified", {"authenticatorId": number, "isUserVerified": False})
        log_in(page, api, home)
        expect(page.get_by_role("alert")).to_contain_text("Nothing came of it", timeout=15_000)
        page.get_by_role("button", name="Back to the password").click()
        expect(page.get_by_label("E-mail")).to_be_visible()
        assert complaints == []
