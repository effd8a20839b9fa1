"""How does a long command show that it is getting on?"""

from __future__ import annotations

from time import monotonic
from types import TracebackType
from typing import Any


class Progress:
    """One line that is rewritten on a terminal, and one line every few seconds elsewhere."""

    def __init__(self, stream: Any, *, quiet: bool = False, every: float = 10.0) -> None:
        self.stream = stream
        self.quiet = quiet
        self.is_terminal = bool(getattr(stream, "isatty", lambda: False)())
        self.every = 0.2 if self.is_terminal else every
        self.started = self.last = monotonic()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.is_terminal and not self.quiet:
            self.stream.write("")

    def report(self, done: int, total: int, what: str) -> None:
        """This function will show `done` of `total`, the rate and the time left, when it is time to."""
        now = monotonic()
        if self.quiet or (now - self.last < self.every and done < total):
            return
        self.last = now
        rate = done / max(now - self.started, 0.001)
        left = (total - done) / rate if rate else 0
        text = f"{done:>9,} of {total:,} {100 * done / max(total, 1):5.1f} %  {rate:7,.0f}/s  {left:5.0f} s left  {what}"
        self.stream.write(f"\r{text}", ending="" if self.is_terminal else "\n")
