"""Settings of the hospital's provider, put together for the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from clinician_api.signin.options import HospitalOptions
from homehd.settings import ServerSettings
from telemetry.errors import SettingsError


def options(loaded: ServerSettings) -> HospitalOptions | None:
    """None where no provider is named; SettingsError for what cannot work, or is not safe."""
    if not loaded.oidc_issuer:
        return None
    if not loaded.oidc_client_id or not loaded.dashboard_url:
        hint = "signing in by the hospital needs oidc_client_id and dashboard_url, too"
        raise SettingsError("read settings", "oidc_issuer", hint=hint)
    said: dict[str, Any] = {
        "issuer": loaded.oidc_issuer, "client_id": loaded.oidc_client_id, "public_url": loaded.dashboard_url,
        "client_secret": _secret(loaded), "name": loaded.oidc_name, "scopes": loaded.oidc_scopes,
        "role_claim": loaded.oidc_role_claim, "roles": loaded.oidc_roles, "allowed_roles": loaded.oidc_allowed_roles,
        "clinic_claim": loaded.oidc_clinic_claim, "clinics": loaded.oidc_clinics, "unknown": loaded.oidc_unknown,
        "trust_email": loaded.oidc_trust_email,
    }  # fmt: skip
    try:
        return msgspec.convert({name: value for name, value in said.items() if value is not None}, HospitalOptions)
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingsError("read settings", "oidc_…", hint=str(error)) from error


def _secret(loaded: ServerSettings) -> str | None:
    if not loaded.oidc_client_secret_file:
        return loaded.oidc_client_secret
    path = Path(loaded.oidc_client_secret_file).expanduser()
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("read settings", str(path), hint=f"the provider's client secret: {error}") from error
