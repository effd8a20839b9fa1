"""Where do the documents that are generated from code go, and are they still what the code says?"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def path_of(name: str) -> Path:
    """This function will return the file of a generated document."""
    return Path(settings.BASE_DIR) / "docs" / name


def generate(name: str, text: str, *, write: bool) -> str:
    """This function will return the text, or write it to its file and say so."""
    if not write:
        return text
    path_of(name).parent.mkdir(exist_ok=True)
    path_of(name).write_text(text, encoding="utf-8")
    return f"docs/{name}: {len(text.splitlines())} lines"
