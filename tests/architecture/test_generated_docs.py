"""Answers: do the generated documents still say what the code says? If not, run the command with --write."""

from collections.abc import Callable

import pytest

from erp.core.docs import path_of
from erp.core.management.commands.show_invariants import invariants_document
from erp.core.management.commands.show_postings import postings_document, rules_by_app
from erp.core.management.commands.show_states import states_document
from reporting.management.commands.show_metrics import metrics_document


@pytest.mark.parametrize(
    ("name", "command", "document"),
    [
        ("states.md", "show_states", states_document),
        ("posting-rules.md", "show_postings", postings_document),
        ("metrics.md", "show_metrics", metrics_document),
        ("invariants.md", "show_invariants", invariants_document),
    ],
)
def test_a_document_is_up_to_date(name: str, command: str, document: Callable[[], str]) -> None:
    assert path_of(name).read_text(encoding="utf-8") == document(), f"run manage.py {command} --write"


def test_every_rule_shows_its_t_account() -> None:
    for _, rules in rules_by_app():
        for rule in rules:
            assert "::" in (rule.__doc__ or ""), f"{rule.__module__}.{rule.__name__} shows no T-account"
