"""Answers: does every stored code lead to the code it names? `orders.order_confirm` is a function in
orders/services/.
"""

import ast
import importlib
import re
from pathlib import Path

import pytest

from erp.celery import BEAT_SCHEDULE
from erp.celery import app as celery
from erp.core.permissions import PERMISSIONS
from erp.core.sql import REFUSALS
from erp.core.work_registry import address_resolve
from tests.architecture.source import APPS, LABELS, ROOT, files, nodes, place

ADDRESS = re.compile(rf"({'|'.join(LABELS.values())})\.[a-z][a-z0-9_]*")
APP_OF = {label: app.replace("/", ".") for app, label in LABELS.items()}


def _constants(path: Path, *names: str) -> list[tuple[str, str]]:
    """(place, text) of every text given as one of these keyword arguments, or as a constant of that name."""
    found = []
    for node in nodes(path, ast.keyword, ast.Assign):
        if isinstance(node, ast.keyword) and node.arg in names and isinstance(node.value, ast.Constant):
            found.append((place(path, node.value), node.value.value))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            targets = {target.id.lower() for target in node.targets if isinstance(target, ast.Name)}
            if targets & set(names):
                found.append((place(path, node), node.value.value))
    return [(where, text) for where, text in found if isinstance(text, str) and ADDRESS.fullmatch(text)]


def _in_services(address: str) -> bool:
    try:
        address_resolve(address)
    except LookupError:
        return False
    return True


def _in_postings(address: str) -> bool:
    app, _, name = address.partition(".")
    try:
        module = importlib.import_module(f"{APP_OF[app]}.postings")
    except ModuleNotFoundError:
        return False
    return callable(getattr(module, name, None))


def test_every_action_is_a_service() -> None:
    actions = [pair for path in files() for pair in _constants(path, "action", "resolution")]
    assert len(actions) > 20
    assert [f"{where} {text}" for where, text in actions if not _in_services(text)] == []


def test_every_kind_is_a_posting_rule_or_a_service() -> None:
    kinds = [pair for path in files() for pair in _constants(path, "kind")]
    assert len(kinds) > 10
    lost = [f"{where} {text}" for where, text in kinds if not (_in_postings(text) or _in_services(text))]
    assert lost == []


def test_every_code_that_a_service_writes_leads_somewhere() -> None:
    """Also those in tuples and constants: a service, a rule, a permission, a task, or a refusal that SQL
    may raise.
    """
    celery.loader.import_default_modules()
    known = {*PERMISSIONS, *celery.tasks, *REFUSALS}
    lost = [
        f"{place(path, node)} {node.value}"  # type: ignore[attr-defined]
        for path in files("services", "postings.py", "notices.py", "tasks.py")
        for node in nodes(path, ast.Constant)
        if isinstance(node.value, str) and ADDRESS.fullmatch(node.value)  # type: ignore[attr-defined]
        and not (node.value in known or _in_services(node.value) or _in_postings(node.value))  # type: ignore[attr-defined]
    ]  # fmt: skip
    assert lost == []


def test_every_rule_posts_under_its_own_name() -> None:
    for app in APPS:
        path = ROOT / app / "postings.py"
        if not path.exists():
            continue
        for rule in nodes(path, ast.FunctionDef):
            kinds = [
                keyword.value.value
                for call in ast.walk(rule)
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "JournalDraft"
                for keyword in call.keywords
                if keyword.arg == "kind" and isinstance(keyword.value, ast.Constant)
            ]
            assert set(kinds) <= {f"{LABELS[app]}.{rule.name}"}, place(path, rule)


def test_what_runs_by_itself_exists() -> None:
    jobs = [entry["args"][0] for entry in BEAT_SCHEDULE.values() if entry["task"] == "core.run_periodic"]
    assert [job for job in jobs if not _in_services(job)] == []
    assert len(jobs) >= 3


def test_every_permission_that_a_page_names_is_in_the_table() -> None:
    named = [pair for path in files() for pair in _constants(path, "permission")]
    assert len(named) > 10
    assert [f"{where} {text}" for where, text in named if text not in PERMISSIONS] == []


@pytest.mark.parametrize("app", APPS)
def test_services_say_who_acts_and_when(app: str) -> None:
    """A public writer takes keywords only; where it takes `actor` it takes `at` too, so it never reads a clock."""
    wrong = []
    for path in sorted((ROOT / app / "services").rglob("*.py")):
        for node in nodes(path, ast.FunctionDef):
            assert isinstance(node, ast.FunctionDef)
            keywords = {argument.arg for argument in node.args.kwonlyargs}
            positional = {argument.arg for argument in node.args.args}
            if not node.name.startswith("_") and "actor" in positional and not _is_inner(node):
                wrong.append(f"{place(path, node)} {node.name} takes actor by position")
            if "actor" in keywords and "at" not in keywords and "progress" not in keywords:
                wrong.append(f"{place(path, node)} {node.name} takes actor without at")
    assert [item for item in wrong if item.rpartition(" takes")[0].split()[-1] not in CLOCKLESS] == []


# Their time is the document's own (a posting date, a due date) or PostgreSQL's.
CLOCKLESS: set[str] = {
    "journal_entry_post",
    "journal_entry_post_many",
    "enqueue_on_commit",
    "saved_view_save",
    "user_set_preferences",
    "saved_view_delete",
}


def _is_inner(function: ast.FunctionDef) -> bool:
    """A method, or a function inside another one: no service of its own."""
    return function.col_offset > 0
