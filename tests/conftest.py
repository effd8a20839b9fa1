"""Answers: what holds for every test? No network but loopback, and nothing left behind in `KEEL_HOME`."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

pytest_plugins = ["tests.cast"]
_connect = socket.socket.connect
ALWAYS_THERE = {"django_content_type", "auth_permission"}  # what the models are, not what a test did


def _loopback_only(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = str(address[0])
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise AssertionError(f"A test tried to reach {host}; only loopback is allowed.")
    return _connect(self, address)


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _loopback_only)
        yield


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Any, settings: Any) -> None:
    """Give each test its own media folder."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True, scope="session")
def _journals_can_be_emptied() -> Iterator[None]:
    """Let the flush after a test that commits empty the append-only tables too, with triggers off for that alone.

    It deletes the few rows there are: truncating two hundred tables, most of them empty, takes half a second.
    """
    from django.db.backends.postgresql.operations import DatabaseOperations

    flush = DatabaseOperations.execute_sql_flush

    def sql_flush(self: Any, style: Any, tables: list[str], **_: Any) -> list[str]:
        named = [
            f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in set(tables) - ALWAYS_THERE
        ]
        with self.connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(named))
            return [f'DELETE FROM "{name}"' for (name,) in cursor.fetchall()]

    def execute_sql_flush(self: Any, sql_list: list[str]) -> None:
        flush(self, ["SET LOCAL session_replication_role = replica", *sql_list])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        patch.setattr(DatabaseOperations, "execute_sql_flush", execute_sql_flush)
        yield


class _Scheduling(LoadFileScheduling):
    """A test file stays whole in one process, and so do all that read the one traded company, which takes long to make."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "tests/traded" if file.startswith("tests/traded/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Scheduling:
    """Let xdist hand out the files by that rule."""
    return _Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first: so no process is left alone with it at the end."""
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in ("slow", "browser")))
