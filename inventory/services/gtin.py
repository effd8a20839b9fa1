"""Is a number a GTIN that may stand on goods in trade?"""

from __future__ import annotations

from stdnum import ean
from stdnum.exceptions import ValidationError

from erp.core.errors import InvalidInput

# GS1 General Specifications §1.4: what these prefixes of a GTIN-13 begin never names goods between companies.
IN_HOUSE = ("02", "04", "2")
COUPONS = ("05", "981", "982", "983", "984", "99")


def gtin_check(gtin: str, *, in_house: bool = False) -> str:
    """This function will return a GTIN-8/12/13/14 without its blanks, or "" for none.

    InvalidInput for a wrong length or check digit, for a coupon, for a trade unit of variable measure (its weight belongs to it),
    and, unless `in_house`, for a number that means something inside one company only.
    """
    gtin = "".join(gtin.split())
    if not gtin:
        return ""
    try:
        ean.validate(gtin)
    except ValidationError as error:
        raise InvalidInput(
            f"“{gtin[:20]}” is not a valid GTIN",
            field="gtin",
            remedy="Enter 8, 12, 13 or 14 digits as printed.",
        ) from error
    if len(gtin) == 14 and gtin[0] == "9":
        raise InvalidInput(
            f"{gtin} is a trade unit of variable measure", field="gtin", remedy="Enter the GTIN of a unit of fixed measure."
        )  # fmt: skip
    prefix = gtin_key(gtin)[1:]
    if len(gtin) != 8 and prefix.startswith(COUPONS):
        raise InvalidInput(
            f"{gtin} is the number of a coupon", field="gtin", remedy="Enter the number on the goods."
        )
    if not in_house and gtin_is_in_house(gtin):
        raise InvalidInput(
            f"{gtin} is a number for use inside one company", field="gtin",
            remedy="Enter the maker's GTIN, or say that it is an in-house number.",
        )  # fmt: skip
    return gtin


def check_digit_is_right(gtin: str) -> bool:
    """This function will tell whether a GTIN-8/12/13/14 carries the right check digit (GS1 General Specifications §7.9)."""
    return gtin.isascii() and gtin.isdigit() and ean.is_valid(gtin)


def gtin_is_in_house(gtin: str) -> bool:
    """This function will tell whether a GTIN lies in a range of restricted circulation (in-store and in-house numbers)."""
    if len(gtin) == 8:
        return gtin.startswith(("0", "2"))
    return gtin_key(gtin)[1:].startswith(IN_HOUSE)


def gtin_key(gtin: str) -> str:
    """This function will return a GTIN as 14 digits, as all lengths of it compare: a UPC and its EAN are one number."""
    return gtin.zfill(14) if gtin else ""


def gtin_forms(gtin: str) -> list[str]:
    """This function will return a GTIN in every length it can be written in: with and without its leading zeros."""
    key = gtin_key(gtin)
    return [key[14 - length :] for length in (8, 12, 13, 14) if not key[: 14 - length].strip("0")]


def packs_base(gtin: str) -> str:
    """This function will return the first 12 digits of the GTIN that a pack's GTIN-14 is built on, "" when on none."""
    return gtin[1:13] if len(gtin) == 14 and gtin[0] in "12345678" else ""
