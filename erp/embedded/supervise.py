"""Answers: how does `make run` keep database, broker, worker, beat, watcher and web together, and stop them in reverse?

supervisord owns the processes; this small parent says when the first page answers, holds the lock that refuses a second
`make run`, and stops everything on SIGTERM or Ctrl-C. If it or supervisord is killed, the kernel's parent-death signal
reaches every process below.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from erp.embedded.locks import prepare_folders, take
from erp.embedded.places import BROKER, DATABASE, EmbeddedError, home, socket_dir
from erp.embedded.server import die_with_parent

FIRST_PAGE_SECONDS = 90


@dataclass(frozen=True)
class Program:
    """One process of the stack. `order` says when it starts; programs stop in the reverse order."""

    name: str
    order: int
    command: Sequence[str]
    stop_seconds: int


def programs(*, embedded: Sequence[str], port: int, queues: Sequence[str], web_workers: int) -> list[Program]:
    """Return the stack, bottom first."""
    python = sys.executable
    here = str(Path(__file__).parent)
    wait = [python, here, "run", ",".join(embedded)]
    celery = [python, "-m", "celery", "-A", "erp"]
    stack = [
        Program(name, order, [python, here, "serve", name], 75)
        for name, order in ((DATABASE, 10), (BROKER, 20))
        if name in embedded
    ]
    worker = f"worker -Q {','.join(queues)} -c 2 -l info --without-gossip --without-mingle".split()
    beat = ["beat", "-s", str(home() / "beat.db"), *"--pidfile= -l info".split()]
    control = f"{python} -m supervisor.supervisorctl -c {home() / 'supervisord.conf'} restart worker"
    watch = [python, "-m", "django", "watch_queues", "--settings", "erp.settings", "--restart", control]
    web = [python, "-m", "gunicorn", "erp.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", str(web_workers)]
    web += "--preload --worker-class gthread --threads 4 --graceful-timeout 20 --timeout 120 --keep-alive 15".split()
    web += ["--worker-tmp-dir", str(home()), "--access-logfile", "-", "--no-control-socket"]
    return [
        *stack,
        # One machine does both: what waits in the background gives way to whoever waits for an answer.
        Program("worker", 30, [*wait, "nice", "-n", "5", *celery, *worker], 45),
        Program("beat", 40, [*wait, *celery, *beat], 10),
        Program("watch", 45, [*wait, *watch], 10),
        Program("web", 50, [*wait, *web], 30),
    ]


def configuration(stack: Sequence[Program]) -> str:
    """Return supervisord's configuration for the stack."""
    log = home() / "log"
    user = "user=root\n" if os.geteuid() == 0 else ""  # says that root is meant; servers drop it themselves
    lines = [
        f"[supervisord]\nnodaemon=true\nsilent=true\nlogfile={log / 'supervisor.log'}\nlogfile_maxbytes=5MB",
        f"logfile_backups=1\nloglevel=info\npidfile={home() / 'supervisor.pid'}\n{user}",
        f"[unix_http_server]\nfile={socket_dir() / 'supervisor.sock'}\nchmod=0700\n",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
        f"[supervisorctl]\nserverurl=unix://{socket_dir() / 'supervisor.sock'}\n",
    ]
    for program in stack:
        command = " ".join(f'"{word}"' if " " in word or not word else word for word in program.command)
        lines.append(
            f"[program:{program.name}]\ncommand={command.replace('%', '%%')}\npriority={program.order}\n"
            f"directory={Path(__file__).resolve().parents[2]}\nautorestart=true\nstartretries=20\nstartsecs=2\n"
            f"stopsignal=TERM\nstopwaitsecs={program.stop_seconds}\nstopasgroup=false\nkillasgroup=true\n"
            f"redirect_stderr=true\nstdout_logfile={log / (program.name + '.log')}\n"
            "stdout_logfile_maxbytes=10MB\nstdout_logfile_backups=2\n"
        )
    return "\n".join(lines)


def claim_run(port: int) -> int:
    """Return the lock of this checkout's only `make run`; raises EmbeddedError when it or its port is taken."""
    prepare_folders()
    lock = take("run", fcntl.LOCK_EX)
    if lock is None:
        holder = (home() / "locks" / "run").read_text()
        raise EmbeddedError(f"Keel already runs from this checkout ({holder}). Stop it there first.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            os.close(lock)
            raise EmbeddedError(
                f"Port {port} is in use: choose another one, as in `make run PORT=8010`."
            ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"process {os.getpid()}, http://127.0.0.1:{port}".encode(), 0)
    return lock


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        return client.recv(12).startswith(b"HTTP/1.")
    return False


class _Stop(Exception):
    """This process was asked to end."""


def _raise_stop(*_: object) -> None:
    raise _Stop


def supervise(configuration_file: Path, port: int, announcement: Path) -> int:
    """Run supervisord until SIGTERM or Ctrl-C and print the announcement once the web answers.

    Returns 0 after a clean stop. The lock that `claim_run` took is inherited over the exec that brought us here.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _raise_stop)
    started = time.monotonic()
    stack = subprocess.Popen(
        [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", configuration_file],
        process_group=0, preexec_fn=lambda: die_with_parent(signal.SIGTERM),
    )  # fmt: skip
    try:
        while not _answers(port):
            if stack.poll() is not None:
                break
            if time.monotonic() - started > FIRST_PAGE_SECONDS:
                print(f"The web does not answer yet; see {home() / 'log' / 'web.log'}.", flush=True)
                break
            time.sleep(0.05)
        else:
            print(
                f"{'web, worker, beat':<24}{time.monotonic() - started:6.1f} s\n\n{announcement.read_text()}",
                flush=True,
            )
        stack.wait()
    except _Stop:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        print("\nStopping …", flush=True)
        stack.send_signal(signal.SIGTERM)
        stack.wait()
        print("Stopped.", flush=True)
        return 0
    print(
        f"supervisord ended by itself ({stack.returncode}); see {home() / 'log' / 'supervisor.log'}.",
        flush=True,
    )
    return 1
