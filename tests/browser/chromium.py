"""Answers: which Chromium can this machine run, with which switches, and where does one come from if there is none?

`python -m tests.browser.chromium` finds or unpacks one. The npm package @sparticuz/chromium carries a whole headless
Chromium with the libraries it needs, so an ordinary user gets a browser without root and without a download of its own.
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
UNPACKED = ROOT / ".browser"
STARTER = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" FONTCONFIG_PATH="$here" exec "$here/chromium" "$@"
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{here}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{here}/fonts-cache</cachedir>
</fontconfig>
"""


def candidates() -> Iterator[Path]:
    """Yield the browsers to try: `KEEL_CHROMIUM`, the machine's own, then the unpacked one."""
    if given := os.environ.get("KEEL_CHROMIUM"):
        yield Path(given)
    for name in ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"):
        if found := shutil.which(name):
            yield Path(found)
    yield UNPACKED / "start"


def works(program: Path) -> bool:
    """Tell whether the program starts at all: a missing shared library shows here, not in the first test."""
    try:
        return (
            subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def find_chromium() -> Path | None:
    """Return the browser to drive, or None."""
    return next((program for program in candidates() if program.exists() and works(program)), None)


def chromium_arguments() -> list[str]:
    """Return switches that keep Chromium off the network and alive in a small container."""
    return [
        "--no-sandbox",  # the sandbox needs root or user namespaces; our pages are the only ones it ever sees
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]


def unpack(package: Path) -> Path:
    """Unpack the npm package's browser into `.browser/` and return its starter."""
    import brotli

    partial = UNPACKED.with_name(f".browser.{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    program = partial / "chromium"
    program.write_bytes(brotli.decompress((package / "bin/chromium.br").read_bytes()))
    program.chmod(0o755)
    for archive in sorted((package / "bin").glob("*.tar.br")):
        with tarfile.open(fileobj=io.BytesIO(brotli.decompress(archive.read_bytes()))) as files:
            if hasattr(tarfile, "data_filter"):  # Debian 12's Python 3.11.2 is older than it
                files.extraction_filter = tarfile.data_filter
            files.extractall(partial)
    (partial / "fonts.conf").write_text(
        FONTS.format(here=UNPACKED)
    )  # the package's own names a cloud's folders
    (partial / "start").write_text(STARTER)
    (partial / "start").chmod(0o755)
    shutil.rmtree(UNPACKED, ignore_errors=True)
    partial.rename(UNPACKED)
    return UNPACKED / "start"


def install_from_debian() -> None:
    """Install Debian's Chromium, where we are root and may."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "-y", "chromium"]):
            subprocess.run(
                ["apt-get", "-qq", *words], check=False, env=environment, stdout=subprocess.DEVNULL
            )


def main() -> int:
    """Print the browser that tests will use; exit 1 with one line when there is none.

    With a folder as argument, its npm package is unpacked; with `--debian`, Debian's is installed if we are root.
    """
    argument = sys.argv[1] if len(sys.argv) > 1 else ""
    program = find_chromium()
    if program is None and argument == "--debian":
        install_from_debian()
        program = find_chromium()
    elif program is None and argument:
        unpack(Path(argument) / "node_modules/@sparticuz/chromium")
        program = find_chromium()
    if program is None:
        print(
            "No Chromium for the browser tests: install one, or set KEEL_CHROMIUM to its program.",
            file=sys.stderr,
        )
        return 1
    print(program)
    return 0


if __name__ == "__main__":
    sys.exit(main())
