"""Answers: what can be done with the embedded servers from a prompt, and how does the supervisor start them?"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import types
from collections.abc import Sequence
from pathlib import Path

if "erp" not in sys.modules:
    # Run as `python erp/embedded`: a bare package spares every server process the import of Celery and Django.
    bare = types.ModuleType("erp")
    bare.__path__ = [str(Path(__file__).resolve().parent.parent)]
    sys.modules["erp"] = bare

from erp.embedded.client import attach, retire_idle_keepers, wait_ready
from erp.embedded.locks import pin_file, prepare_folders, running
from erp.embedded.places import (
    DATABASE,
    DATABASE_NAME,
    DATABASE_USER,
    NAMES,
    EmbeddedError,
    data_root,
    home,
    postgres_bin,
    socket_dir,
)
from erp.embedded.server import die_with_parent, serve
from erp.embedded.supervise import supervise


def run_with_parent(command: Sequence[str], names: Sequence[str]) -> None:
    """Become `command` once the named servers answer; it gets SIGTERM when our parent, the supervisor, dies."""
    die_with_parent(signal.SIGTERM)
    wait_ready(names)
    os.execvp(command[0], list(command))


def status() -> int:
    """Print one line per server; returns 0 when all run."""
    if not (home() / "locks").is_dir():
        print(f"nothing has run in {home()}")
        return 1
    alive = [name for name in NAMES if running(name)]
    for name in NAMES:
        held = (home() / "locks" / f"{name}.server").read_text() if name in alive else "stopped"
        print(f"{name:<7} {held:<12} data {data_root() / ('pg' if name == DATABASE else name)}")
    print(f"sockets {socket_dir()}")
    return 0 if len(alive) == len(NAMES) else 1


def pin(*, on: bool) -> int:
    """Keep the servers running without a user (`up`), or let them go again (`down`)."""
    prepare_folders()
    pins = [pin_file(name) for name in NAMES]
    if on:
        for path in pins:
            path.touch()
        attach().release()
        return status()
    for path in pins:
        path.unlink(missing_ok=True)
    retire_idle_keepers()
    still = [name for name in NAMES if running(name)]
    print(f"still in use: {', '.join(still)}" if still else "stopped")
    return 1 if still else 0


def psql(arguments: Sequence[str]) -> int:
    """Run the bundled psql on the embedded database."""
    attach([DATABASE])
    base = [str(postgres_bin() / "psql"), "-h", str(socket_dir()), "-U", DATABASE_USER, "-d", DATABASE_NAME]
    return subprocess.call([*base, *arguments])


def main(argv: Sequence[str]) -> int:
    """Carry out one word of the command line; returns an exit status."""
    parser = argparse.ArgumentParser(
        prog="python erp/embedded.py", description="The embedded PostgreSQL and Valkey."
    )
    parser.add_argument(
        "action", choices=["up", "down", "status", "psql", "serve", "keep", "run", "supervise"]
    )
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
            names, *command = options.rest
            run_with_parent(command, [name for name in names.split(",") if name])
            return 1
        case "supervise":
            configuration, port, announcement = options.rest
            return supervise(Path(configuration), int(port), Path(announcement))
        case action:
            if action == "serve":
                die_with_parent(signal.SIGTERM)
            elif os.fork():
                os._exit(0)  # a keeper outlives the command that started it, and must not stay its zombie
            return serve(options.rest[0], keeper=action == "keep")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EmbeddedError as problem:
        sys.exit(f"keel: {problem}")
