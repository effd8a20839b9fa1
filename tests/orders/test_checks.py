"""Does each check pass, hold or reject exactly what it should, with the evidence that a person needs?"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.checks import (
    AddressFacts,
    Finding,
    Limits,
    LineFacts,
    ListedFacts,
    OrderFacts,
    RestrictionFacts,
    RiskFacts,
    RiskRuleFacts,
    TaxFacts,
    check_order,
    holds_of,
    normal_address,
    normal_postcode,
)

D = Decimal
HOME = AddressFacts("Pat Price", "1 High Street", "Leeds", "LS1 1AA", "GB")
LINE = LineFacts("MUG", 2, D(10), D(20), D(10), True)
SOUND = OrderFacts(
    "GBP", False, "GBP", D(20), D(4), D(24), D(0), [LINE], ship_to=HOME, email="pat@example.com"
)
STRICT = Limits(discount_share=D("0.30"), duplicate_hours=24, risk_hold_at=50, risk_reject_at=100)


def line(**change: Any) -> dict[str, Any]:
    return {"lines": [LINE._replace(**change)]}


def at(**change: str) -> dict[str, Any]:
    return {"ship_to": HOME._replace(**change)}


def rule(kind: str, points: int = 60, **more: Any) -> RiskRuleFacts:
    known = {"subject": "", "window_hours": 24, "normal_orders": 3, "amount": D(0)} | more
    return RiskRuleFacts(
        kind, kind, known["subject"], known["window_hours"], known["normal_orders"], known["amount"], points
    )


def risk(*rules: RiskRuleFacts, **more: Any) -> dict[str, Any]:
    return {"risk": RiskFacts(rules, **more), "limits": STRICT}


def agreed(unit_price: str) -> dict[str, Any]:
    return line(unit_price=D(unit_price), is_agreed=True, source="contract price")


LIMITED = RestrictionFacts(allowed=frozenset({"GB", "IE"}), forbidden=frozenset({"US"}))
DENIED = [ListedFacts("DENY", "EMAIL", "pat@example.com", "charged back")]
TRUSTED = [ListedFacts("ALLOW", "CUSTOMER", "C-1", "our own shop")]
VAT = TaxFacts(D("0.20"), D("0.005"))
FOREIGN = HOME._replace(country="FR")

CASES: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("sound", {}, []),
    ("other currency", {"currency": "EUR"}, [("currency", "REJECT")]),
    ("no longer sold", line(is_active=False), [("product", "COMPLIANCE")]),
    ("blocked", {"customer_blocked": True}, [("customer", "FRAUD")]),
    # address
    ("no street", at(line1=" "), [("address", "ADDRESS")]),
    ("no name", at(name=""), [("address", "ADDRESS")]),
    ("no country", at(country=""), [("address", "ADDRESS")]),
    ("a country that is none", at(country="XX"), [("address", "ADDRESS")]),
    ("no postcode in GB", at(postcode=""), [("address", "ADDRESS")]),
    ("half a postcode", at(postcode="LS1"), [("address", "ADDRESS")]),
    ("a postcode in small letters", at(postcode="ls11aa"), []),
    ("no postcodes there", at(country="AE", postcode="", city=""), []),
    ("German", at(country="DE", postcode="10115", city="Berlin"), []),
    ("German with four digits", at(country="DE", postcode="1011", city="Berlin"), [("address", "ADDRESS")]),
    ("Singapore needs no city", at(country="SG", postcode="546080", city=""), []),
    # payment
    ("prepaid and unpaid", {"is_prepaid": True}, [("payment", "PAYMENT")]),
    ("prepaid, a cent short", {"is_prepaid": True, "amount_paid": D("23.99")}, [("payment", "PAYMENT")]),
    ("prepaid and paid", {"is_prepaid": True, "amount_paid": D(24)}, []),
    ("paid too much", {"amount_paid": D("24.01")}, [("payment", "REJECT")]),
    # credit
    ("at the limit", {"credit_limit": D(100), "credit_used": D(76)}, []),
    ("over the limit", {"credit_limit": D(100), "credit_used": D("76.01")}, [("credit", "CREDIT")]),
    ("no limit set", {"credit_used": D(10**9)}, []),
    ("limit zero", {"credit_limit": D(0)}, [("credit", "CREDIT")]),
    ("overdue", {"overdue": D("0.01")}, [("credit", "CREDIT")]),
    ("overdue and prepaid", {"overdue": D(9), "is_prepaid": True, "amount_paid": D(24)}, []),
    # price
    ("a tenth of the list price", line(unit_price=D(1)), []),
    ("below a tenth of it", line(unit_price=D("0.99")), [("price", "PRICE")]),
    ("free of charge", line(unit_price=D(0)), []),
    ("dearer than the list", line(unit_price=D(99)), []),
    ("no price set", line(unit_price=D("0.01"), price=None), []),
    ("within the tolerance", agreed("9.80"), []),
    ("below the contract", agreed("9.79"), [("price", "PRICE")]),
    ("above the contract", agreed("10.21"), [("price", "PRICE")]),
    ("half a discount too many", {"discount": D("6.01"), "limits": STRICT}, [("discount", "PRICE")]),
    ("a discount at the limit", {"discount": D(6), "limits": STRICT}, []),
    ("any discount by default", {"discount": D(20)}, []),
    ("2,999 units", line(quantity=2999), []),
    ("3,000 units", line(quantity=3000), [("quantity", "FRAUD")]),
    # tax
    ("negative tax", {"tax_total": D("-0.01")}, [("tax", "TAX")]),
    ("30 % tax", {"tax_total": D(6)}, []),
    ("more tax than anywhere", {"tax_total": D("6.01")}, [("tax", "TAX")]),
    ("freight is taxed too", {"tax_total": D("6.60"), "total": D("28.60")}, []),
    ("freight is taxed as expected", {"tax_expected": VAT, "tax_total": D("5.00"), "total": D("30.00")}, []),
    ("a discount lowers the tax", {"tax_expected": VAT, "tax_total": D("3.60"), "total": D("21.60")}, []),
    ("more than goods and freight bear", {"tax_expected": VAT, "tax_total": D("5.60"), "total": D("30.60")}, [("tax", "TAX")]),
    ("the expected tax", {"tax_expected": VAT}, []),
    ("rounded by a cent", {"tax_expected": VAT, "tax_total": D("3.99")}, []),
    ("less than expected", {"tax_expected": VAT, "tax_total": D("3.80")}, [("tax", "TAX")]),
    ("no tax where some is due", {"tax_expected": VAT, "tax_total": D(0)}, [("tax", "TAX")]),
    ("a reduced rate where there is one", {"tax_expected": VAT._replace(allows_less=True), "tax_total": D(0)}, []),
    ("an export without tax", {"tax_expected": TaxFacts(D(0), D(0)), "tax_total": D(0)}, []),
    ("an export with tax", {"tax_expected": TaxFacts(D(0), D(0))}, [("tax", "TAX")]),
    # restrictions
    ("18, nobody looked", line(restriction=RestrictionFacts(18)), [("age", "COMPLIANCE")]),
    ("18, is 17", {**line(restriction=RestrictionFacts(18)), "verified_age": 17}, [("age", "COMPLIANCE")]),
    ("18, is 18", {**line(restriction=RestrictionFacts(18)), "verified_age": 18}, []),
    ("an allowed country", line(restriction=LIMITED), []),
    ("no allowed country", {**line(restriction=LIMITED), **at(country="DE", postcode="10115")}, [("region", "COMPLIANCE")]),
    ("hazmat, nowhere cleared", line(restriction=RestrictionFacts(0, "3")), [("hazmat", "COMPLIANCE")]),
    ("hazmat, cleared", line(restriction=LIMITED._replace(hazmat_class="3")), []),
    ("trade goods", line(restriction=RestrictionFacts(is_business_only=True)), [("business", "COMPLIANCE")]),
    ("trade goods, trade", {**line(restriction=RestrictionFacts(is_business_only=True)), "is_business": True}, []),
    # duplicates and risk
    ("came before", {"duplicates": ["A-1"]}, [("duplicate", "DUPLICATE")]),
    ("three orders a day", risk(rule("VELOCITY", subject="EMAIL"), counts={"VELOCITY": 2}), []),
    ("four orders a day", risk(rule("VELOCITY", subject="EMAIL"), counts={"VELOCITY": 3}), [("risk", "FRAUD")]),
    ("first and large", risk(rule("FIRST_ORDER", amount=D(24)), is_first_order=True), [("risk", "FRAUD")]),
    ("first and small", risk(rule("FIRST_ORDER", amount=D(25)), is_first_order=True), []),
    ("large but known", risk(rule("FIRST_ORDER")), []),
    ("billed abroad", {**risk(rule("COUNTRY_MISMATCH")), "bill_to": FOREIGN}, [("risk", "FRAUD")]),
    ("billed at home", {**risk(rule("COUNTRY_MISMATCH")), "bill_to": HOME}, []),
    ("billed nowhere", risk(rule("COUNTRY_MISMATCH")), []),
    ("denied", risk(rule("LISTED"), listed=DENIED), [("risk", "FRAUD")]),
    ("denied, no rule for it", risk(listed=DENIED), []),
    ("trusted", risk(rule("FIRST_ORDER"), is_first_order=True, listed=TRUSTED), []),
    ("denied though trusted", risk(rule("LISTED"), listed=[*DENIED, *TRUSTED]), [("risk", "FRAUD")]),
    ("free mail", {**risk(rule("FREE_MAIL")), "email": "p@GMail.com"}, [("risk", "FRAUD")]),
    ("own mail", risk(rule("FREE_MAIL")), []),
    ("provider is sure", risk(rule("PROVIDER", 100, amount=D(40)), provider_score=D(50)), [("risk", "FRAUD")]),
    ("provider is calm", risk(rule("PROVIDER", 100, amount=D(60)), provider_score=D(50)), []),
    ("provider is silent", risk(rule("PROVIDER", 100)), []),
    ("just below", risk(rule("FREE_MAIL", 49)), []),
    ("together they reject", {**risk(rule("FREE_MAIL"), rule("LISTED", 40), listed=DENIED), "email": "p@gmx.de"},
     [("risk", "REJECT")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_check_says_what_it_should(change: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    findings = check_order(replace(SOUND, **change))
    assert [(found.check, found.hold or found.verdict) for found in findings] == expected
    for found in findings:
        assert found.reason
        assert found.verdict == ("REJECT" if not found.hold else "HOLD")


def only(**change: Any) -> Finding:
    (found,) = check_order(replace(SOUND, **change))
    return found


def test_beyond_the_override_share_the_price_is_for_finance() -> None:
    assert only(**agreed("7.50")).owner == ""
    found = only(**agreed("7.49"))
    assert found.owner == "FINANCE"
    assert found.evidence["lines"]["MUG"] == {
        "price": "7.49", "expected": "10", "source": "contract price", "off": "-25.1%",
    }  # fmt: skip


def test_the_evidence_of_risk_lists_every_rule_with_its_points() -> None:
    change = risk(
        rule("FREE_MAIL", 30), rule("LISTED", 25), rule("PROVIDER", 50), listed=DENIED, provider_score=D(10)
    )
    found = only(**change, email="pat@web.de")
    assert found.evidence["score"] == 60
    assert [(row["rule"], row["points"]) for row in found.evidence["rules"]] == [
        ("FREE_MAIL", 30), ("LISTED", 25), ("PROVIDER", 5),
    ]  # fmt: skip
    assert "charged back" in found.reason


def test_what_several_checks_find_of_a_kind_is_one_hold_with_all_their_evidence() -> None:
    facts = replace(SOUND, customer_blocked=True, **line(quantity=5000))
    (kind, found), *others = holds_of(check_order(facts)).items()
    assert (kind, found.check, others) == ("FRAUD", "customer, quantity", [])
    assert "blocked" in found.reason
    assert found.evidence["quantity"] == {"quantities": {"MUG": 5000}}


@pytest.mark.parametrize(("country", "typed", "expected"), [
    ("GB", "ls1 1aa", "LS1 1AA"), ("GB", " LS11AA ", "LS1 1AA"), ("GB", "m11ae", "M1 1AE"), ("GB", "LS1", None),
    ("NL", "1012ab", "1012 AB"), ("CA", "k1a0b1", "K1A 0B1"), ("PL", "00950", "00-950"), ("DE", "10115", "10115"),
    ("DE", "ABCDE", None), ("US", "90210-1234", "90210-1234"), ("SE", "11455", "11455"), ("AE", "any thing", "ANY THING"),
    ("XX", "x1", "X1"), ("GB", "", ""),
])  # fmt: skip
def test_a_postcode_is_written_as_its_country_does(country: str, typed: str, expected: str | None) -> None:
    assert normal_postcode(country, typed) == expected


@given(
    st.sampled_from(["GB", "DE", "NL", "CA", "US", "SE", "PL", "JP", "BR", "PT", "IE"]), st.text(max_size=12)
)
def test_normalising_twice_changes_nothing_and_keeps_every_character(country: str, typed: str) -> None:
    once = normal_address(HOME._replace(country=country, postcode=typed)).postcode
    assert normal_address(HOME._replace(country=country, postcode=once)).postcode == once

    def letters(text: str) -> str:
        return "".join(char for char in text.upper() if char.isalnum())

    if normal_postcode(country, typed):
        assert letters(once) == letters(typed)
