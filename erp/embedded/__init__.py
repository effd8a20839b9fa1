"""Answers: where do PostgreSQL and Valkey come from when nobody configured one, and who stops them?

Each server has two lock files. `<name>.server` is inherited by the server itself, so it is held exactly as long as one
of its processes lives: a second server can never open the same data. `<name>.users` is held (shared) by every command
that needs the server; the keeper of a server stops it when the last user is gone, even if that user was killed.

`places` says where things are, `locks` who holds what, `client` how a command attaches, `server` how a server runs,
`supervise` how `make run` keeps the whole stack. None of it imports Django, so that `python erp/embedded` is quick.
"""

from erp.embedded.client import Use, attach, release_all, retire_idle_keepers, wait_ready
from erp.embedded.places import (
    BROKER,
    DATABASE,
    DATABASE_NAME,
    NAMES,
    EmbeddedError,
    broker_url,
    cache_url,
    command_needs_servers,
    database_settings,
    home,
    socket_dir,
)

__all__ = [
    "BROKER",
    "DATABASE",
    "DATABASE_NAME",
    "NAMES",
    "EmbeddedError",
    "Use",
    "attach",
    "broker_url",
    "cache_url",
    "command_needs_servers",
    "database_settings",
    "home",
    "release_all",
    "retire_idle_keepers",
    "socket_dir",
    "wait_ready",
]
