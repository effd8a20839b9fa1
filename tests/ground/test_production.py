"""Answers: is what we ship for production safe by Django's own check, consistent, and free of addresses and secrets?"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from erp.celery import app

ROOT = Path(__file__).resolve().parents[2]


def example() -> dict[str, str]:
    """Return the values of .env.example, with a secret filled in as its comment says."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return values | {"SECRET_KEY": "a-long-and-random-looking-string-of-0123456789-and-more-9f8e7d6c"}


def manage(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a management command with nothing of this test run in its environment."""
    clean = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    command = [sys.executable, str(ROOT / "manage.py"), *words]
    return subprocess.run(
        command, env=clean | environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_deployment_check_is_clean(tmp_path: Path) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **example(), KEEL_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_a_log_line_tells_the_fault_and_not_what_variables_held(tmp_path: Path) -> None:
    code = """
import logging
def charge(card):
    raise ValueError("declined")
try:
    charge("4111" + "1" * 12)
except ValueError:
    logging.getLogger("django.request").error("failed", exc_info=True)
    logging.getLogger("django.request").warning("refused", exc_info=True)
"""
    done = manage("shell", "-v0", "-c", code, **example(), KEEL_HOME=str(tmp_path))
    failed, refused = (json.loads(line) for line in done.stderr.splitlines() if line.startswith("{"))
    assert failed["exception"][0]["exc_value"] == "declined"
    assert failed["exception"][0]["frames"][-1]["name"] == "charge"
    assert "4111" not in done.stderr
    assert "exception" not in refused


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL"])
def test_production_refuses_to_start_without(missing: str, tmp_path: Path) -> None:
    values = {key: value for key, value in example().items() if key != missing}
    done = manage("check", **values, KEEL_HOME=str(tmp_path))
    assert done.returncode != 0
    assert missing in done.stderr


def test_the_three_visibility_timeouts_are_one() -> None:
    # The shortest of all that share a broker wins, so one that is forgotten redelivers running work.
    conf = app.conf
    assert conf.broker_transport_options["visibility_timeout"] == settings.VISIBILITY_TIMEOUT
    assert conf.result_backend_transport_options["visibility_timeout"] == settings.VISIBILITY_TIMEOUT
    assert conf.visibility_timeout == settings.VISIBILITY_TIMEOUT
    assert conf.task_time_limit < settings.VISIBILITY_TIMEOUT


def test_the_broker_takes_json_only_and_late() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert not app.conf.task_always_eager


def test_every_queue_has_a_worker_in_production() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    commands = [service.get("command") for service in compose["services"].values()]
    served = {command[command.index("-Q") + 1] for command in commands if command and "-Q" in command}
    assert served == set(settings.KEEL_QUEUES)
    assert {"web", "beat", "db", "broker", "cache", "migrate"} <= set(compose["services"])


@pytest.mark.parametrize(
    "name",
    sorted(path.name for path in [*ROOT.glob("requirements*"), ROOT / "package-lock.json", ROOT / ".npmrc"]),
)
def test_a_lock_names_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"https?://|index-url|\bresolved\b\":", text)
    if name.startswith("requirements") and name.endswith(".lock"):
        packages = len(re.findall(r"^[a-z0-9._-]+(\[[a-z,]+\])?==", text, flags=re.M | re.I))
        assert packages == len(
            re.findall(r"^\S+==.*\\$", text, flags=re.M)
        )  # each line goes on with its hashes
