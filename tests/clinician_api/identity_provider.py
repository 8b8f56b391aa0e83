"""The real OpenID provider (npm `oidc-provider`) as a process of a test, and a person's way through its pages."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import httpx
import msgspec
import pytest

from clinician_api.settings import ApiOptions
from clinician_api.signin.options import HospitalOptions
from dashboard.hatch_build import toolchain

FOLDER: Final = Path(__file__).parent / "provider"
PEOPLE: Final[dict[str, dict[str, Any]]] = {
    "nora": {"email": "nora@hospital.example", "email_verified": True, "name": "Nora", "groups": ["HD-NURSE"],
             "ward": "W1"},
    "cleo": {"email": "cleo@hospital.example", "email_verified": True, "name": "Cleo", "groups": ["CLEANING"],
             "ward": "W1"},
    "uma": {"email": "nora@hospital.example", "email_verified": False, "name": "Uma", "groups": ["HD-NURSE"],
            "ward": "W1"},
    "nowhere": {"email": "n@hospital.example", "email_verified": True, "name": "N", "groups": ["HD-NURSE"],
                "ward": "W9"},
}  # fmt: skip


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def hospital_options(issuer: str, public_url: str, **changed: Any) -> HospitalOptions:
    """Settings as a hospital would write them."""
    base = HospitalOptions(
        issuer=issuer, client_id="homehd", client_secret="s3cret of a test", public_url=public_url,
        name="St Example", role_claim="groups", roles={"HD-DOC": "nephrologist", "HD-NURSE": "nurse"},
        clinic_claim="ward", clinics={"W1": "Clinic 1", "W9": "Clinic 9"}, unknown="make",
    )  # fmt: skip
    return msgspec.structs.replace(base, **changed)


def at(options: ApiOptions, issuer: str, host: str = "127.0.0.1", **changed: Any) -> ApiOptions:
    """The API's settings, with a port of its own and that provider."""
    port = free_port()
    url = f"http://{host}:{port}"
    hospital = hospital_options(issuer, url, **changed)
    return msgspec.structs.replace(options, port=port, public_url=url, hospital=hospital)


@contextmanager
def real_provider(port: int, public_url: str) -> Iterator[str]:
    """The provider, running; its issuer."""
    tools = toolchain()
    if not (FOLDER / "node_modules" / ".package-lock.json").exists():
        subprocess.run([*tools.npm, "ci", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, capture_output=True)
    settings = {
        "port": port, "redirect": f"{public_url}/api/oidc/callback", "home": f"{public_url}/",
        "secret": "s3cret of a test", "people": PEOPLE,
    }  # fmt: skip
    command = [str(tools.bin_dir / "node"), "provider.mjs", json.dumps(settings)]
    process = subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "listening":
                break
        else:
            pytest.fail("the provider did not start")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def walk(browser: httpx.Client, start: str, login: str, home: str) -> str:
    """As a person goes: from `start` through the provider's pages; the address of ours that the way back begins at."""
    address = start
    for _ in range(12):
        if address.startswith(f"{home}/api/oidc/callback"):
            return address
        answer = browser.get(address)
        if answer.is_redirect:
            address = urljoin(address, answer.headers["location"])
            continue
        form = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
        assert form is not None, answer.text[:500]
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
        if 'name="login"' in answer.text:
            fields |= {"login": login, "password": "any"}
        posted = browser.post(urljoin(address, unescape(form[1])), data=fields)
        assert posted.is_redirect, posted.text[:300]
        address = urljoin(address, posted.headers["location"])
    raise AssertionError("the provider leads nowhere")
