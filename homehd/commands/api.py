"""`homehd api`: the clinicians' API and dashboard."""

from __future__ import annotations

import argparse
import os
from typing import Any

import msgspec

from clinician_api import server
from clinician_api.settings import ApiOptions, DemoLogin
from homehd import hospital_sign_in, paging, settings
from homehd.stopping import stop_event
from telemetry.clock import SystemClock
from telemetry.errors import SettingsError
from telemetry.steady_clock import SteadyClock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where it listens is in the environment or the settings file."""
    settings.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Blocks until SIGTERM."""
    loaded = settings.load(options)
    with settings.services(loaded) as where:
        api = _options(
            database_url=where.database_url,
            broker_url=where.broker_url,
            host=loaded.api_host,
            port=loaded.api_port,
            allowed_origins=tuple(loaded.allowed_origins),
            trusted_proxies=tuple(loaded.trusted_proxies),
            max_connections=loaded.api_connections,
            address_share=loaded.api_address_share,
            metrics_port=loaded.api_metrics_port,
            demo_accounts=_demo_accounts(),
            public_url=loaded.dashboard_url,
            hospital=hospital_sign_in.options(loaded),
            second_factor_roles=tuple(loaded.second_factor_roles),
            database_folders=loaded.data_folders,
            disk_limits=loaded.disk_limits,
        )
        clock = SystemClock()
        server.run(api, SteadyClock(clock), stop_event(), addresses=paging.push_addresses(loaded, clock))
    return 0


def _options(**values: Any) -> ApiOptions:
    try:
        return ApiOptions(**values)
    except ValueError as error:
        raise SettingsError("read settings", "the API's", hint=str(error)) from error


def _demo_accounts() -> tuple[DemoLogin, ...]:
    # Only `homehd demo` sets this, for the API it starts: a sign-in page that offers accounts is no login at all.
    text = os.environ.get("HOMEHD_DEMO_ACCOUNTS")
    if not text:
        return ()
    try:
        return msgspec.json.decode(text, type=tuple[DemoLogin, ...])
    except msgspec.MsgspecError as error:
        raise SettingsError("read settings", "HOMEHD_DEMO_ACCOUNTS", hint=str(error)) from error
