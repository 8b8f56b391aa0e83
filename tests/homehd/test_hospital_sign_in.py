"""Settings of the hospital's provider: what is put together, and what is refused with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homehd.hospital_sign_in import options
from homehd.settings import ServerSettings
from telemetry.errors import SettingsError

BASE: dict[str, Any] = {
    "oidc_issuer": "https://id.hospital.example", "oidc_client_id": "homehd", "dashboard_url": "https://hd.example",
}  # fmt: skip


def test_without_an_issuer_there_is_no_provider() -> None:
    assert options(ServerSettings(oidc_client_id="homehd")) is None


def test_the_secret_comes_from_a_file_and_the_mapping_from_the_settings(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("  s3cret\n")
    found = options(
        ServerSettings(
            **BASE,
            oidc_client_secret_file=str(secret),
            oidc_role_claim="groups",
            oidc_roles={"HD-N": "nurse"},
            oidc_unknown="make",
            oidc_allowed_roles=["nurse"],
        )
    )
    assert found is not None
    assert (found.client_secret, found.roles, found.allowed_roles) == ("s3cret", {"HD-N": "nurse"}, ("nurse",))
    assert found.redirect_uri == "https://hd.example/api/oidc/callback"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"oidc_client_id": None}, "oidc_client_id"),
        ({"dashboard_url": None}, "dashboard_url"),
        ({"oidc_issuer": "http://id.hospital.example"}, "https"),
        ({"dashboard_url": "http://hd.example"}, "https"),
        ({"oidc_role_claim": "groups"}, "belong together"),
        ({"oidc_role_claim": "groups", "oidc_roles": {"x": "kiosk"}}, "no such role: kiosk"),
        ({"oidc_unknown": "make"}, "a claim says the role"),
        ({"oidc_unknown": "perhaps"}, "perhaps"),
        ({"oidc_client_secret_file": "/nonexistent/secret"}, "client secret"),
    ],
)
def test_what_cannot_work_is_said(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        options(ServerSettings(**{**BASE, **changed}))
    assert says in caught.value.line()
