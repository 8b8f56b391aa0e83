"""The broker's folder on disk: generated files, passwords made once, and what is still missing in it."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from homehd import broker_accounts, mosquitto_config
from homehd.mosquitto_config import PASSWORDS, Plan
from telemetry.errors import HomehdError


def write(plan: Plan, services: Sequence[str], *, new_passwords: bool = False) -> list[str]:
    """Write what is generated; what was done and what a person still has to do, one line each.

    Passwords that are there stay, unless new ones are asked for. HomehdError when the folder cannot be written.
    """
    texts = mosquitto_config.files(plan, services)
    with _told(plan.folder):
        plan.folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            _write(plan.folder / name, text, 0o644)
        told = [f"wrote {', '.join(texts)} to {plan.folder}"]
        told += _passwords(plan, services, new=new_passwords)
    return told + [f"missing: {line}" for line in missing(plan)]


def missing(plan: Plan) -> list[str]:
    """What the broker will not start without, or cannot read as its user, with what to do about it."""
    hints = {
        plan.ca_file: "homehd registrar server NAME --folder DIR makes it",
        plan.cert_file: "homehd registrar server NAME --folder DIR makes it",
        plan.key_file: "homehd registrar server NAME --folder DIR makes it",
        plan.crl_file: "the registrar writes it when it starts",
    }
    lines = [f"{plan.place(name)} – {hint}" for name, hint in hints.items() if not Path(plan.place(name)).is_file()]
    key = Path(plan.place(plan.key_file))
    if key.is_file() and key.stat().st_mode & 0o007:
        lines.append(f"{key} – everybody can read it: chown root:{plan.user} and chmod 640")
    elif key.is_file() and not _readable(key, plan.user):
        # Root starts it and reads the key; the reload after the next renewal is the user's, and ends every TLS session.
        lines.append(f"{key} – {plan.user} cannot read it at a reload: chown root:{plan.user} and chmod 640")
    return lines


def _readable(path: Path, user: str) -> bool:
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        return True  # not here: whoever starts the broker reads it
    if os.geteuid() != 0 or account.pw_uid == 0:
        return True
    found = path.stat()
    if found.st_uid == account.pw_uid:
        return bool(found.st_mode & 0o400)
    groups = os.getgrouplist(user, account.pw_gid)
    return bool(found.st_mode & (0o040 if found.st_gid in groups else 0o004))


def _passwords(plan: Plan, services: Sequence[str], *, new: bool) -> list[str]:
    path = plan.folder / PASSWORDS
    if os.geteuid() == 0:
        _group(plan.user)  # before anything is written: an account's two files change together
    kept = {} if new or not path.exists() else {row.partition(":")[0]: f"{row}\n" for row in path.read_text().split()}
    told = []
    for name in services:
        if name in kept:
            continue
        password = broker_accounts.new_password()
        kept[name] = broker_accounts.line(name, password)
        text = broker_accounts.environment(
            name,
            password,
            host=plan.services_host,
            port=plan.services_port,
            tls=plan.services_tls,
            ca_file=plan.place(plan.ca_file),
        )
        _write(plan.folder / f"{name}.env", text, 0o600)
        told.append(f"wrote {name}.env: HOMEHD_BROKER of `homehd {name}`")
    # An account that is no longer wanted goes with its right.
    _write(path, "".join(kept[name] for name in services), 0o640, group_of=plan.user)
    return told


def _write(path: Path, text: str, mode: int, *, group_of: str = "") -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, mode)  # whatever the umask is
        if group_of and os.geteuid() == 0:
            os.fchown(descriptor, 0, _group(group_of))
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)


def _group(user: str) -> int:
    try:
        return pwd.getpwnam(user).pw_gid
    except KeyError:
        hint = "install Mosquitto first, or name another with --user"
        raise HomehdError("generate broker configuration", f"user {user}", hint=hint) from None


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HomehdError(
            "write broker configuration", str(error.filename or folder), hint=error.strerror or ""
        ) from error
