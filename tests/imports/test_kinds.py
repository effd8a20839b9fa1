"""Answers: do customers, suppliers, stock, prices, kits and substitutions come in by their natural keys, and go back again?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from inventory.models import Adjustment, BinStock, KitComponent, StockLevel
from inventory.services import product_unit_save, unit_ensure
from orders.models import Customer, PriceListEntry, Substitution
from orders.services import EntryDraft, PriceListDraft, price_entry_save, price_list_save
from procurement.models import Supplier
from tests.cast import Company, assert_proven, stock_in
from tests.imports.desk import AT, counts, faults, imported, row_of, text, undone


def test_customers(company: Company) -> None:
    content = text([
        ["Customer number", "Name", "E-mail", "Country", "Credit limit", "Blocked"],
        ["C-NEW", "New One", "new@example.com", "gb", "500.25", "no"],
        ["C-CAROL", "", "carol@new.example", "", "", ""],
        ["C-BAD", "", "nonsense", "GBR", "-1x", "perhaps"],
        ["C-BAD2", "Name", "nonsense", "", "", ""],
        ["C-CAROL2", "Other", "", "", "1e9", ""],
        ["C-NEW", "Twice", "", "", "", ""],
    ])  # fmt: skip
    run = imported("customers", content, company.olga)
    assert counts(run) == (1, 1, 0, 4)
    made = Customer.objects.get(number="C-NEW")
    assert (made.country, made.credit_limit) == ("GB", Decimal("500.2500"))
    assert Customer.objects.get(number="C-CAROL").email == "carol@new.example"
    assert faults(row_of(run, 4)) == [(4, "name"), (4, "is_blocked"), (4, "credit_limit")]
    assert faults(row_of(run, 5)) == [(5, "email")]
    assert "repeats row 2" in row_of(run, 7).problems[0]["message"]
    terms = text([["number", "credit_limit"], ["C-NEW", "900"]])
    refused = imported("customers", terms, company.olga)
    assert (counts(refused), faults(row_of(refused, 2))) == ((0, 0, 0, 1), [(2, "credit_limit")])
    undone(run, company.olga)
    assert (run.count_undone, run.count_kept, Customer.objects.filter(number="C-NEW").exists()) == (
        2,
        0,
        False,
    )
    assert Customer.objects.get(number="C-CAROL").email == "carol@example.com"


def test_suppliers(company: Company) -> None:
    content = text([
        ["Code", "Name", "Currency", "Rate", "Lead time"],
        ["globex", "Globex", "EUR", "0.85", "21"],
        ["ACME", "", "", "", "9"],
        ["NORATE", "No rate", "EUR", "", ""],
    ])  # fmt: skip
    run = imported("suppliers", content, company.ben)
    assert (counts(run), faults(row_of(run, 4))) == ((1, 1, 0, 1), [(4, "rate")])
    made = Supplier.objects.get(code="GLOBEX")
    assert (made.currency, made.rate, made.lead_time_days) == ("EUR", Decimal("0.85"), 21)
    before = company.acme.lead_time_days
    assert (Supplier.objects.get(code="ACME").lead_time_days, row_of(run, 3).before) == (
        9,
        {"lead_time_days": str(before)},
    )
    undone(run, company.ben)
    assert (run.count_undone, Supplier.objects.filter(code="GLOBEX").exists()) == (2, False)
    assert Supplier.objects.get(code="ACME").lead_time_days == before


def test_prices(company: Company) -> None:
    price_list = price_list_save(PriceListDraft("TRADE", "Trade", "GBP"), actor=company.fay, at=AT)
    known = price_entry_save(
        price_list_id=price_list.pk, draft=EntryDraft(company.mug.pk, Decimal(5)), actor=company.fay, at=AT
    )
    content = text([
        ["SKU", "Price", "From quantity", "Valid to"],
        ["mug", "4.5", "", ""],
        ["MUG", "3.9999", "10", "2026-12-31"],
        ["LAMP", "9.99995", "1", "31.12.2026"],
        ["NOPE", "1", "", ""],
        ["MUG", "4", "1", ""],
    ])  # fmt: skip
    options = {"price_list": "TRADE"}
    run = imported("prices", content, company.fay, options)
    assert counts(run) == (1, 1, 0, 3)
    known.refresh_from_db()
    assert (known.price, row_of(run, 2).before, row_of(run, 2).after) == (
        Decimal("4.5"),
        {"price": "5"},
        {"price": "4.5"},
    )
    broken = PriceListEntry.objects.get(minimum_quantity=10)
    assert (broken.price, broken.valid_to) == (Decimal("3.9999"), date(2026, 12, 31))
    assert faults(row_of(run, 4)) == [(4, "valid_to"), (4, "price")]
    assert "repeats row 2" in row_of(run, 6).problems[0]["message"]
    undone(run, company.fay)
    assert list(PriceListEntry.objects.values_list("price", flat=True)) == [Decimal(5)]


def test_stock_is_counted_not_added(company: Company) -> None:
    stock_in(company, company.mug, 10, location=company.bins[0])
    box = unit_ensure(code="BOX", name="Box")
    product_unit_save(product_id=company.mug.pk, unit_id=box.pk, factor=12, actor=company.olga, at=AT)
    head = ["SKU", "Warehouse", "Bin", "Counted", "Unit", "Lot", "Unit cost"]
    content = text([
        head,
        ["MUG", "NORTH", "N-A-01", "7", "", "", ""],
        ["MUG", "NORTH", "N-A-02", "2", "BOX", "", ""],
        ["LAMP", "STORE", "", "3", "", "", "4.2"],
        ["CREAM", "NORTH", "N-A-03", "5", "", "L-1", "1.5"],
        ["MUG", "NORTH", "", "1", "", "", ""],
        ["CREAM", "NORTH", "N-A-01", "1.5", "BOX", "", ""],
        ["MUG", "NOWHERE", "", "x", "", "", "-1"],
    ])  # fmt: skip
    run = imported("stock", content, company.pia, {"reason": "COUNT"})
    assert counts(run) == (3, 1, 0, 3)
    bins = dict(BinStock.objects.filter(product=company.mug).values_list("location__code", "quantity"))
    assert bins == {"N-A-01": 7, "N-A-02": 24}
    assert StockLevel.objects.get(product=company.lamp, node=company.store, status="AVAILABLE").quantity == 3
    assert BinStock.objects.get(product=company.cream).lot.code == "L-1"
    assert (row_of(run, 2).before["quantity"], row_of(run, 2).after["quantity"]) == ("10", "7")
    assert faults(row_of(run, 6)) == [(6, "bin")]
    assert faults(row_of(run, 7)) == [(7, "quantity"), (7, "lot")] or faults(row_of(run, 7)) == [
        (7, "unit"),
        (7, "lot"),
    ]
    assert faults(row_of(run, 8)) == [(8, "node"), (8, "unit_cost"), (8, "quantity")]
    assert set(Adjustment.objects.filter(note=f"import #{run.pk}").values_list("reason", "created_by")) == {
        ("COUNT", company.pia.pk)
    }
    assert_proven()
    again = imported("stock", content.replace(b"x,", b"y,"), company.pia, {"reason": "COUNT"})
    assert counts(again) == (0, 0, 4, 3)
    stock_in(company, company.mug, 1, location=company.bins[1])
    undone(run, company.pia)
    assert (run.count_undone, run.count_kept) == (3, 1)
    assert "there are 25 units now" in row_of(run, 3).undo_note
    assert BinStock.objects.get(product=company.mug, location=company.bins[0]).quantity == 10
    assert_proven()


def test_kits_and_substitutions(company: Company) -> None:
    from tests import factories as make

    make.ProductFactory(sku="SET", name="Gift set", category=company.goods, unit=company.each)
    content = text(
        [
            ["kit", "component", "quantity"],
            ["SET", "MUG", "2"],
            ["NOPE", "MUG", "1"],
            ["set", "LAMP", "1"],
            ["MUG", "GONE", "x"],
        ]
    )
    run = imported("kits", content, company.olga)
    assert (counts(run), run.item_count) == ((1, 0, 0, 2), 3)
    assert sorted(KitComponent.objects.values_list("component__sku", "quantity")) == [("LAMP", 1), ("MUG", 2)]
    assert faults(row_of(run, 3)) == [(3, "kit")]
    changed = imported("kits", text([["kit", "component", "quantity"], ["SET", "MUG", "3"]]), company.olga)
    assert (counts(changed), row_of(changed, 2).before) == ((0, 1, 0, 0), {"components": "1 × LAMP, 2 × MUG"})
    undone(run, company.olga)
    assert (run.count_undone, run.count_kept) == (0, 1)
    undone(changed, company.olga)
    assert sorted(KitComponent.objects.values_list("component__sku", "quantity")) == [("LAMP", 1), ("MUG", 2)]
    rules = text(
        [
            ["product", "substitute", "priority", "both ways"],
            ["MUG", "LAMP", "5", "yes"],
            ["MUG", "MUG", "", ""],
            ["X", "MUG", "p", "?"],
        ]
    )
    made = imported("substitutions", rules, company.olga)
    assert (counts(made), faults(row_of(made, 4))) == (
        (1, 0, 0, 2),
        [(4, "product"), (4, "priority"), (4, "is_both_ways")],
    )
    assert (Substitution.objects.get().priority, Substitution.objects.get().is_both_ways) == (5, True)
    undone(made, company.olga)
    assert not Substitution.objects.exists()
