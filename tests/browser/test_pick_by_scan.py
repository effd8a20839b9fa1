"""Answers: can a picker walk a whole list on a small screen with nothing but the scanner's keys?"""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fulfillment.models import PickScan, PickTask
from fulfillment.services import fulfillment_release_many
from inventory.models import StockEvent
from orders.models import Order
from tests.browser.looks import fits
from tests.cast import NOW, Company, assert_proven, company_create
from tests.fulfillment.goods import goods_in, promised

pytestmark = pytest.mark.django_db(transaction=True)


def wedge(page: Page, code: str) -> None:
    """Type as a keyboard-wedge scanner does: quickly, into whatever has the focus, with Enter at the end."""
    page.keyboard.type(code, delay=2)
    page.keyboard.press("Enter")


@pytest.fixture
def walk() -> tuple[Company, int]:
    """Two orders on one list: mugs from the first bin for both, a lamp from the third for one."""
    company = company_create()
    goods_in(company, company.mug, 20)
    goods_in(company, company.lamp, 20, location=company.bins[2])
    orders = [
        promised(company, (company.mug, 2), (company.lamp, 1)),
        promised(company, (company.mug, 3)),
    ]
    released = fulfillment_release_many(order_ids=[order.pk for order in orders], actor=company.olga, at=NOW)
    return company, released.pick_list_ids[0]


def test_a_whole_list_is_picked_by_scan_alone(
    walk: tuple[Company, int], browser_page: Page, login: Any
) -> None:
    company, _ = walk
    login(company.pia)
    page = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/fulfillment/floor/")
    page.get_by_role("link", name="PL-").first.click()
    steps = page.locator(".f-steps [aria-current]")
    feedback = page.locator(".f-feedback")
    expect(page.locator("[data-bin]")).to_have_text("N-A-01")
    expect(steps).to_contain_text("Bin")
    assert fits(page)

    wedge(page, "N-A-02")  # the wrong bin
    expect(feedback).to_have_attribute("data-feedback", "error")
    expect(feedback).to_contain_text("Go to N-A-01")
    expect(steps).to_contain_text("Bin")

    wedge(page, "N-A-01")
    expect(feedback).to_have_attribute("data-feedback", "ok")
    expect(steps).to_contain_text("Product")

    page.reload()  # the battery died: the same step again
    expect(steps).to_contain_text("Product")

    with page.expect_request("**/scan/") as sent:
        wedge(page, "4006381333931")
    expect(page.locator(".f-row").first).to_contain_text("1 of 3 done")
    events = StockEvent.objects.count()
    page.evaluate(  # the network repeats what the scanner sent: same id, same answer, nothing moves
        "([body, token]) => fetch(location.pathname + 'scan/', {method: 'POST', body, headers: "
        "{'Content-Type': 'application/x-www-form-urlencoded', 'X-CSRFToken': token}}).then((r) => r.text())",
        [
            sent.value.post_data,
            page.evaluate("JSON.parse(document.body.getAttribute('hx-headers'))['X-CSRFToken']"),
        ],
    )
    assert StockEvent.objects.count() == events

    wedge(page, "MUG")  # the same bin: no second bin scan is asked for
    expect(page.locator("[data-bin]")).to_have_text("N-A-03")
    wedge(page, "N-A-03")
    expect(steps).to_contain_text("Product")
    wedge(page, "LAMP")
    expect(page.locator("[data-finished]")).to_contain_text("List done")

    assert not PickTask.objects.open().exists()
    assert PickScan.objects.filter(outcome="WRONG_BIN").count() == 1
    assert PickScan.objects.filter(outcome="PICKED").count() == 3
    assert set(Order.objects.values_list("fulfillments__state", flat=True)) == {"PICKED"}
    assert_proven()


def test_a_short_pick_is_reported_with_a_reason(
    walk: tuple[Company, int], browser_page: Page, login: Any
) -> None:
    company, list_id = walk
    login(company.pia)
    page = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/fulfillment/floor/pick/{list_id}/")
    page.get_by_text("Not enough there").click()
    page.get_by_label("Units found").fill("1")
    page.get_by_label("What is wrong").select_option("Damaged")
    page.get_by_role("button", name="Pick short").click()
    expect(page.locator(".f-message")).to_contain_text("count the bin")
    expect(page.locator(".f-row").first).to_contain_text("1 of 3 done")
    task = PickTask.objects.get(short_reason="Damaged")
    assert (task.quantity_picked, task.state) == (1, "SHORT")
    assert_proven()
