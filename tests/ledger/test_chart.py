"""Answers: which accounts does a new company start with, and what may be changed about them later?"""

from __future__ import annotations

import pytest

from erp.core.errors import InvalidInput
from erp.core.models import ApprovalPolicy, NumberSeries, User
from ledger.models import Account, AccountRole, AccountType
from ledger.services import account_save, chart_create, journal_entry_post
from ledger.services.chart import DEFAULT_CHART, SERIES
from tests.ledger.conftest import AT, sale


def test_every_role_has_one_leaf_account(books: User) -> None:
    leaves = {account.role: account for account in Account.objects.exclude(role=None)}
    assert set(leaves) == set(AccountRole)
    assert all(account.is_leaf_node() for account in leaves.values())
    cash = leaves[AccountRole.CASH]
    assert [ancestor.code for ancestor in cash.get_ancestors()] == ["1000", "1100"]
    assert {account.account_type for account in Account.objects.filter(code__startswith="4")} == {
        AccountType.INCOME
    }
    assert Account.history.filter(history_user=books).count() == len(DEFAULT_CHART)


def test_creating_the_chart_again_changes_nothing(books: User) -> None:
    Account.objects.filter(role=AccountRole.CASH).update(name="Lloyds current account")
    assert chart_create(actor=books, at=AT) == 0
    assert Account.objects.count() == len(DEFAULT_CHART)
    assert Account.objects.get(role=AccountRole.CASH).name == "Lloyds current account"
    assert NumberSeries.objects.filter(code__in=SERIES).count() == len(SERIES)
    assert ApprovalPolicy.objects.filter(kind="ledger.manual_entry_post", threshold=0).count() == 1


def test_an_account_with_entries_keeps_its_type_and_takes_no_children(books: User) -> None:
    journal_entry_post(sale(), actor=books)
    cash = Account.objects.get(role=AccountRole.CASH)
    child = Account(code="1111", name="Till", account_type=AccountType.ASSET, parent=cash)
    with pytest.raises(InvalidInput) as caught:
        account_save(account=child, actor=books, at=AT)
    assert caught.value.field == "parent"
    revenue = Account.objects.get(role=AccountRole.REVENUE)
    revenue.parent, revenue.account_type = None, AccountType.EXPENSE
    with pytest.raises(InvalidInput) as caught:
        account_save(account=revenue, actor=books, at=AT)
    assert caught.value.field == "account_type"
    assert Account.objects.get(role=AccountRole.REVENUE).account_type == AccountType.INCOME
    assert not Account.objects.filter(code="1111").exists()


def test_a_role_does_not_lose_its_account(books: User) -> None:
    cash = Account.objects.get(role=AccountRole.CASH)
    cash.is_active = False
    with pytest.raises(InvalidInput) as caught:
        account_save(account=cash, actor=books, at=AT)
    assert caught.value.field == "is_active"
    assert Account.objects.get(role=AccountRole.CASH).is_active


def test_a_new_account_hangs_under_a_parent_of_its_type(books: User) -> None:
    group = Account.objects.get(code="6000")
    saved = account_save(
        account=Account(code="6900", name="Software", account_type=AccountType.EXPENSE, parent=group),
        actor=books,
        at=AT,
    )
    assert saved.get_root().code == "6000"
    assert saved.history.get().history_user == books
    with pytest.raises(InvalidInput):
        account_save(
            account=Account(code="6901", name="Odd", account_type=AccountType.INCOME, parent=group),
            actor=books,
            at=AT,
        )
    assert not Account.objects.filter(code="6901").exists()
