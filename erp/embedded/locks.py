"""Answers: who is using a server, and is it running? Lock files know; process ids do not, for they are reused."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from pathlib import Path

from erp.embedded.places import EmbeddedError, data_root, home, service_user, socket_dir


def prepare_folders() -> None:
    user = service_user()
    for folder in (home(), data_root(), home() / "locks", home() / "log"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if folder.stat().st_uid == os.geteuid():
                folder.chmod(0o711 if user else 0o700)
        except PermissionError as error:
            raise EmbeddedError(
                f"{folder} belongs to another user: set KEEL_HOME to a folder of your own."
            ) from error
    for folder in (data_root() / "pg", data_root() / "broker", socket_dir()):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if user and folder.stat().st_uid == 0:
            os.chown(folder, user.pw_uid, user.pw_gid)
        info = folder.lstat()
        if info.st_uid != (user.pw_uid if user else os.geteuid()) or stat.S_IMODE(info.st_mode) & 0o077:
            raise EmbeddedError(
                f"{folder} must belong to the servers' account with mode 0700; remove it and try again."
            )


def _open_lock(name: str) -> int:
    try:
        return os.open(home() / "locks" / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise EmbeddedError(
            f"{home()} belongs to another user: set KEEL_HOME to a folder of your own."
        ) from error


def take(name: str, mode: int, *, wait: float = 0.0) -> int | None:
    """Return a descriptor that holds the lock `name`, or None when somebody else kept it for `wait` seconds."""
    descriptor = _open_lock(name)
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return None
            time.sleep(0.02)


def running(name: str) -> bool:
    """Tell whether any process of this server lives."""
    descriptor = take(f"{name}.server", fcntl.LOCK_EX)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is None


def keeper_pid(name: str) -> int | None:
    """Return the process that the holder of the server lock wrote into it, if it is a keeper."""
    words = (home() / "locks" / f"{name}.server").read_text().split() if running(name) else []
    return int(words[1]) if len(words) == 2 and words[0] == "keep" else None


def pinned(name: str) -> bool:
    """Tell whether `up` asked to keep this server without a user."""
    return pin_file(name).exists()


def pin_file(name: str) -> Path:
    """Return the file whose existence keeps a server running."""
    return home() / "locks" / f"{name}.pinned"
