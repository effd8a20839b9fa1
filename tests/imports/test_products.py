"""Answers: does a file of products create, change and leave alone, name every fault, come in once, and go back again?"""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp.core.errors import Conflict, IllegalTransition, InvalidInput, PermissionRefused
from erp.core.models import ImportRow, ImportRun, StateChange
from erp.core.services.import_run import import_check, import_discard, import_map, import_undo
from inventory.models import Product
from tests.cast import Company, stock_in
from tests.imports.desk import (
    AT,
    book,
    checked,
    committed,
    counts,
    faults,
    imported,
    row_of,
    text,
    undone,
    upload,
)

HEAD = ["SKU", "Name", "Category", "Price", "EAN", "Weight"]


def rows(company: Company) -> list[list[object]]:
    goods = company.goods.code
    return [
        HEAD,
        ["NEW-1", "New one", goods, "12.5", "", "100"],
        ["mug", "Blue mug XL", goods, "", "", ""],
        ["LAMP", "Desk lamp", "POOLED", "", "", ""],
        ["BAD", "", "NOPE", "1.23456", "123", "x"],
    ]


def test_a_dry_run_says_everything_and_writes_nothing(company: Company) -> None:
    before = (Product.objects.count(), Product.history.count())
    run = checked(upload("products", text(rows(company)), company.olga), company.olga)
    assert (run.state, counts(run), run.row_count) == ("CHECKED", (1, 1, 1, 1), 4)
    assert (Product.objects.count(), Product.history.count()) == before
    changed = row_of(run, 3, is_trial=True)
    assert (changed.action, changed.key) == ("CHANGED", "mug")
    assert (changed.before, changed.after) == ({"name": "Blue mug"}, {"name": "Blue mug XL"})
    assert row_of(run, 4, is_trial=True).action == "UNCHANGED"
    refused = row_of(run, 5, is_trial=True)
    assert faults(refused) == [(5, "category"), (5, "name"), (5, "weight_grams"), (5, "list_price")]
    assert all(problem["message"] and problem["remedy"] for problem in refused.problems)
    assert [p["value"] for p in refused.problems] == ["NOPE", "", "x", "1.23456"]


def test_an_import_writes_through_the_services_and_is_audited(company: Company) -> None:
    run = imported("products", text(rows(company)), company.olga)
    assert (run.state, counts(run), run.finished_at) == ("IMPORTED", (1, 1, 1, 1), AT)
    new = Product.objects.get(sku="NEW-1")
    assert (new.list_price, new.weight_grams, new.unit) == (Decimal("12.5000"), 100, company.each)
    assert row_of(run, 2).subject_id == new.pk
    company.mug.refresh_from_db()
    assert company.mug.name == "Blue mug XL"
    history = company.mug.history.get(history_change_reason=f"import #{run.pk}")
    assert (history.history_user, history.history_date, history.name) == (company.olga, AT, "Blue mug XL")
    steps = StateChange.objects.filter(document_type="core.ImportRun", document_id=run.pk).order_by("pk")
    assert [step.to_state for step in steps] == ["UPLOADED", "CHECKING", "CHECKED", "IMPORTING", "IMPORTED"]
    assert {step.actor for step in steps} == {company.olga}


def test_the_same_file_again_is_the_same_import_and_does_nothing(company: Company) -> None:
    content = text(rows(company))
    run = upload("products", content, company.olga)
    assert upload("products", content, company.ada) == run
    committed(checked(run, company.olga), company.olga)
    with pytest.raises(Conflict, match=f"import #{run.pk}") as refused:
        upload("products", content, company.ada)
    assert refused.value.detail["run"] == run.pk
    assert ImportRun.objects.count() == 1


def test_undo_takes_back_what_was_created_and_restores_what_was_changed(company: Company) -> None:
    content = text(rows(company))
    run = undone(imported("products", content, company.olga), company.olga)
    assert (run.state, run.count_undone, run.count_kept) == ("UNDONE", 2, 0)
    assert not Product.objects.filter(sku="NEW-1").exists()
    assert Product.history.filter(sku="NEW-1", history_type="-", history_user=company.olga).exists()
    company.mug.refresh_from_db()
    assert company.mug.name == "Blue mug"
    again = imported("products", content, company.olga)
    assert (again.pk > run.pk, counts(again)) == (True, (1, 1, 1, 1))


def test_undo_names_the_rows_that_something_has_happened_to_since(company: Company) -> None:
    goods = company.goods.code
    content = text(
        [
            HEAD,
            ["NEW-1", "One", goods, "1", "", ""],
            ["NEW-2", "Two", goods, "1", "", ""],
            ["MUG", "X", "", "", "", ""],
        ]
    )
    run = imported("products", content, company.olga)
    stock_in(company, Product.objects.get(sku="NEW-1"), 5)
    Product.objects.filter(sku="MUG").update(name="Renamed by hand")
    undone(run, company.olga)
    assert (run.count_undone, run.count_kept) == (1, 2)
    assert "refers to it" in row_of(run, 2).undo_note
    assert row_of(run, 3).undo == "UNDONE"
    assert "Renamed by hand" in row_of(run, 4).undo_note
    assert list(Product.objects.filter(sku__startswith="NEW").values_list("sku", flat=True)) == ["NEW-1"]
    assert Product.objects.get(sku="MUG").name == "Renamed by hand"


def test_one_row_that_the_service_refuses_does_not_spoil_its_neighbours(company: Company) -> None:
    goods = company.goods.code
    body = [[f"S-{n}", f"Product {n}", goods, "1", "", ""] for n in range(20)]
    body[7][4] = "4006381333931"  # the mug's
    run = imported("products", text([HEAD, *body]), company.olga)
    assert counts(run) == (19, 0, 0, 1)
    refused = row_of(run, 9)
    assert (faults(refused), refused.problems[0]["value"]) == ([(9, "gtin")], "4006381333931")
    assert "taken" in refused.problems[0]["message"]
    assert Product.objects.filter(sku__startswith="S-").count() == 19


def test_a_workbook_and_a_decimal_comma_mean_the_same(company: Company) -> None:
    goods = company.goods.code
    run = imported(
        "products",
        book([HEAD, ["X-1", "One", goods, 2.95, None, 6.0], [None], ["X-2", "Two", goods, 3, "", None]]),
        company.olga,
    )
    assert counts(run) == (2, 0, 0, 0)
    assert [row.number for row in ImportRow.objects.filter(run=run, is_trial=False).order_by("number")] == [
        2,
        4,
    ]
    comma = text(
        [HEAD, ["C-1", "Größe", goods, "1.234,50", "", ""], ["C-2", "Zwei", goods, "0,5", "", ""]], ";"
    )
    run = upload("products", comma.decode().encode("cp1252"), company.olga)
    assert (run.dialect["encoding"], run.dialect["delimiter"], run.dialect["decimal"]) == (
        "cp1252",
        ";",
        "comma",
    )
    committed(checked(run, company.olga), company.olga)
    prices = dict(
        Product.objects.filter(sku__in=["X-1", "X-2", "C-1", "C-2"]).values_list("sku", "list_price")
    )
    assert prices == {"X-1": Decimal("2.95"), "X-2": 3, "C-1": Decimal("1234.5"), "C-2": Decimal("0.5")}
    assert Product.objects.get(sku="C-1").name == "Größe"


def test_a_file_with_the_same_headers_takes_over_the_last_mapping(company: Company) -> None:
    goods = company.goods.code
    head = ["A", "B", "C"]
    run = upload("products", text([head, ["M-1", "One", goods]]), company.olga)
    assert run.mapping == {}
    with pytest.raises(InvalidInput, match="columns missing: sku"):
        import_map(run_id=run.pk, mapping={}, actor=company.olga, at=AT)
    with pytest.raises(InvalidInput, match="used twice"):
        import_map(run_id=run.pk, mapping={"sku": "A", "name": "A"}, actor=company.olga, at=AT)
    with pytest.raises(InvalidInput, match="not mapped"):
        import_check(run_id=run.pk, actor=company.olga, at=AT)
    committed(checked(run, company.olga, {"sku": "A", "name": "B", "category": "C"}), company.olga)
    assert Product.objects.get(sku="M-1").name == "One"
    again = upload("products", text([head, ["M-2", "Two", goods]]), company.ada)
    assert again.mapping == {"sku": "A", "name": "B", "category": "C"}


def test_who_may_not_may_not(company: Company) -> None:
    content = text(rows(company))
    with pytest.raises(PermissionRefused):
        upload("products", content, company.cora)
    run = upload("products", content, company.olga)
    with pytest.raises(PermissionRefused):
        import_discard(run_id=run.pk, actor=company.cora, at=AT)
    with pytest.raises(InvalidInput, match="reason"):
        import_undo(run_id=run.pk, reason=" ", actor=company.olga, at=AT)
    with pytest.raises(IllegalTransition):
        import_undo(run_id=run.pk, reason="no", actor=company.olga, at=AT)
    import_discard(run_id=run.pk, actor=company.olga, at=AT)
    assert upload("products", content, company.olga) != run
