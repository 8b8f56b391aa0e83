"""The house keeps its own rules: every module has its test, files stay small, nothing private is committed."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from homehd.cli import VERBS

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "telemetry",
    "protocols",
    "store",
    "edge_agent",
    "ingest",
    "evaluation",
    "alerts",
    "interop",
    "clinician_api",
    "notifier",
    "courier",
    "simulators",
    "homehd",
)
MODULES = sorted(
    path.relative_to(ROOT)
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "static" not in path.parts and path.name not in ("__init__.py", "__main__.py")
)

# Modules without a test file of their own name, and the test that covers them.
COVERED_ELSEWHERE: dict[str, str] = {
    "store/unit_admin.py": "tests/clinician_api/routes/test_unit_admin.py",
    "telemetry/messages.py": "tests/telemetry/test_wire.py",
    "edge_agent/source.py": "tests/edge_agent/test_sources.py",
    # Verbs are thin: they are run as a person runs them.
    **{f"homehd/commands/{verb}.py": "tests/homehd/test_cli.py" for verb in VERBS},
    **{f"homehd/{name}.py": "tests/integration/test_selftest.py" for name in ("selftest", "probe_box")},
    **{
        f"clinician_api/administration/{name}.py": "tests/clinician_api/routes/test_users.py"
        for name in ("grants", "user_data", "models")
    },
    **{
        f"clinician_api/administration/{name}.py": "tests/clinician_api/routes/test_unit_admin.py"
        for name in ("unit_data", "unit_models")
    },
    "clinician_api/administration/audit_data.py": "tests/clinician_api/routes/test_audit.py",
    "clinician_api/administration/system_data.py": "tests/clinician_api/routes/test_system.py",
    "clinician_api/duty/duty_changes.py": "tests/clinician_api/routes/test_rota.py",
    "clinician_api/duty/duty_models.py": "tests/clinician_api/duty/test_duty_views.py",
    "clinician_api/duty/load_models.py": "tests/clinician_api/duty/test_load_views.py",
    "clinician_api/alerting/models.py": "tests/clinician_api/alerting/test_notice_views.py",
    "clinician_api/alerting/before_models.py": "tests/clinician_api/routes/test_before.py",
    "clinician_api/prescribing/models.py": "tests/clinician_api/prescribing/test_views.py",
    "clinician_api/notes/models.py": "tests/clinician_api/routes/test_notes.py",
    "clinician_api/notes/note_data.py": "tests/clinician_api/routes/test_notes.py",
    **{
        f"clinician_api/trends/{name}.py": "tests/clinician_api/routes/test_trends.py"
        for name in ("models", "trend_data")
    },
    **{
        f"clinician_api/fhir/{name}.py": "tests/clinician_api/routes/test_fhir.py"
        for name in ("fhir_data", "things", "courses", "looking")
    },
    "clinician_api/treatments/past_data.py": "tests/clinician_api/routes/test_timeline.py",
    "clinician_api/treatments/timeline_models.py": "tests/clinician_api/routes/test_timeline.py",
    "clinician_api/treatments/models.py": "tests/clinician_api/treatments/test_history.py",
    **{
        f"interop/fhir/{name}.py": "tests/interop/fhir/test_export.py"
        for name in ("codes", "devices", "people", "provenance")
    },
    "clinician_api/signing/models.py": "tests/clinician_api/signing/test_sign_off_views.py",
    # Whole rounds over HTTP, with the real provider and real passkeys.
    **{
        f"clinician_api/signin/{name}.py": "tests/clinician_api/routes/test_second_step.py"
        for name in ("second_factor", "passkey_checks", "signin_data", "models")
    },
    **{
        f"clinician_api/signin/{name}.py": "tests/clinician_api/routes/test_hospital.py"
        for name in ("hospital", "reasons")
    },
    "clinician_api/routes/own_passkeys.py": "tests/clinician_api/routes/test_second_step.py",
    "homehd/demo.py": "tests/integration/test_browser.py",
    "homehd/demo_client.py": "tests/integration/test_browser.py",
    "homehd/demo_accounts.py": "tests/homehd/test_demo_homes.py",
}


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_module_has_its_test(module: Path) -> None:
    elsewhere = COVERED_ELSEWHERE.get(str(module))
    expected = ROOT / elsewhere if elsewhere else ROOT / "tests" / module.parent / f"test_{module.name}"
    assert expected.is_file(), f"{module} wants {expected.relative_to(ROOT)}"


def test_the_list_of_exceptions_is_not_longer_than_it_need_be() -> None:
    for module, test in COVERED_ELSEWHERE.items():
        assert (ROOT / module).is_file(), module
        stem = Path(module).stem
        assert re.search(rf"\b{stem}\b", (ROOT / test).read_text()), f"{test} does not mention {stem}"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_modules_and_functions_stay_small(module: Path) -> None:
    text = (ROOT / module).read_text("utf-8")
    assert text.count("\n") <= 500
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says what it is for"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 70, f"{node.name}: {length} lines"


def test_no_package_hides_under_tests() -> None:
    # tests/alerts/__init__.py would be imported as `alerts` and hide the product's.
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_no_path_or_registry_of_anybodys_machine_is_committed() -> None:
    private = re.compile(
        r'"resolved": *"http|^(-i|--index-url|--extra-index-url|--find-links)\b|registry *= *.*http|(?<![\w.])/[r]oot/',
        re.M,
    )
    for path in tracked_files():
        if path == Path(__file__) or path.suffix in (".png", ".bin", ".woff2"):
            continue
        found = private.search(path.read_text("utf-8", "replace"))
        assert found is None, f"{path.relative_to(ROOT)}: {found[0]}"


def test_every_pinned_requirement_has_a_hash() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        blocks = re.split(r"\n(?=\S)", path.read_text())
        for block in filter(str.strip, blocks):
            assert "==" in block and "--hash=sha256:" in block, f"{path.name}: {block[:60]}"


def test_dependencies_of_the_box_stay_few() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[<>=\[]", line)[0] for line in project["dependencies"]}
    assert names == {"hl7", "msgspec", "paho-mqtt", "pyserial"}


def test_relative_links_in_the_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} → {target}"
