"""Answers: with which options does a server run, and when does it stop?"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from erp.embedded.client import STOP_SECONDS
from erp.embedded.locks import pinned, prepare_folders, take
from erp.embedded.places import (
    DATABASE,
    DATABASE_USER,
    broker_program,
    data_root,
    postgres_bin,
    service_user,
    socket_dir,
)


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


def die_with_parent(sig: int) -> None:
    """Ask the kernel to send `sig` to this process when its parent ends (Linux; elsewhere nothing happens)."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(1, sig)
        if os.getppid() != parent:
            os.kill(os.getpid(), sig)


def _account() -> dict[str, Any]:
    """Return the Popen arguments that make a child run as the servers' account."""
    user = service_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _make_cluster(data: Path) -> None:
    """Make a database cluster; a rename at the end means that a killed attempt never counts as one."""
    fresh = data.with_name("pg.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    user = service_user()
    if user:
        os.chown(fresh, user.pw_uid, user.pw_gid)
    command = [
        str(postgres_bin() / "initdb"),
        "-D",
        str(fresh),
        "-U",
        DATABASE_USER,
        "--auth=trust",
        "-E",
        "UTF8",
    ]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if _throwaway():
        command.append("--no-sync")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=_environment(), cwd="/", **_account())
    fresh.rename(data)


def _start(name: str, lock: int) -> subprocess.Popen[bytes]:
    if name == DATABASE:
        data = data_root() / "pg"
        if not (data / "PG_VERSION").exists():
            _make_cluster(data)
        command = [str(postgres_bin() / "postgres"), "-D", str(data)]
        command += [word for key, value in _postgres_options().items() for word in ("-c", f"{key}={value}")]
        stop = signal.SIGINT
    else:
        command = [str(broker_program()), "--port", "0", "--unixsocket", str(socket_dir() / "broker.sock")]
        command += ["--unixsocketperm", "700", "--dir", str(data_root() / "broker"), "--daemonize", "no"]
        command += [
            "--save",
            "",
            "--appendonly",
            "no" if _throwaway() else "yes",
            "--appendfsync",
            "everysec",
        ]
        command += ["--maxmemory-policy", "noeviction"]
        stop = signal.SIGTERM
    started: subprocess.Popen[bytes] = subprocess.Popen(
        command, env=_environment(), cwd="/", process_group=0, pass_fds=[lock],
        preexec_fn=lambda: die_with_parent(stop), **_account(),
    )  # fmt: skip
    return started


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
    try:
        prepare_folders()
        lock = take(f"{name}.server", fcntl.LOCK_EX, wait=0.5)
        if lock is None and keeper:
            return 0
        if lock is None:
            print(f"{name}: another command's server is in use", flush=True)
            take(f"{name}.users", fcntl.LOCK_SH, wait=STOP_SECONDS)  # held from now on
            while (lock := take(f"{name}.server", fcntl.LOCK_EX, wait=0.2)) is None:
                pass
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{'keep' if keeper else 'serve'} {os.getpid()}".encode(), 0)
        child = _start(name, lock)
        if not keeper:
            return child.wait()
        linger, idle_since = float(os.environ.get("KEEL_LINGER", "2")), time.monotonic()
        while True:
            if child.poll() is not None:
                print(f"{name}: ended with {child.returncode}, starting it again", flush=True)
                time.sleep(0.2)
                child = _start(name, lock)
            users = None if pinned(name) else take(f"{name}.users", fcntl.LOCK_EX)
            if users is None:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > linger:
                return 0  # `users` stays taken: whoever comes now waits until the server has stopped
            else:
                os.close(users)
            time.sleep(0.2)
    except _Stop:
        return 0
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if child is not None and child.poll() is None:
            child.send_signal(signal.SIGINT if name == DATABASE else signal.SIGTERM)
            child.wait(STOP_SECONDS)
