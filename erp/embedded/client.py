"""Answers: how does a command get servers to talk to, and how does it let them go?"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from erp.embedded.locks import keeper_pid, prepare_folders, running, take
from erp.embedded.places import (
    BROKER,
    DATABASE,
    DATABASE_NAME,
    DATABASE_USER,
    NAMES,
    EmbeddedError,
    home,
    socket_dir,
)

READY_SECONDS = 120  # a crash recovery replays up to max_wal_size first
STOP_SECONDS = 60
STARTS = 4  # a start may meet the end of the server before it


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
                raise EmbeddedError(
                    f"The embedded {name} does not answer; see {home() / 'log' / (name + '.log')}."
                )
            time.sleep(0.02)


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
    prepare_folders()
    use = Use([])
    for name in names:
        descriptor = take(f"{name}.users", fcntl.LOCK_SH, wait=STOP_SECONDS)
        if descriptor is None:
            raise EmbeddedError(
                f"The embedded {name} has been stopping for {STOP_SECONDS} s; see `make status`."
            )
        use.descriptors.append(descriptor)
    deadline = time.monotonic() + READY_SECONDS
    keepers: dict[str, float] = {}
    tries = 0
    waiting = [name for name in names if not READY[name]()]
    while waiting:
        for name in waiting:
            if time.monotonic() - keepers.get(name, 0) > 2 and not running(name):
                tries += 1
                if tries > STARTS * len(names):
                    raise EmbeddedError(
                        f"The embedded {name} does not start; see {home() / 'log' / (name + '.log')}."
                    )
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
        subprocess.run(
            [sys.executable, "-E", Path(__file__).parent, "keep", name],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True, check=False,
            env=os.environ | {"KEEL_HOME": str(home())},
        )  # fmt: skip


def retire_idle_keepers(names: Iterable[str] = NAMES) -> None:
    """Stop servers that were started for single commands and that nobody uses any more."""
    for name in names:
        users = take(f"{name}.users", fcntl.LOCK_EX)
        while users is None:
            shared = take(f"{name}.users", fcntl.LOCK_SH)
            if shared is not None:
                os.close(shared)  # others use it
                break
            time.sleep(0.02)  # its keeper looks whether it is idle, or is stopping it
            users = take(f"{name}.users", fcntl.LOCK_EX)
        if users is None:
            continue
        keeper = keeper_pid(name)
        if keeper and running(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(keeper, signal.SIGTERM)
            held = take(f"{name}.server", fcntl.LOCK_EX, wait=STOP_SECONDS)
            if held is not None:
                os.close(held)
        os.close(users)
