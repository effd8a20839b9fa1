"""Answers: do the pages of the import wizard fit desk and phone in both themes, pass axe, and lead from a file to its undo?"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from erp.core.models import ImportRun, Job
from erp.core.services.work_run import work_run
from inventory.models import Product
from tests.browser.looks import look_everywhere, show
from tests.cast import Company, company_create
from tests.imports.desk import text

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HEAD = ["Artikelnummer", "Name", "Category", "Preis", "Remark of the colleague who wrote this file"]


@pytest.fixture
def shop(db: Any) -> Company:
    return company_create()


def goods(company: Company) -> bytes:
    code = company.goods.code
    return text([
        HEAD,
        *[[f"TEA-{n:03}", f"Tea number {n} in a tin with a rather long name", code, f"{n}.50", ""] for n in range(30)],
        ["MUG", "Blue mug, extra large", "", "12.5", ""], ["LAMP", "Desk lamp", "", "", ""],
        ["BAD-1", "", "NOWHERE", "1.23456", "x"], ["=cmd|' /C calc'!A0", "Evil", code, "one", ""],
    ])  # fmt: skip


def worker() -> None:
    run = ImportRun.objects.get()
    Job.objects.filter(pk=run.job_id).update(next_at=timezone.now() - timedelta(seconds=5))
    assert work_run(table="job", row_id=run.job_id, at=timezone.now())


def test_a_file_goes_all_the_way_and_back(
    browser_page: Page, login: Any, shop: Company, tmp_path: Path
) -> None:
    path = tmp_path / "goods of spring.csv"
    path.write_bytes(goods(shop))
    login(shop.ada)
    page = browser_page

    show(page, reverse("import_run_create"))
    look_everywhere(page, "import_kinds")
    page.get_by_role("link", name="Products", exact=True).last.click()
    page.locator("input[type=file]").set_input_files(path)
    look_everywhere(page, "import_upload")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Which column is which?")).to_be_visible()
    look_everywhere(page, "import_columns")
    expect(page.get_by_label("SKU", exact=True)).to_have_value("Artikelnummer")
    page.get_by_role("button", name="Start the dry run").click()
    expect(page.locator("#import-progress")).to_be_visible()
    look_everywhere(page, "import_waiting")
    worker()
    expect(page.get_by_text("Would be new")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("there is no category")).to_be_visible()
    look_everywhere(page, "import_dry_run")
    page.get_by_role("button", name="Import…", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Import").click()
    expect(page.locator("#import-progress")).to_be_visible()
    worker()
    expect(page.get_by_role("button", name="Take the import back").first).to_be_visible(timeout=15_000)
    assert Product.objects.filter(sku__startswith="TEA-").count() == 30
    look_everywhere(page, "import_imported")
    run = ImportRun.objects.get()
    show(page, reverse("import_run_rows", args=[run.pk]))
    look_everywhere(page, "import_rows")
    show(page, reverse("import_run_list"))
    look_everywhere(page, "import_list")
    show(page, reverse("import_run_detail", args=[run.pk]))
    page.get_by_role("button", name="Take the import back").first.click()
    page.get_by_role("dialog").get_by_label("Why").fill("The wrong season")
    page.get_by_role("dialog").get_by_role("button", name="Take the import back").click()
    expect(page.locator("#import-progress")).to_be_visible()
    worker()
    show(page, reverse("import_run_detail", args=[run.pk]))
    look_everywhere(page, "import_undone")
    assert not Product.objects.filter(sku__startswith="TEA-").exists()
