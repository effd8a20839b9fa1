"""Answers: which PostgreSQL and Valkey do the tests talk to, and when must they be up?

pytest-django reads the settings before any conftest runs, so this is an early plugin (`-p tests.pgplugin`). It gives
the whole run a throwaway KEEL_HOME; the keepers in `erp.embedded` stop the servers when this process ends, however.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

_made: list[Path] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers once, in the process that controls the run; xdist's workers inherit the environment."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    os.environ["KEEL_ENV"] = "test"
    os.environ["DJANGO_SETTINGS_MODULE"] = "erp.settings"
    for variable in ("DATABASE_URL", "REDIS_URL", "REDIS_CACHE_URL", "DATABASE_REPLICA_URL"):
        given = os.environ.get(f"KEEL_TEST_{variable}", "")
        os.environ[variable] = given  # empty, not absent: a .env file must not bring the real ones back
    home = Path(tempfile.mkdtemp(prefix="keel-test-"))
    (home / "static").mkdir()
    _made.append(home)
    os.environ["KEEL_HOME"] = str(home)
    os.environ["KEEL_EMBEDDED_THROWAWAY"] = "1"
    os.environ["KEEL_LINGER"] = "0.3"

    from erp import embedded

    if os.geteuid() == 0:
        home.chmod(0o711)  # the servers' account passes through
    embedded.attach(
        name
        for name, variable in ((embedded.DATABASE, "DATABASE_URL"), (embedded.BROKER, "REDIS_URL"))
        if not os.environ[variable]
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let the servers go and remove what they wrote."""
    if not _made:
        return
    from erp import embedded

    embedded.release_all()
    embedded.retire_idle_keepers()
    while _made:
        shutil.rmtree(_made.pop(), ignore_errors=True)
