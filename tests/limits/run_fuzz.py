"""Answers: does fuzzing that watches which code it reaches find a body that a parser answers with anything but a typed error?

    python -m tests.limits.run_fuzz edi|csv|codes [--seconds 60]

It needs atheris, which is no dependency (wheels for Linux only): `uv pip install atheris`. What breaks a parser is written to
the folder that is printed, and the exit status is 77.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.limits.run_limits import READERS, prepare

RECORDED = Path(__file__).parents[1] / "channels/recorded/edi"
SEEDS = {
    "csv": ["sku,quantity\nMUG,1\n", 'a;b\n"x;y";2\n', "\ufeffa\tb\n1\t2\n"],
    "codes": ["010400638133393110LOT7\x1d17260101", "]C100340123450000000017", "4006381333931", "N-A-01"],
}
LONGEST = 4_096


def _seed(what: str, folder: Path) -> None:
    texts = [text.encode() for text in SEEDS.get(what, [])]
    if what == "edi":
        texts = [path.read_bytes() for path in sorted(RECORDED.rglob("*")) if path.is_file()]
    for number, text in enumerate(texts):
        (folder / str(number)).write_bytes(text[:LONGEST])


def main() -> None:
    """Fuzz one parser until the time is up; atheris ends the process."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["edi", "csv", "codes"])
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is missing: .venv/bin/uv pip install atheris")
    with atheris.instrument_imports(
        include=["orders.channels.edi", "erp.core.imports", "fulfillment", "biip"]
    ):
        prepare()
    from erp.core.errors import KeelError

    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="keel-fuzz-", dir=memory if memory.exists() else None))
    corpus, body = folder / "corpus", folder / "body"
    corpus.mkdir()
    _seed(options.what, corpus)

    def read_one(data: bytes) -> None:
        body.write_bytes(data)
        try:
            READERS[options.what](body)
        except KeelError:
            return  # typed: what it is for
        except Exception:
            shutil.copy(body, folder / "broken")
            raise

    print(f"kept in {folder}", file=sys.stderr)
    limits = [f"-max_total_time={options.seconds}", f"-max_len={LONGEST}", "-timeout=2", "-rss_limit_mb=2048"]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={folder}/", str(corpus)], read_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
