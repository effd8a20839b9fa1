"""Whom does a note name? @username, but not the middle of an e-mail address."""

from __future__ import annotations

import re

PATTERN = re.compile(r"(?<![\w@.+-])@([A-Za-z0-9_](?:[\w.+-]{0,148}\w)?)")


def mentioned(body: str) -> list[str]:
    """This function will return the names after an @, each once, in the order of the text."""
    return list(dict.fromkeys(PATTERN.findall(body)))
