"""Answers: do the reports open for those who may see them, empty and full, with a bounded number of statements?"""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from erp.core.models import User
from reporting import urls
from tests.cast import Company

PAGES = [
    f"reporting:{item.name}"
    for item in urls.urlpatterns
    if item.name not in ("verify_run_detail", "verify_start")
]
PURCHASE = {"reporting:receipt_rows"}  # customer service does not see purchasing
MONEY = {
    "reporting:journal_rows", "reporting:layer_rows", "reporting:node_stock_rows", "reporting:daily_sales_list",
    "reporting:product_sales_list", "reporting:stock_value_list", "reporting:period_stock_list",
}  # fmt: skip
PROOF = {"reporting:verify_run_list"}


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("name", PAGES)
def test_every_report_opens_for_finance_in_few_statements(company: Company, name: str) -> None:
    client = browser(company.fay)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        response = client.get(reverse(name))
    assert response.status_code == 200
    assert len(seen) <= 45, "\n".join(query["sql"][:150] for query in seen.captured_queries)


@pytest.mark.parametrize("name", PAGES)
def test_customer_service_sees_no_margin(company: Company, name: str) -> None:
    response = browser(company.cora).get(reverse(name))
    assert response.status_code == (403 if name in MONEY | PROOF | PURCHASE else 200)


def test_the_dashboard_hides_money_figures_from_customer_service(company: Company) -> None:
    page = browser(company.cora).get(reverse("reporting:dashboard")).content.decode()
    assert 'data-metric="orders_received"' in page
    assert 'data-metric="margin_rate"' not in page
    assert "Revenue and gross margin by channel" not in page
    assert "Stock value" not in page


def test_nobody_without_a_role_sees_a_report(company: Company) -> None:
    for name in PAGES:
        assert browser(company.otto).get(reverse(name)).status_code == 403
    assert Client().get(reverse("reporting:dashboard")).status_code == 302


@pytest.mark.parametrize(
    "query",
    ["?from=2026-13-45", "?from=9999-01-01&to=0001-01-01", "?days=-5&channel=x", "?days=999999999999", "?channel=77777777777777",
     "?from=2030-01-01&to=2020-01-01", "?days=%00", "?channel=424242"],
)  # fmt: skip
def test_a_mangled_query_string_is_mended(company: Company, query: str) -> None:
    assert browser(company.fay).get(reverse("reporting:dashboard") + query).status_code == 200
