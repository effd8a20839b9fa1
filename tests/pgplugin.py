"""Answers: which PostgreSQL and Valkey do the tests talk to, and when must they be up?

pytest-django reads the settings before any conftest runs, so this is an early plugin (`-p tests.pgplugin`). It gives
the whole run a throwaway KEEL_HOME; the keepers in `erp.embedded` stop the servers when this process ends, however.

Migrating an empty database takes Django many seconds, all in Python. So a migrated cluster is kept per digest of the
migrations in `.keel/test-clusters/`; a run starts from a copy, and the test databases are clones of its database.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CLUSTERS = ROOT / ".keel/test-clusters"
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
    os.environ["KEEL_EMBEDDED_THROWAWAY"] = "1"
    os.environ["KEEL_LINGER"] = "0.3"

    from erp import embedded

    home = new_home()
    _made.append(home)
    if not os.environ["DATABASE_URL"]:
        lay_cluster(home)
    os.environ["KEEL_HOME"] = str(home)
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
    if (_made[0] / "locks").exists():
        embedded.retire_idle_keepers()
    while _made:
        shutil.rmtree(_made.pop(), ignore_errors=True)


def new_home() -> Path:
    """Return a fresh folder for KEEL_HOME, in memory where there is room: a busy disk makes it tenfold slower."""
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 2**30
    home = Path(tempfile.mkdtemp(prefix="keel-test-", dir=memory if roomy else None))
    if os.geteuid() == 0:
        home.chmod(0o711)  # the servers' account passes through
    (home / "static").mkdir()
    return home


def lay_cluster(home: Path) -> None:
    """Put a migrated cluster into a home whose server has not started yet, as the account's that PostgreSQL runs as."""
    from erp.embedded.places import service_user

    folder = home / "pg"
    shutil.copytree(migrated_cluster(), folder, symlinks=True, copy_function=shutil.copy2)
    user = service_user()
    if user is not None:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def digest() -> str:
    """Return what a migrated database depends on: the migrations, the versions, and how a cluster is made."""
    parts = hashlib.sha256()
    files = sorted(path for path in ROOT.glob("*/migrations/*.py")) + sorted(
        ROOT.glob("erp/*/migrations/*.py")
    )
    for path in [
        *files,
        ROOT / "requirements.lock",
        ROOT / "erp/embedded/server.py",
        ROOT / "erp/core/functions.py",
    ]:
        parts.update(path.name.encode() + path.read_bytes())
    return parts.hexdigest()[:16]


def migrated_cluster() -> Path:
    """Return the data folder of a stopped cluster with every migration applied, building it when there is none."""
    cluster = CLUSTERS / digest()
    if cluster.exists():
        return cluster
    home = new_home()
    try:
        command = [sys.executable, str(ROOT / "manage.py"), "migrate", "-v0", "--skip-checks"]
        environment = os.environ | {"KEEL_HOME": str(home), "REDIS_URL": "redis://unused"}
        subprocess.run(command, env=environment, check=True)
        os.environ["KEEL_HOME"] = str(home)
        from erp import embedded

        embedded.retire_idle_keepers([embedded.DATABASE])
        CLUSTERS.mkdir(parents=True, exist_ok=True)
        partial = CLUSTERS / f"{cluster.name}.{os.getpid()}"
        shutil.copytree(home / "pg", partial, symlinks=True)
        for old in sorted(CLUSTERS.iterdir(), key=lambda path: path.stat().st_mtime)[:-3]:
            shutil.rmtree(old, ignore_errors=True)
        if (partial / "postmaster.pid").exists():
            raise RuntimeError("The cluster was copied while its server ran.")
        try:
            partial.rename(cluster)
        except OSError:  # another run was quicker
            shutil.rmtree(partial)
        return cluster
    finally:
        shutil.rmtree(home, ignore_errors=True)
