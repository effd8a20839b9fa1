"""Answers: which rules of HOUSE.md does the code break? Each is a question a person would otherwise ask in review."""

import ast
import re

import pytest
from django.apps import apps
from django.db import models

from tests.architecture.source import APPS, ROOT, files, nodes, place, tree

MONEY = re.compile(
    r"(price|cost|amount|total|value|revenue|cogs|margin|debit|credit|limit|threshold|tax|charges|money)"
)
# Which files may write a state by SQL: the one writer, and work rows (erp.core.states says why).
STATE_WRITERS = {
    "erp/core/services/state.py",
    "erp/core/services/work.py",
    "erp/core/services/work_run.py",
    "erp/core/services/inbox.py",
    "erp/core/services/outbox.py",
    "erp/core/services/idempotency.py",
    "erp/core/services/form_token.py",
}


SETS_STATE = re.compile(r"\bUPDATE\b(?:(?!\bWHERE\b)[^;])*\bSET\b(?:(?!\bWHERE\b)[^;])*\bstate = ")


def test_only_the_state_service_assigns_a_state() -> None:
    wrong = []
    for path in files():
        if path.relative_to(ROOT).as_posix() in STATE_WRITERS:
            continue
        for node in ast.walk(tree(path)):
            if _assigns_state(node) or _updates_state(node):
                wrong.append(place(path, node))
    assert wrong == []


def _assigns_state(node: ast.AST) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AugAssign | ast.AnnAssign):
        targets = [node.target]
    return any(isinstance(target, ast.Attribute) and target.attr == "state" for target in targets)


def _updates_state(node: ast.AST) -> bool:
    """`.update(state=…)`, or a statement that sets the column."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
        return any(keyword.arg == "state" for keyword in node.keywords)
    return (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(SETS_STATE.search(node.value))
    )


def test_money_is_decimal_in_every_model() -> None:
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.FloatField)
        or (
            isinstance(field, models.IntegerField)
            and MONEY.search(field.name)
            and not field.name.endswith(("_id", "units_total"))
        )
    ]
    assert wrong == []


def test_money_columns_hold_four_decimals_and_quantities_are_whole() -> None:
    for model in apps.get_models():
        if model._meta.app_label in ("auth", "axes"):
            continue
        for field in model._meta.get_fields():
            if isinstance(field, models.DecimalField) and MONEY.search(field.name):
                assert field.decimal_places == 4 and field.max_digits >= 9, (
                    f"{model._meta.label}.{field.name}"
                )
            if field.name.startswith("quantity") and field.concrete:
                assert isinstance(field, models.IntegerField), f"{model._meta.label}.{field.name}"


def test_no_service_calculates_with_floats() -> None:
    """A float may measure time or distance; it never comes near an amount."""
    wrong = []
    for path in files("services", "postings.py"):
        for node in ast.walk(tree(path)):
            is_float = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "float"
            if isinstance(node, ast.BinOp):
                sides = (node.left, node.right)
                is_float = any(
                    isinstance(side, ast.Constant) and isinstance(side.value, float) for side in sides
                )
            if is_float and MONEY.search(ast.unparse(node)):
                wrong.append(place(path, node))
    assert wrong == []


def test_the_clock_is_read_at_the_edges_only() -> None:
    wrong = []
    for path in files("services", "selectors", "selectors.py", "postings.py", "states.py", "models"):
        for node in nodes(path, ast.Call):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in CLOCKS:
                wrong.append(place(path, node))
    assert wrong == []


CLOCKS = {
    "timezone.now",
    "datetime.now",
    "datetime.utcnow",
    "date.today",
    "datetime.today",
    "timezone.localdate",
    "localdate",
}


SENDING = ("delay", "apply_async", "send_task", "s", "si", "chord")


def test_no_work_travels_in_a_celery_message() -> None:
    """A message only wakes somebody up, so nothing is sent but by `erp.core.services.work.wake`; never eagerly."""
    wrong = []
    for path in files():
        if path.relative_to(ROOT).as_posix() != "erp/core/services/work.py":
            wrong += [place(path, node) for node in ast.walk(tree(path)) if _sends(node)]
    tests = [
        path
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if path.parent.name not in ("architecture", "ground")
    ]
    for path in [*files(), *tests]:
        if "always_eager" in path.read_text(encoding="utf-8").lower():
            wrong.append(f"{path.relative_to(ROOT)} eager")
    assert wrong == []


def _sends(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SENDING


def test_no_signals_no_save_overrides_no_default_order() -> None:
    wrong = []
    for path in files():
        for node in nodes(path, ast.ImportFrom):
            if isinstance(node, ast.ImportFrom) and node.module in (
                "django.db.models.signals",
                "django.dispatch",
            ):
                wrong.append(f"{place(path, node)} signals")
    for model in apps.get_models():
        if model.__module__.split(".")[0] in {app.partition("/")[0] for app in APPS}:
            if "save" in vars(model) or "delete" in vars(model):
                wrong.append(f"{model._meta.label} overrides save or delete")
            if model._meta.ordering and not model.__name__.startswith("Historical"):
                wrong.append(f"{model._meta.label} has a default order")
    assert wrong == []


def test_no_drawer_for_odds_and_ends() -> None:
    names = {"utils.py", "helpers.py", "misc.py", "common.py", "signals.py", "managers.py"}
    assert [str(path.relative_to(ROOT)) for path in files() if path.name in names] == []


def test_every_module_says_which_question_it_answers() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in files()
        if path.read_text(encoding="utf-8").strip() and not ast.get_docstring(tree(path))
    ]
    assert silent == []


def test_nothing_is_left_for_later() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    assert [
        str(path.relative_to(ROOT)) for path in files() if words.search(path.read_text(encoding="utf-8"))
    ] == []


@pytest.mark.parametrize("limit", [70])
def test_a_function_fits_on_a_page(limit: int) -> None:
    long = [
        f"{place(path, node)} {node.name} {(node.end_lineno or 0) - node.lineno + 1}"
        for path in files()
        for node in nodes(path, ast.FunctionDef)
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > limit
    ]
    assert long == []


def test_a_module_stays_readable() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in files()
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert long == {}


def test_a_template_stays_readable() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 150
    }
    assert long == {}


def test_no_page_runs_inline_script_or_style() -> None:
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|\sstyle=|\son[a-z]+=\"|javascript:", re.I
    )
    assert [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if inline.search(path.read_text(encoding="utf-8"))
    ] == []
