"""Answers: which Chromium can this machine run, and with which switches?"""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def find_chromium() -> Path | None:
    """Return the browser to drive: `KEEL_CHROMIUM`, the machine's own, or the one `make setup-browser` unpacked."""
    if given := os.environ.get("KEEL_CHROMIUM"):
        return Path(given)
    for name in ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"):
        if found := shutil.which(name):
            return Path(found)
    unpacked = ROOT / "node_modules/.keel-chromium/chromium"
    return unpacked if unpacked.exists() else None


def chromium_arguments() -> list[str]:
    """Return switches that keep Chromium off the network and alive in a small container."""
    return [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
