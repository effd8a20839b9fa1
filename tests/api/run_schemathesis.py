"""Answers: does the API ever break, or answer what its document does not say, whatever it is sent?

`python -m tests.api.run_schemathesis --cases 10000` starts a database of its own, founds the test company, makes a key per role
and lets Schemathesis (fuzzing and stateful) send about as many requests to a live server. Exit 1 on any finding.
`tests/api/test_schemathesis.py` is the small version of it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
# What this proves: nothing breaks, nothing is answered that the document does not say, in a shape that it does not say.
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "response_headers_conformance", "ignored_auth", "unsupported_method",
)  # fmt: skip


@dataclass
class Found:
    """What the runs of one or all roles came to."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    undocumented: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def broken(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 500)

    def add(self, other: Found) -> None:
        self.cases += other.cases
        self.statuses.update(other.statuses)
        self.undocumented += other.undocumented
        self.failures += other.failures


def run_role(
    base: str, secret: str, *, examples: int, seed: int, phases: str = "examples,coverage,fuzzing,stateful",
    include: str = "", coverage: bool = True,
) -> Found:  # fmt: skip
    """Let Schemathesis send what it likes with one key; every exchange is recorded and counted from the record."""
    with tempfile.TemporaryDirectory() as folder:
        cassette = Path(folder) / "all.yaml"
        command = [
            str(Path(sys.executable).parent / "schemathesis"), "run", f"{base}/api/v1/openapi.json", "--url", base,
            "--header", f"Authorization: Bearer {secret}", "--checks", ",".join(CHECKS), "--phases", phases,
            "--max-examples", str(examples), "--seed", str(seed), "--report", "vcr", "--report-vcr-path", str(cassette),
            "--generation-database", "none", "--continue-on-failure", "--no-color", "--request-timeout", "30",
        ]  # fmt: skip
        if include:
            command += ["--include-path-regex", include]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=_clean())
        found = _count(cassette)
        # What it writes after its headline of failures is what a person needs to repair.
        if done.returncode != 0:
            text = done.stdout
            start = text.find("= FAILURES =")
            errors = text.find("= ERRORS =")
            at = min((place for place in (start, errors) if place >= 0), default=0)
            found.failures.append((text[at:] or done.stderr)[:20_000])
    return found


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("KEEL_", "DJANGO_"))}


def _count(cassette: Path) -> Found:
    found = Found()
    if not cassette.exists():
        return found
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(cassette.read_text(encoding="utf-8"), loader)  # noqa: S506 (a safe one, written in C where there is one)
    for exchange in content["http_interactions"]:
        found.cases += 1
        response = exchange.get("response") or {}
        status = int((response.get("status") or {}).get("code", 0))
        found.statuses[status] += 1
        for check in exchange.get("checks") or []:
            if check["name"] == "status_code_conformance" and check["status"] == "FAILURE":
                request = exchange["request"]
                found.undocumented.append(f"{request['method']} {request['uri']} → {status}")
    return found


def said(role: str, found: Found) -> str:
    """One line per role."""
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(found.statuses.items()))
    return f"{role:18} {found.cases:7} cases  {found.broken} broken  {len(found.undocumented)} undocumented  ({statuses})"


def operations(base: str) -> int:
    """How many operations the document has."""
    import urllib.request

    with urllib.request.urlopen(f"{base}/api/v1/openapi.json") as answer:
        paths: Mapping[str, Any] = json.load(answer)["paths"]
    return sum(len(methods) for methods in paths.values())


def main() -> int:
    """Run all roles in turn; the test module lends the live server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=20260301)
    said_ = parser.parse_args()
    environment = os.environ | {"KEEL_FUZZ_CASES": str(said_.cases), "KEEL_FUZZ_SEED": str(said_.seed)}
    command = [
        sys.executable, "-m", "pytest", "tests/api/test_schemathesis.py", "-q", "-s", "--timeout", "0",
    ]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def shortened(text: str, most: int = 8_000) -> str:
    """Without the key that the sample requests carry."""
    return re.sub(r"Bearer [A-Za-z0-9_\-]+", "Bearer …", text)[:most]


if __name__ == "__main__":
    sys.exit(main())
