"""Settings of signing in: the hospital's provider, and for whom a password is not enough. Checked when read."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec

from clinician_api.access import Role

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
CALLBACK: Final = "/api/oidc/callback"
# In place of a clinic's name in the mapping.
ALL_CLINICS: Final = "*"


class HospitalOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The identity provider of a hospital.

    Attributes:
        issuer: as it stands in the provider's own discovery document, to the letter.
        client_id, client_secret: as the provider registered us; without a secret we are a public client (PKCE alone).
        public_url: where people open the dashboard; the provider sends them back there.
        name: the hospital's, on the sign-in page.
        scopes: asked for; `openid` is always among them.
        role_claim: which claim says the role, `groups` or `realm_access.roles`; "" = the account here says it.
        roles: value of that claim -> role here; of several the first in this order.
        clinic_claim, clinics: likewise the clinic, by its name here, or ALL_CLINICS for roles that may have all; "" =
            the account here says it. Whoever has none of the values does not come in.
        allowed_roles: who may come in this way at all.
        unknown: what becomes of somebody who has no account here: "refuse", or "make" one from the claims.
        trust_email: believe an e-mail address that the provider does not call verified. Only where people cannot
            choose their address at the provider themselves: by it they are found here the first time.
        timeout_s: how long an answer of the provider may take.
    """

    issuer: str
    client_id: Annotated[str, msgspec.Meta(min_length=1)]
    public_url: str
    client_secret: str = ""
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] = "the hospital"
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    role_claim: str = ""
    roles: dict[str, str] = {}
    clinic_claim: str = ""
    clinics: dict[str, str] = {}
    allowed_roles: tuple[str, ...] = tuple(str(role) for role in Role if role not in (Role.KIOSK, Role.PATIENT))
    unknown: Literal["refuse", "make"] = "refuse"
    trust_email: bool = False
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=30)] = 5.0

    def __post_init__(self) -> None:
        """ValueError for what cannot work, or is not safe."""
        for what, url in (("issuer", self.issuer), ("public URL", self.public_url)):
            check_url(what, url)
        people = {str(role) for role in Role} - {str(Role.KIOSK)}
        wrong = sorted({*self.roles.values(), *self.allowed_roles} - people)
        if wrong:
            raise ValueError(f"no such role: {', '.join(wrong)}; there are {', '.join(sorted(people))}")
        if bool(self.role_claim) != bool(self.roles):
            raise ValueError("which claim says the role and which value means which role belong together")
        if bool(self.clinic_claim) != bool(self.clinics):
            raise ValueError("which claim says the clinic and which value means which clinic belong together")
        if self.unknown == "make" and not self.role_claim:
            raise ValueError("accounts can be made from claims only where a claim says the role")

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends people back; it must be registered there."""
        return self.public_url.rstrip("/") + CALLBACK

    @property
    def scope(self) -> str:
        """As it is asked for."""
        return " ".join(dict.fromkeys(("openid", *self.scopes)))


def check_url(what: str, url: str) -> None:
    """ValueError unless it is https://host, or http:// of this machine (for tests); without query and fragment."""
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname in _LOOPBACK and not (parts.query or parts.fragment):
        return
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"the {what} must be https://…, and nothing behind its path: {url!r}")
