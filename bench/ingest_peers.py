"""The same values through others' programs, for `./run bench ingest --peers`: MQTT in, a row in PostgreSQL out.

- Node-RED: MQTT in, a function that splits the text, an INSERT by `pg` with a prepared statement, ten connections.
  Installed by npm into bench/peers as its lock says, when `--peers` is given and Node.js is there.
- collectd: its plugins mqtt and postgresql, committing once a second. On Debian:
  `apt-get install --no-install-recommends collectd-core libmosquitto1 libpq5`.

Both get one sample of 24 signals a message, as text, which is what they read without a plug-in of ours, and put it into
a table with the 24 columns and a primary key. They store what comes, and no more: no sequence numbers, no duplicates
found, no rules, no acknowledgement. Each has the measured core for itself.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bench.ingest_load import CONNECT
from bench.ingest_path import MEASURED, usual
from homehd.brokers import free_port
from ingest.publishes import packet

_FOLDER: Final = Path(__file__).parent / "peers"
_PLACES: Final = ("/usr/sbin", "/usr/bin", "/opt/collectd/sbin")
_COLUMNS: Final = [f"c{n}" for n in range(len(MEASURED))]
_TABLE: Final = (
    f"CREATE TABLE peer_reading (unit text, time double precision, {', '.join(f'{c} real' for c in _COLUMNS)},"
    " PRIMARY KEY (unit, time))"
)
_START_S: Final = 30.0
_STILL_S: Final = 5.0


def lines(port: int, url: str, core: int, *, messages: int) -> Iterator[str]:
    """Values a second of each peer that is installed, a line that says so of each that is not."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(_TABLE.encode())
    yield "peers, one core each       messages/s   CPU µs/message   values/s   lost"
    if missing := _node_red_missing():
        yield f"Node-RED: skipped, {missing}"
    else:
        with tempfile.TemporaryDirectory() as folder, _node_red(Path(folder), port, url, core) as process:
            yield _line("Node-RED", process, port, url, messages)
    if (program := shutil.which("collectd", path=os.pathsep.join(_PLACES))) is None:
        yield "collectd: skipped, not installed (apt-get install --no-install-recommends collectd-core libmosquitto1)"
        return
    with tempfile.TemporaryDirectory() as folder, _collectd(program, Path(folder), port, url, core) as process:
        yield _line("collectd", process, port, url, messages)


def _line(name: str, process: subprocess.Popen[bytes], port: int, url: str, messages: int) -> str:
    with psycopg.connect(url, autocommit=True) as conn, socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(CONNECT)
        line.recv(4)
        _wait_until_it_stores(conn, line, process)
        payloads = [_message(n) for n in range(messages)]
        cpu, start = _cpu_s(process), time.monotonic()
        for at in range(0, messages, 500):
            line.sendall(b"".join(payloads[at : at + 500]))
        count, end = 0, start
        while count < messages and time.monotonic() - end < _STILL_S:
            now = _count(conn)
            if now > count:
                count, end = now, time.monotonic()
            time.sleep(0.05)
            line.sendall(_probe())  # collectd commits when something comes after its interval
        used = _cpu_s(process) - cpu
    per_s = count / (end - start)
    return (
        f"{name:25} {per_s:12,.0f} {used / max(count, 1) * 1e6:16.1f} {per_s * len(MEASURED):10,.0f}"
        f" {messages - count:6}"
    )


def _message(number: int) -> bytes:
    """As both take it: time and values, of one of 1 000 homes."""
    values = ":".join(f"{usual(s) + number % 7 * 0.01:.3f}" for s in MEASURED)
    return packet(f"peer/u{number % 1000}/hhd/hhd", f"{1_800_000_000 + number // 1000}:{values}".encode())


def _probe() -> bytes:
    """A row of a home that does not count."""
    return packet("peer/probe/hhd/hhd", f"{time.time():.3f}:{':'.join(['1'] * len(MEASURED))}".encode())


def _wait_until_it_stores(conn: psycopg.Connection[Any], line: socket.socket, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + _START_S
    while conn.execute("SELECT 1 FROM peer_reading LIMIT 1").fetchone() is None:
        if time.monotonic() > give_up or process.poll() is not None:
            raise RuntimeError("the peer stores nothing")
        line.sendall(_probe())
        time.sleep(0.2)
    time.sleep(2)
    conn.execute("TRUNCATE peer_reading")


def _count(conn: psycopg.Connection[Any]) -> int:
    row = conn.execute("SELECT count(*) FROM peer_reading WHERE unit <> 'probe'").fetchone()
    return int(row[0]) if row else 0


def _cpu_s(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _node_red_missing() -> str:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "Node.js with npm is not installed"
    if not (_FOLDER / "node_modules" / "node-red").is_dir():
        done = subprocess.run([npm, "ci", "--ignore-scripts"], cwd=_FOLDER, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"npm ci in bench/peers failed: {done.stderr.strip().splitlines()[-1:]}"
    return ""


@contextmanager
def _node_red(folder: Path, port: int, url: str, core: int) -> Iterator[subprocess.Popen[bytes]]:
    names = ["unit", "time", *_COLUMNS]
    insert = (
        f"INSERT INTO peer_reading VALUES ({', '.join(f'${n + 1}' for n in range(len(names)))}) ON CONFLICT DO NOTHING"
    )
    shutil.copy(_FOLDER / "flows.json", folder / "flows.json")
    command = ["node", str(_FOLDER / "node_modules/node-red/red.js"), "-u", str(folder)]
    command += ["-s", str(_FOLDER / "settings.js"), "flows.json"]
    more = {"BROKER_PORT": str(port), "UI_PORT": str(free_port()), "INSERT": insert}
    with _running(command, folder, _pg(url) | more, core) as process:
        yield process


@contextmanager
def _collectd(program: str, folder: Path, port: int, url: str, core: int) -> Iterator[subprocess.Popen[bytes]]:
    where = _pg(url)
    sources = ", ".join(f"{c}:GAUGE:U:U" for c in _COLUMNS)
    (folder / "types.db").write_text(f"hhd {sources}\n")
    values = ", ".join(f"v[{n + 1}]" for n in range(len(_COLUMNS)))
    insert = (
        f"INSERT INTO peer_reading SELECT $2, extract(epoch FROM $1::timestamptz), {values} FROM"
        " (SELECT $9::real[] AS v, $3::text, $4::text, $5::text, $6::text, $7::text[], $8::text[]) AS one"
        " ON CONFLICT DO NOTHING"
    )
    (folder / "collectd.conf").write_text(f"""\
Hostname "bench"
BaseDir "{folder}"
PIDFile "{folder}/pid"
TypesDB "{folder}/types.db"
LoadPlugin logfile
<Plugin logfile>
  LogLevel "warning"
  File "{folder}/log"
</Plugin>
LoadPlugin mqtt
LoadPlugin postgresql
<Plugin mqtt>
  <Subscribe "bench">
    Host "127.0.0.1"
    Port {port}
    ClientId "collectd"
    QoS 0
    Topic "peer/#"
  </Subscribe>
</Plugin>
<Plugin postgresql>
  <Writer row>
    Statement "{insert}"
    StoreRates false
  </Writer>
  <Database {where["PGDATABASE"]}>
    Host "{where["PGHOST"]}"
    Port "{where["PGPORT"]}"
    User "{where["PGUSER"]}"
    SSLMode "disable"
    CommitInterval 1
    Writer row
  </Database>
</Plugin>
""")
    with _running([program, "-f", "-C", str(folder / "collectd.conf")], folder, where, core) as process:
        yield process


@contextmanager
def _running(
    command: Sequence[str], folder: Path, more: dict[str, str], core: int
) -> Iterator[subprocess.Popen[bytes]]:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})  # it inherits it
    try:
        with (folder / "output").open("wb") as sink:
            process = subprocess.Popen(command, cwd=folder, env=os.environ | more, stdout=sink, stderr=sink)
    finally:
        os.sched_setaffinity(0, cores)
    try:
        yield process
    except RuntimeError as error:
        logs = [path.read_text(errors="replace") for path in (folder / "output", folder / "log") if path.exists()]
        raise RuntimeError(f"{error}: {' '.join(logs)[-2000:]}") from error
    finally:
        process.terminate()
        process.wait()


def _pg(url: str) -> dict[str, str]:
    found = conninfo_to_dict(url)
    return {
        "PGHOST": str(found["host"]),
        "PGPORT": str(found.get("port", 5432)),
        "PGUSER": str(found["user"]),
        "PGDATABASE": str(found["dbname"]),
    }
