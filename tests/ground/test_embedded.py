"""Answers: do the embedded servers start, share, refuse and stop as promised, even when something is killed?"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pgplugin import lay_cluster, new_home

ROOT = Path(__file__).resolve().parents[2]
EMBEDDED = ROOT / "erp/embedded"
# A command that uses both servers until its standard input closes.
USER = """
import sys
sys.path.insert(0, sys.argv[1])
import erp.embedded
erp.embedded.attach()
print("up", flush=True)
sys.stdin.read()
"""


class Home:
    """A KEEL_HOME of its own, with what a test wants to know about it."""

    def __init__(self, path: Path, **more: str) -> None:
        self.path = path
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("KEEL_")}
        self.environment |= {"KEEL_HOME": str(path), "KEEL_LINGER": "0.2", **more}

    def give_cluster(self) -> None:
        """Copy a made cluster here: making one takes a second, and only one test is about that."""
        lay_cluster(self.path)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one word of `python erp/embedded` to its end."""
        command = [sys.executable, str(EMBEDDED), *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def sql(self, query: str) -> str:
        """Return the one value of a query."""
        done = self.run("psql", "-Atc", query)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def user(self) -> subprocess.Popen[str]:
        """Start a command that uses the servers until it is let go."""
        process = subprocess.Popen(
            [sys.executable, "-c", USER, str(ROOT)],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        return process

    def pids(self, words: str = "") -> list[int]:
        """Return the living processes whose command line names this home and holds `words`."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit():
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    environment = (entry / "environ").read_bytes().decode(errors="replace")
                    named = str(self.path) in line or f"KEEL_HOME={self.path}\0" in environment
                    if named and words in line and int(entry.name) != os.getpid():
                        found.append(int(entry.name))
        return found

    def empty(self, seconds: float = 20) -> bool:
        """Tell whether all processes of this home end within `seconds`."""
        deadline = time.monotonic() + seconds
        while self.pids() and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.pids()


@pytest.fixture
def home() -> Iterator[Home]:
    """Give a home whose processes are gone at the end, whatever the test did."""
    path = new_home()
    place = Home(path, KEEL_EMBEDDED_THROWAWAY="1")
    place.give_cluster()
    yield place
    for pid in place.pids():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(path, ignore_errors=True)


def test_a_lone_command_starts_durable_servers_and_they_end_after_it(home: Home) -> None:
    del home.environment["KEEL_EMBEDDED_THROWAWAY"]
    shutil.rmtree(home.path / "pg")
    assert home.sql("SELECT current_setting('fsync') || current_setting('synchronous_commit')") == "onon"
    assert home.empty()
    assert (
        home.sql("SELECT datcollate || datlocprovider::text FROM pg_database WHERE datname = 'keel'")
        == "C.UTF-8b"
    )
    assert (
        home.sql("SELECT count(*) FROM pg_settings WHERE name = 'listen_addresses' AND setting = ''") == "1"
    )
    assert home.empty()


def test_commands_share_one_server_and_the_last_one_out_stops_it(home: Home) -> None:
    first, second = home.user(), home.user()
    assert len(home.pids("bin/postgres -D")) == 1
    assert len(home.pids("valkey-server")) == 1
    first.communicate("")
    time.sleep(0.8)
    assert home.pids("bin/postgres -D")
    second.communicate("")
    assert home.empty()


def test_a_killed_command_lets_its_servers_go(home: Home) -> None:
    user = home.user()
    user.kill()
    user.wait()
    assert home.empty()


def test_a_killed_keeper_takes_its_server_along_and_the_data_survives(home: Home) -> None:
    user = home.user()
    home.sql("CREATE TABLE kept AS SELECT 42 AS answer")
    for pid in home.pids(" keep "):
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while home.pids("bin/postgres -D") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not home.pids("bin/postgres -D")
    assert home.sql("SELECT answer FROM kept") == "42"
    user.communicate("")
    assert home.empty()


def test_a_killed_postgres_is_started_again_by_its_keeper(home: Home) -> None:
    user = home.user()
    before = home.pids("bin/postgres -D")
    os.kill(before[0], signal.SIGKILL)
    assert home.sql("SELECT 1") == "1"
    assert home.pids("bin/postgres -D") != before
    user.communicate("")
    assert home.empty()


def test_two_homes_side_by_side_know_nothing_of_each_other(home: Home) -> None:
    other = Home(new_home(), KEEL_EMBEDDED_THROWAWAY="1")
    other.give_cluster()
    try:
        here, there = home.user(), other.user()
        home.sql("CREATE TABLE mine (id int)")
        assert other.sql("SELECT to_regclass('mine') IS NULL") == "t"
        here.communicate("")
        assert home.empty()
        assert other.sql("SELECT 1") == "1"
        there.communicate("")
        assert other.empty()
    finally:
        shutil.rmtree(other.path, ignore_errors=True)


def test_a_deep_home_gets_a_short_socket_folder(home: Home) -> None:
    deep = Home(home.path / ("deep/" * 20), KEEL_EMBEDDED_THROWAWAY="1")
    assert deep.sql("SELECT length(current_setting('unix_socket_directories')) < 100") == "t"
    assert deep.empty()


def test_up_keeps_the_servers_and_down_stops_them(home: Home) -> None:
    assert home.run("up").returncode == 0
    time.sleep(0.8)
    assert home.run("status").returncode == 0
    assert home.run("down").stdout == "stopped\n"
    assert home.empty()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


STACK = """
import os, sys
sys.path.insert(0, sys.argv[1])
from erp.embedded import supervise as s
port = int(sys.argv[2])
try:
    lock = s.claim_run(port)
except s.EmbeddedError as problem:
    sys.exit(str(problem))
stack = s.programs(embedded=["db", "broker"], port=port, queues=["default"], web_workers=1)
page = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
wait = stack[-1].command[:4]
stack = [p for p in stack if p.name in ("db", "broker")] + [s.Program("web", 50, [*wait, *page], 5)]
(s.home() / "c.conf").write_text(s.configuration(stack))
(s.home() / "hello").write_text("hello")
os.set_inheritable(lock, True)
here = os.path.dirname(s.__file__)
words = ["supervise", str(s.home() / "c.conf"), str(port), str(s.home() / "hello")]
os.execv(sys.executable, [sys.executable, here, *words])
"""


class Stack:
    """A small stack under the real supervisor: both servers and a page."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.port = free_port()
        self.process = self.start()
        assert self.process.stdout is not None
        self.said = ""
        while not self.said.endswith("hello\n"):
            line = self.process.stdout.readline()
            assert line, self.said
            self.said += line

    def start(self) -> subprocess.Popen[str]:
        """Start it, or be refused."""
        return subprocess.Popen(
            [sys.executable, "-c", STACK, str(ROOT), str(self.port)],
            env=self.home.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def test_the_stack_refuses_a_second_start_shares_its_servers_and_stops_cleanly(home: Home) -> None:
    stack = Stack(home)
    said = stack.start().communicate()[0]
    assert "already runs from this checkout" in said
    assert home.sql("SELECT 1") == "1"
    assert len(home.pids("bin/postgres -D")) == 1
    stack.process.terminate()
    assert stack.process.wait(30) == 0
    assert home.empty(5)
    assert "database system is shut down" in (home.path / "log/db.log").read_text()


@pytest.mark.parametrize("victim", ["supervisor.supervisord", "embedded supervise"])
def test_a_killed_supervisor_leaves_no_orphan(home: Home, victim: str) -> None:
    stack = Stack(home)
    for pid in home.pids(victim):
        os.kill(pid, signal.SIGKILL)
    stack.process.wait(30)
    assert home.empty()


def test_the_supervisor_brings_killed_servers_back(home: Home) -> None:
    stack = Stack(home)
    for words in ("bin/postgres -D", "valkey-server"):
        os.kill(home.pids(words)[0], signal.SIGKILL)
    deadline = time.monotonic() + 20
    while len(home.pids("bin/postgres -D") + home.pids("valkey-server")) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert home.sql("SELECT 1") == "1"
    assert len(home.pids("bin/postgres -D")) == 1
    stack.process.send_signal(signal.SIGINT)
    assert stack.process.wait(30) == 0
    assert home.empty(5)
