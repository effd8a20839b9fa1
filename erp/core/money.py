"""How many minor units has a currency, and where does the residual cent go?

Exponents are ISO 4217's (list one, 2026), not CLDR's: those differ for a dozen currencies.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from erp.core.errors import InvalidInput

ZERO = Decimal(0)
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"
_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
    "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
    "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG"
)
EXPONENTS: dict[str, int] = {
    **dict.fromkeys(_NONE.split(), 0),
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_THREE.split(), 3),
    **dict.fromkeys(_FOUR.split(), 4),
}
_QUANTA = {code: Decimal(1).scaleb(-digits) for code, digits in EXPONENTS.items()}


def exponent(currency: str) -> int:
    """This function will return the number of decimals of `currency`; InvalidInput for an unknown code."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise InvalidInput(
            f"“{currency}” is not an ISO 4217 currency",
            field="currency",
            remedy="Use a three-letter code such as GBP.",
        ) from None


def quantize(amount: Decimal, currency: str) -> Decimal:
    """This function will round `amount` to the currency's minor unit, half to even."""
    exponent(currency)
    return amount.quantize(_QUANTA[currency], rounding=ROUND_HALF_EVEN)


def split(amount: Decimal, weights: Sequence[Decimal | int], currency: str) -> list[Decimal]:
    """This function will split `amount` by `weights` so that the parts add up to it exactly.

    Each part is rounded down towards zero to the minor unit; the residual units go one by one to the largest remainders,
    ties to the earliest part (Hamilton's method). ValueError when the weights do not add up to something positive.
    """
    total = sum(weights)
    if not weights or total <= 0:
        raise ValueError("weights must add up to more than zero")
    quantum = _QUANTA[currency]
    units = int((amount / quantum).to_integral_value(rounding=ROUND_HALF_EVEN))
    sign = -1 if units < 0 else 1
    exact = [Decimal(abs(units)) * weight / total for weight in weights]
    parts = [int(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda index: (-(exact[index] - parts[index]), index))
    for index in order[: abs(units) - sum(parts)]:
        parts[index] += 1
    return [sign * part * quantum for part in parts]
