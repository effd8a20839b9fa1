"""Answers: is every figure exactly the rows that it leads to?"""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ledger.models import AccountRole
from orders.models import Order
from reporting.figures import figure_text
from reporting.metrics import METRICS, Unit
from reporting.reading import Reading
from reporting.scope import scope_of
from tests.traded.conftest import Traded

Totals = dict[str, Any]


def _percent(part: Any, whole: Any) -> Decimal | None:
    return Decimal(part) * 100 / Decimal(whole) if whole else None


# How each metric is read off the head of the list that it leads to: the list adds its own rows up.
READ_OFF: dict[str, Any] = {
    "orders_open": lambda t: t["orders"],
    "orders_overdue": lambda t: t["orders"],
    "orders_received": lambda t: t["orders"],
    "fill_rate": lambda t: _percent(t["units_filled_first"], t["units_ordered"]),
    "cycle_time": lambda t: t["median"],
    "cycle_time_p90": lambda t: t["p90"],
    "on_time": lambda t: _percent(t["on_time"], t["shipped"]),
    "straight_through": lambda t: _percent(t["orders"] - t["held"], t["orders"]),
    "orders_held": lambda t: t["orders"],
    "revenue": lambda t: t["net"],
    "margin": lambda t: t["net"],
    "stock_value": lambda t: t["value"],
    "stock_units": lambda t: t["units"],
    "backorder_units": lambda t: t["units"],
    "backorder_value": lambda t: t["value"],
    "grni": lambda t: t["net"],
    "receipts_today": lambda t: t["receipts"],
    "picks_today": lambda t: t["pick_lists"],
    "shipments_today": lambda t: t["shipments"],
    "exceptions_open": lambda t: t["rows"],
    "approvals_waiting": lambda t: t["rows"],
}
# Ratios of what two lists add up to; the list shows the numerator's side.
PARTS = {
    "margin_rate": "margin", "returns_rate": None, "turns": None, "money_at_risk": None, "promises_kept": None,
}  # fmt: skip


# Three days are too few for these: nothing is late yet, and what was left open today has not been shipped.
MAY_BE_ZERO = {
    "orders_overdue",
    "orders_held",
    "grni",
    "receipts_today",
    "shipments_today",
    "approvals_waiting",
}


@pytest.fixture(scope="module")
def page(traded: Traded) -> Client:
    client = Client()
    client.force_login(traded.user("ada"), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture(scope="module")
def reading(traded: Traded) -> Reading:
    return Reading(scope_of({"from": str(traded.first), "to": str(traded.last)}, at=timezone.now()))


def _totals(page: Client, url: str) -> Totals:
    response = page.get(url)
    assert response.status_code == 200, url
    totals: Totals = (
        {code: total[1] for code, total in response.context["summary"].items()} if "reporting" in url else {}
    )
    return totals | {"rows": response.context["page_obj"].paginator.count}


def test_every_metric_has_its_rows_in_this_test() -> None:
    assert {*READ_OFF, *PARTS} == set(METRICS)


@pytest.mark.parametrize("code", list(READ_OFF))
def test_a_metric_is_what_its_rows_add_up_to(code: str, page: Client, reading: Reading) -> None:
    metric = METRICS[code]
    value = metric.value(reading)
    found = READ_OFF[code](_totals(page, metric.drill_url(reading.scope)))
    if metric.unit == Unit.HOURS:
        assert found == pytest.approx(float(value or 0))
    else:
        assert found == value
    if code not in MAY_BE_ZERO:
        assert value, f"{code} is {value}: the traded company does not exercise it"


def test_the_returns_rate_is_the_returns_account_over_the_revenue(page: Client, reading: Reading) -> None:
    returned = -_totals(page, METRICS["returns_rate"].drill_url(reading.scope))["net"]
    net = _totals(page, METRICS["revenue"].drill_url(reading.scope))["net"]
    assert METRICS["returns_rate"].value(reading) == returned * 100 / (net + returned)


def test_the_margin_rate_is_margin_over_net_revenue(page: Client, reading: Reading) -> None:
    margin = _totals(page, METRICS["margin_rate"].drill_url(reading.scope))["net"]
    net = _totals(page, METRICS["revenue"].drill_url(reading.scope))["net"]
    assert METRICS["margin_rate"].value(reading) == margin * 100 / net


def test_turns_start_from_the_cost_of_goods_that_the_rows_show(page: Client, reading: Reading) -> None:
    cogs = -_totals(page, METRICS["turns"].drill_url(reading.scope))["net"]
    levels = reading.balance_series(AccountRole.INVENTORY)
    average = sum(levels) / len(levels)
    assert METRICS["turns"].value(reading) == pytest.approx(cogs / average * 365 / reading.scope.days)


def test_money_at_risk_is_the_sum_of_the_cases_behind_it(page: Client, reading: Reading) -> None:
    response = page.get(METRICS["money_at_risk"].drill_url(reading.scope))
    rows = response.context["table"].data.data
    assert sum(case.money_at_risk for case in rows) == METRICS["money_at_risk"].value(reading)


def test_every_cell_of_the_order_matrix_is_the_count_of_its_list(page: Client, traded: Traded) -> None:
    response = page.get(reverse("reporting:dashboard") + "?" + traded.query)
    rows = response.context["matrix"]
    assert (
        sum(row.total for row in rows)
        == Order.objects.filter(state__in=[row.state for row in rows]).count()
        > 0
    )
    for row in rows:
        assert _totals(page, row.url)["rows"] == row.total
        for count, url, _ in row.cells:
            assert _totals(page, url)["rows"] == count


def test_every_channel_and_share_is_the_sum_of_its_list(page: Client, traded: Traded) -> None:
    context = page.get(reverse("reporting:dashboard") + "?" + traded.query).context
    assert context["channel_rows"] and context["by_category"]["rows"] and context["by_node"]["rows"]
    for row in context["channel_rows"]:
        assert _totals(page, row["net_url"])["net"] == row["net"]
        assert _totals(page, row["margin_url"])["net"] == row["margin"]
    for row in context["by_category"]["rows"]:
        totals = _totals(page, row["url"])
        assert (totals["units"], totals["value"]) == (row["share"].units, row["share"].value)
    for row in context["by_node"]["rows"]:
        totals = _totals(page, row["url"])
        assert totals["units"] == row["share"].units
        assert abs(totals["value"] - row["share"].value) <= Decimal("0.01")
    stock = METRICS["stock_value"].value(Reading(context["scope"]))
    assert context["by_category"]["total"] == context["by_node"]["total"] == stock


def test_every_exception_kind_is_the_count_of_its_list(page: Client, traded: Traded) -> None:
    rows = page.get(reverse("reporting:dashboard")).context["exceptions"]
    assert rows
    for row in rows:
        assert _totals(page, row["url"])["rows"] == row["share"].count


def test_the_service_table_is_the_count_of_its_lists(page: Client, traded: Traded) -> None:
    rows = page.get(reverse("reporting:dashboard") + "?" + traded.query).context["service_rows"]
    assert len(rows) >= 3
    for row in rows:
        assert _totals(page, row["ordered_url"])["orders"] == row["orders"]
        shipped = _totals(page, row["url"])
        assert (shipped["shipped"], shipped["on_time"]) == (row["shipped"], row["on_time"])


def test_one_channel_is_less_than_all_and_all_channels_are_the_whole(page: Client, traded: Traded) -> None:
    whole = page.get(reverse("reporting:dashboard") + "?" + traded.query).context
    received = 0
    for channel in whole["channels"]:
        context = page.get(f"{reverse('reporting:dashboard')}?{traded.query}&channel={channel.pk}").context
        cards = {card.metric.code: card for card in context["cards"]}
        assert _totals(page, cards["orders_received"].url)["orders"] == cards["orders_received"].value
        assert _totals(page, cards["revenue"].url)["net"] == cards["revenue"].value
        received += cards["orders_received"].value
    assert received == next(card.value for card in whole["cards"] if card.metric.code == "orders_received")


def test_every_link_of_the_dashboard_opens(page: Client, traded: Traded) -> None:
    html = page.get(reverse("reporting:dashboard") + "?" + traded.query).content.decode()
    main = html[html.index('<main id="main"') : html.index("</main>")]
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"]*)"', main)}
    assert len(links) > 30
    assert {link for link in links if page.get(link).status_code != 200} == set()


def test_the_catalogue_shows_every_metric_with_its_value(
    page: Client, traded: Traded, reading: Reading
) -> None:
    html = page.get(reverse("reporting:metric_list") + "?" + traded.query).content.decode()
    for metric in METRICS.values():
        assert f'id="{metric.code}"' in html
    assert figure_text(METRICS["revenue"].value(reading), Unit.MONEY) in html


def test_a_swap_of_the_rows_brings_new_totals(page: Client, traded: Traded) -> None:
    response = page.get(
        reverse("reporting:order_rows") + "?state=SHIPPED",
        headers={"HX-Request": "true", "HX-Target": "list-results"},
    )
    html = response.content.decode()
    assert 'id="row-totals" hx-swap-oob="true"' in html
    assert "<html" not in html
