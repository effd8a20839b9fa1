"""Answers: how does a test run the whole of Keel as `make run` does, with servers of its own, and whom can
it kill?"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from tests.pgplugin import lay_cluster

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180
# Victim → words of the command lines by which its processes are known.
VICTIMS: dict[str, tuple[str, ...]] = {
    "worker": ("celery", "worker"),
    "web": ("gunicorn",),
    "broker": ("broker.sock",),
    "postgres": ("postgres",),
    "beat": ("celery", "beat"),
}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Stack:
    """Servers, worker, beat and web in a folder of their own; everything durable, as in real life."""

    def __init__(self, *, web_workers: int = 2, environment: Mapping[str, str] | None = None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="keel-chaos-"))
        self.home.chmod(0o711)  # root's servers run as another account, which must get through
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.web_workers = web_workers
        hidden = {"DATABASE_URL", "REDIS_URL", "REDIS_CACHE_URL", "DATABASE_REPLICA_URL"}
        throwaway = {"KEEL_EMBEDDED_THROWAWAY", "KEEL_LINGER", "KEEL_TEST_TEMPLATE"}
        kept = {name: value for name, value in os.environ.items() if name not in hidden | throwaway}
        self.environment = kept | {
            "KEEL_ENV": "local",
            "KEEL_HOME": str(self.home),
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "erp.settings",
        }
        self.environment |= dict.fromkeys(hidden, "") | dict(environment or {})
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start everything and return when the first page answers; RuntimeError with the log when it does not."""
        # migrated already: half a minute of Django's own work that proves nothing here
        lay_cluster(self.home)
        command = [sys.executable, "manage.py", "run_keel", "--no-demo", "--port", str(self.port)]
        command += ["--web-workers", str(self.web_workers)]
        with (self.home / "run.log").open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.home / "run.log").read_text())
            time.sleep(0.2)

    def answers(self, path: str = "/healthz") -> bool:
        """Tell whether the web answers."""
        with contextlib.suppress(OSError), urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return bool(answer.status == 200)
        return False

    def run(self, *arguments: str) -> str:
        """Run a Python module or manage.py command against this stack and return what it printed; RuntimeError with its
        errors."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments}: {done.stderr[-3000:]}")
        return done.stdout

    def processes(self) -> list[psutil.Process]:
        """Return every process of the stack that lives."""
        if self.process is None:
            return []
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children(recursive=True)
        return []

    def pids(self, victim: str) -> list[int]:
        """Return the processes of one kind, the eldest first; never the small parents that supervise a server."""
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                line = " ".join(process.cmdline())
                is_wrapper = "erp/embedded" in line
                if all(word in line for word in VICTIMS[victim]) and not is_wrapper:
                    found.append((process.create_time(), process.pid))
        return [pid for _, pid in sorted(found)]

    def kill(self, victim: str, *, child: bool = False) -> bool:
        """Send SIGKILL to the eldest process of a kind, or to the youngest (`child`); tells whether there
        was one."""
        pids = self.pids(victim)
        if not pids:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pids[-1 if child else 0], signal.SIGKILL)
            return True
        return False

    def stop(self) -> list[str]:
        """Stop everything, remove the folder, and return the command lines of what would not go."""
        seen = self.processes()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(90)
            except subprocess.TimeoutExpired:
                self.process.kill()
        _, alive = psutil.wait_procs(seen, timeout=10)
        orphans = [_line(process) for process in alive]
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        shutil.rmtree(self.home, ignore_errors=True)
        return orphans


def _line(process: psutil.Process) -> str:
    try:
        return f"{process.pid} {' '.join(process.cmdline())[:160]}"
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return str(process.pid)


@contextlib.contextmanager
def running_stack(**options: Any) -> Iterator[Stack]:
    """Give a started stack, and stop it whatever happens."""
    stack = Stack(**options)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
