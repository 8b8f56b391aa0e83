"""The alerting rules are sound, fire when they should, and speak of figures that there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from clinician_api.metrics import Metrics as ApiMetrics
from courier.metrics import Metrics as CourierMetrics
from ingest.metrics import Metrics as IngestMetrics
from notifier.metrics import Metrics as NotifierMetrics
from registrar.metrics import Metrics as RegistrarMetrics
from tests.conftest import require

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy/prometheus/homehd.rules.yml"
CASES = Path(__file__).parent / "homehd.rules.test.yml"
PAGE = ROOT / "docs/operations/metrics.md"
_KINDS = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    require(found, "promtool", "apt-get install prometheus")
    assert found
    return found


def families(registry: CollectorRegistry) -> dict[str, set[str]]:
    """Every figure of a service and the names under which Prometheus knows it."""
    return {m.name: {m.name + suffix for suffix in _KINDS[m.type]} for m in registry.collect()}


def known() -> dict[str, set[str]]:
    services = (IngestMetrics(), ApiMetrics(), NotifierMetrics(), RegistrarMetrics(), CourierMetrics())
    return {name: samples for one in services for name, samples in families(one.registry).items()}


def named(text: str) -> set[str]:
    return set(re.findall(r"\bhomehd_(?:ingest|api|notifier|registrar|hl7)_\w+", text))


@pytest.mark.parametrize("path", [RULES, PAGE], ids=lambda path: path.name)
def test_only_figures_that_there_are_are_named(path: Path) -> None:
    found = named(path.read_text("utf-8"))
    there = {sample for samples in known().values() for sample in samples} | set(known())
    assert len(found) > 15
    assert found <= there, f"{path.name} names what no service has: {sorted(found - there)}"


def test_every_figure_is_on_the_page() -> None:
    found = named(PAGE.read_text("utf-8"))
    missing = {name for name, samples in known().items() if not found & {name, *samples}}
    assert not missing, f"nobody will know what these mean: {sorted(missing)}"


def test_the_rules_are_rules(promtool: str) -> None:
    done = subprocess.run([promtool, "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_fires_when_it_should_and_not_otherwise(promtool: str, tmp_path: Path) -> None:
    alerts = set(re.findall(r"- alert: (\w+)", RULES.read_text("utf-8")))
    cases = CASES.read_text("utf-8")
    healthy, _, troubled = cases.partition("\n  - name: an owner is gone")
    assert {alert for alert in alerts if f"alertname: {alert}}}" not in healthy} == set(), "a healthy system has none"
    assert {alert for alert in alerts if alert not in troubled} == set(), "each has a case in which it fires"
    file = tmp_path / "cases.yml"
    file.write_text(cases.replace("RULES", str(RULES)))
    done = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
