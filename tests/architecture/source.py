"""Answers: which Python files are the house's own, and what is written in them?"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("erp/core", "ledger", "inventory", "orders", "fulfillment", "procurement", "returns", "reporting")
LABELS = {app: "core" if app == "erp/core" else app for app in APPS}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def files(*rooms: str) -> list[Path]:
    """The apps' own modules, without migrations; of the given rooms only (`services`, `postings.py`, …)
    when named.
    """
    found = [
        path
        for app in (*APPS, "erp")
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts and (app != "erp" or "core" not in path.relative_to(ROOT).parts)
    ]
    if not rooms:
        return found
    return [path for path in found if {*path.relative_to(ROOT).parts} & {*rooms}]


def nodes(path: Path, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, kinds))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
