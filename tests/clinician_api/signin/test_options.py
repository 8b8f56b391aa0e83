"""Settings of the hospital's provider that cannot work, or are not safe."""

from __future__ import annotations

import pytest

from clinician_api.signin.options import HospitalOptions, check_url


@pytest.mark.parametrize(
    "url",
    ["", "id.example", "http://id.example", "ftp://id.example", "https://", "https://id.example/?a=b", "https://x/#f"],
)
def test_an_address_that_anybody_could_listen_at_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        check_url("issuer", url)


def test_this_machine_needs_no_tls() -> None:
    for url in ("http://127.0.0.1:9/realm", "http://localhost:9", "https://id.example/realm"):
        check_url("issuer", url)


def test_openid_is_always_asked_for_and_once() -> None:
    options = HospitalOptions("https://id.example", "homehd", "https://hd.example/", scopes=("email", "openid"))
    assert options.scope == "openid email"
    assert options.redirect_uri == "https://hd.example/api/oidc/callback"
