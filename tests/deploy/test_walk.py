"""docs/operations/edge.md, typed as it stands there: an empty Debian box, and at the end a green light.

Behind it stand a real registrar, broker with TLS, ingest and database, on the box's own network. Only the code is put
in where the page says CODE.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from homehd.brokers import find
from tests.conftest import require
from tests.deploy.box import Box
from tests.deploy.test_deb import build, state

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs/operations/edge.md"


def commands(who: str) -> list[str]:
    """What the page has somebody type."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith(who)]
    return [re.sub(r"\s+#.*", "", line.removeprefix(who).strip()) for line in lines]


class Clinic:
    """The servers, in a folder, reached by the box as localhost."""

    def __init__(self, box: Box, folder: Path) -> None:
        self.box, self.folder = box, folder
        self.broker = folder / "broker"
        self.environment = {
            **os.environ,
            "HOMEHD_HOME": str(folder / "home"),
            "HOMEHD_HOMES_BROKER": "mqtts://localhost:8883",
            "HOMEHD_REGISTRAR_URL": "https://localhost:8443",
            "HOMEHD_REGISTRAR_CRL": str(folder / "crl.pem"),
            "HOMEHD_BROKER_RELOAD": f"pid:{folder / 'ready.pid'}",
        }

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [*self.box.network(), sys.executable, "-m", "homehd", *words],
            cwd=ROOT, env=self.environment_of("registrar"), capture_output=True, text=True, check=False, timeout=90,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def environment_of(self, service: str) -> dict[str, str]:
        """With the service's own door to the broker."""
        file = self.broker / f"{service}.env"
        lines = file.read_text().splitlines() if file.exists() else []
        return {**self.environment, **dict(line.split("=", 1) for line in lines if re.match(r"\w+=", line))}

    @contextmanager
    def running(self, *command: str, service: str = "registrar") -> Iterator[None]:
        log = (self.folder / f"{len(list(self.folder.glob('*.log')))}.log").open("w")
        child = subprocess.Popen(
            [*self.box.network(), *command], cwd=ROOT, env=self.environment_of(service),
            stdout=subprocess.DEVNULL, stderr=log,
        )  # fmt: skip
        try:
            yield
        finally:
            child.terminate()
            child.wait(20)

    def listens(self, port: int) -> bool:
        return f"{port:04X} 0000" in Path(f"/proc/{self.box.pid}/net/tcp").read_text()


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    require(find("mosquitto"), "Mosquitto", "apt-get install mosquitto")
    made = Box()
    try:
        made.boot()
        with tempfile.TemporaryDirectory() as folder:
            package = build(Path(folder))
            made.put(package, f"/srv/{package.name}")
        made.put(Path(__file__).with_name("machine.py"), "/usr/local/bin/machine.py")
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def clinic(box: Box) -> Iterator[Clinic]:
    with tempfile.TemporaryDirectory(prefix="homehd-clinic-") as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)
        made = Clinic(box, Path(folder))
        config = ("broker", "config", "--folder", str(made.broker), "--homes", "10", "--user", "root", "--crl-file",
                  str(made.folder / "crl.pem"), "--pid-file", str(made.folder / "mosquitto.pid"), "--persistence",
                  str(made.folder / "kept"))  # fmt: skip
        made.run(*config)
        made.run("migrate")
        made.run("registrar", "init")
        made.run("registrar", "server", "localhost", "--folder", str(made.broker))
        homehd = (sys.executable, "-m", "homehd")
        stack.enter_context(made.running(*homehd, "registrar"))
        box.wait(lambda: (made.folder / "crl.pem").exists(), "the registrar's revocation list", 40)
        stack.enter_context(made.running("mosquitto", "-c", str(made.broker / "mosquitto.conf")))
        stack.enter_context(made.running(*homehd, "ingest", service="ingest"))
        try:
            box.wait(lambda: made.listens(8883) and made.listens(8443), "broker and registrar", 40)
            # Mosquitto writes its number before it listens to signals: a reload in between would end it.
            (made.folder / "ready.pid").symlink_to(made.folder / "mosquitto.pid")
        except AssertionError as error:
            said = "\n".join(path.read_text()[-1000:] for path in sorted(made.folder.glob("*.log")))
            raise AssertionError(f"{error}\n{said}") from error
        yield made


def key_never_left(box: Box, clinic: Clinic) -> None:
    """The box's key is nowhere but on the box, and there only for the agent."""
    assert box.must("stat", "-c", "%a %G", "/etc/homehd/identity.pem").split() == ["640", "homehd"]
    key = box.must("cat", "/etc/homehd/identity.pem").splitlines()[1]
    kept = subprocess.run(
        ["grep", "-rlF", "--exclude-dir=postgres", key, str(clinic.folder)], capture_output=True, text=True, check=False
    )
    assert kept.stdout == ""


@pytest.mark.timeout(300)
def test_from_an_empty_debian_to_a_green_light_and_the_key_never_left_the_box(box: Box, clinic: Clinic) -> None:
    typed = commands("box#")
    assert [line.split()[0] for line in typed] == ["sha256sum", "dpkg", "homehd", "homehd", "homehd"]
    provision = commands("server$")[0].replace("nikkiso-v2", "v1")  # the model that machine.py plays
    said = clinic.run(*shlex.split(provision)[1:])
    code = re.search(r"homehd enrol '([^']+)'", said)
    assert code
    machine: subprocess.Popen[bytes] | None = None
    try:
        for line in typed:
            if "--once-config-check" in line:  # step 5: the cable
                machine = subprocess.Popen([*box.inside(), "python3", "/usr/local/bin/machine.py", "/dev/ttyUSB0"])
                box.wait(lambda: state(box).get("machine") == "connected", "the machine", 30)
                box.wait(lambda: state(box).get("broker") == "", "the clinic", 60)
            done = box.run("sh", "-c", f"cd /srv; {line.replace('CODE', code[1])}")
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        levels = [(line.split()[0], line) for line in done.stdout.splitlines()]
        assert "fail" not in [level for level, _ in levels]
        assert re.search(r"^ok +· machine +connected, last reading \d s ago$", done.stdout, re.M)
        assert re.search(r"^ok +· clinic +connected$", done.stdout, re.M)
        assert "accepts us over TLSv1.3" in done.stdout
        # A box here has no time server: what is left to be amber is the clock, and what cannot be judged without it.
        amber = {line.split()[1].strip("·") or line.split()[2] for level, line in levels if level == "warn"}
        assert amber <= {"clock", "certificate", "port"}
        key_never_left(box, clinic)
    finally:
        if machine is not None:
            machine.kill()
            machine.wait()
