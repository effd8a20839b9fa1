"""What does the data set lack, and how is it made up? Deterministically, from the codes alone: see docs/demo-data.md.

Nothing here is real: suppliers, costs, weights, barcodes and addresses are derived from a hash of the code they belong to.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from statistics import median

from erp.demo.source import Document
from orders.checks.address import postcode_examples

COUNTRIES = {
    "United Kingdom": "GB", "France": "FR", "Australia": "AU", "Netherlands": "NL", "Germany": "DE", "Norway": "NO",
    "EIRE": "IE", "Switzerland": "CH", "Spain": "ES", "Poland": "PL", "Portugal": "PT", "Italy": "IT", "Belgium": "BE",
    "Lithuania": "LT", "Japan": "JP", "Iceland": "IS", "Channel Islands": "JE", "Denmark": "DK", "Cyprus": "CY",
    "Sweden": "SE", "Austria": "AT", "Israel": "IL", "Finland": "FI", "Bahrain": "BH", "Greece": "GR", "Hong Kong": "HK",
    "Singapore": "SG", "Lebanon": "LB", "United Arab Emirates": "AE", "Saudi Arabia": "SA", "Czech Republic": "CZ",
    "Canada": "CA", "Unspecified": "GB", "Brazil": "BR", "USA": "US", "European Community": "BE", "Malta": "MT", "RSA": "ZA",
}  # fmt: skip
EUROPE = frozenset("FR DE NL IE ES PL PT IT BE LT DK CY SE AT FI GR CZ MT".split())

# (code, name, lead time in days, payment days)
SUPPLIERS = (
    ("ALBION", "Albion Giftware Ltd", 5, 30), ("BRAMBLE", "Bramble & Co Homeware", 7, 30),
    ("CALDER", "Calder Ceramics", 10, 45), ("DOVETAIL", "Dovetail Woodcraft", 12, 30),
    ("EASTGATE", "Eastgate Imports", 21, 60), ("FERNDALE", "Ferndale Textiles", 9, 30),
    ("GLIMMER", "Glimmer Lighting", 14, 45), ("HARBOUR", "Harbour Stationery", 4, 30),
    ("JUNIPER", "Juniper Seasonal", 18, 60), ("KESTREL", "Kestrel Tinware", 8, 30),
)  # fmt: skip
# (code, name, words that put a product there), the first that fits
CATEGORIES = (
    ("SEASON", "Seasonal", ("CHRISTMAS", "EASTER", "ADVENT", "SANTA", "REINDEER", "VALENTINE", "HALLOWEEN")),
    ("BAG", "Bags", ("BAG", "PURSE", "SHOPPER", "TOTE")),
    ("LIGHT", "Lighting and candles", ("LIGHT", "CANDLE", "LANTERN", "LAMP", "T-LIGHT")),
    ("KITCHEN", "Kitchen and dining", ("MUG", "CUP", "BOWL", "PLATE", "CAKE", "TEA", "JAM", "BAKING",
                                        "LUNCH", "BOTTLE", "SPOON", "KITCHEN", "NAPKIN")),
    ("PAPER", "Cards and stationery", ("CARD", "PAPER", "WRAP", "NOTEBOOK", "PEN", "STICKER", "RIBBON", "TAG", "JOURNAL")),
    ("TOY", "Toys and games", ("TOY", "GAME", "DOLL", "PUZZLE", "CHILD", "BABY", "SOLDIER", "PLAYING", "DINOSAUR")),
    ("JEWEL", "Jewellery and accessories", ("NECKLACE", "BRACELET", "EARRING", "RING", "BROOCH", "HAIR", "UMBRELLA", "SCARF")),
    ("GARDEN", "Garden and outdoor", ("GARDEN", "BIRD", "FLOWER", "PLANT", "PICNIC", "WATERING")),
    ("STORE", "Storage", ("BOX", "TIN", "BASKET", "DRAWER", "CABINET", "JAR", "RACK", "HOOK", "STORAGE")),
    ("TEXTILE", "Textiles and cushions", ("CUSHION", "BLANKET", "TOWEL", "APRON", "RUG", "QUILT", "DOORMAT", "WARMER")),
)  # fmt: skip
AVERAGE_CATEGORIES = frozenset({"PAPER", "JEWEL"})
_STREETS = (
    "High Street",
    "Station Road",
    "Mill Lane",
    "Church Road",
    "Market Place",
    "Bridge Street",
    "Park Avenue",
    "Queen Street",
)
_CITIES = {
    "GB": ("Leeds", "London", "Bristol", "Norwich", "York", "Exeter", "Cardiff", "Glasgow"), "DE": ("Berlin", "Köln", "München"),
    "FR": ("Paris", "Lyon", "Nantes"), "IE": ("Dublin", "Cork"), "NL": ("Utrecht", "Rotterdam"), "BE": ("Gent", "Brussels"),
    "ES": ("Madrid", "Valencia"), "CH": ("Zürich", "Genève"), "PT": ("Lisboa", "Porto"), "AU": ("Sydney", "Perth"),
    "IT": ("Milano", "Torino"), "US": ("New York", "Austin"), "NO": ("Oslo",), "SE": ("Stockholm",), "DK": ("København",),
}  # fmt: skip
_FIRST = (
    "Amber",
    "Ben",
    "Clara",
    "Dev",
    "Edith",
    "Farid",
    "Grace",
    "Hugo",
    "Iris",
    "Jonas",
    "Kim",
    "Lena",
    "Mona",
    "Noah",
    "Orla",
    "Piet",
)
_LAST = (
    "Ashby",
    "Brook",
    "Carter",
    "Dale",
    "Ellis",
    "Fox",
    "Grant",
    "Hill",
    "Ives",
    "Jones",
    "Kerr",
    "Lund",
    "Marsh",
    "Nash",
    "Ortiz",
    "Price",
)
_SHOPS = ("Gifts", "Home", "Interiors", "Emporium", "Trading", "Stores", "Living", "Boutique")


def draw(key: str, size: int) -> int:
    """This function will return a number below `size` that depends on `key` alone."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") % size


@dataclass(frozen=True)
class Item:
    """A product of the demo company. `weekly` is its mean weekly sale in units over the weeks it was sold in."""

    sku: str
    name: str
    category: str
    list_price: Decimal
    cost: Decimal
    supplier: str
    weight_grams: int
    gtin: str
    weekly: int
    first_day: str


def gtin13(key: str) -> str:
    """This function will return a GTIN-13 in GS1's range for use inside a company (prefix 20–29), check digit included."""
    digits = f"2{draw('gtin:' + key, 10**11):011d}"
    total = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def category_of(name: str) -> str:
    """This function will return the category code whose words a description holds; "OTHER" when none does."""
    upper = name.upper()
    for code, _, words in CATEGORIES:
        if any(word in upper for word in words):
            return code
    return "OTHER"


def items_of(documents: Iterable[Document]) -> list[Item]:
    """This function will derive the product master from what was traded: one item per stock code, ignoring case."""
    names: dict[str, Counter[str]] = defaultdict(Counter)
    prices: dict[str, list[Decimal]] = defaultdict(list)
    units: Counter[str] = Counter()
    weeks: dict[str, set[int]] = defaultdict(set)
    first: dict[str, str] = {}
    for document in documents:
        for row in (*document.sales, *document.credits, *document.adjustments):
            sku = row.sku.upper()
            first.setdefault(sku, row.at.strftime("%Y-%m-%d"))
            if row.description and row.price > 0:
                names[sku][row.description] += 1
        for row in document.sales:
            sku = row.sku.upper()
            prices[sku].append(row.price)
            units[sku] += row.quantity
            weeks[sku].add(row.at.toordinal() // 7)
    items: list[Item] = []
    taken: set[str] = set()
    for sku in sorted(first):
        name = names[sku].most_common(1)[0][0].strip() if names[sku] else f"ITEM {sku}"
        price = Decimal(median(prices[sku])) if prices[sku] else Decimal("1.00")
        # a margin of 45 to 65 % of the usual price, the lower bound of what gift retail needs
        cost = max((price * (35 + draw("cost:" + sku, 21)) / 100).quantize(Decimal("0.01")), Decimal("0.01"))
        gtin = gtin13(sku)
        while gtin in taken:
            gtin = gtin13(gtin)
        taken.add(gtin)
        items.append(
            Item(
                sku, name.title() if name.isupper() else name, category_of(name), price.quantize(Decimal("0.01")), cost,
                SUPPLIERS[draw("supplier:" + sku, len(SUPPLIERS))][0], 30 + draw("weight:" + sku, 900), gtin,
                round(units[sku] / max(len(weeks[sku]), 1)), first[sku],
            )
        )  # fmt: skip
    return items


@dataclass(frozen=True)
class Address:
    name: str
    email: str
    line1: str
    city: str
    postcode: str
    country: str


def address_of(key: str, country_name: str, *, business: bool) -> Address:
    """This function will make up a postal address for a customer number (or an invoice of a guest). Mail goes to example.com."""
    country = COUNTRIES[country_name]
    last = _LAST[draw("last:" + key, len(_LAST))]
    name = (
        f"{last} {_SHOPS[draw('shop:' + key, len(_SHOPS))]}"
        if business
        else f"{_FIRST[draw('first:' + key, len(_FIRST))]} {last}"
    )
    cities = _CITIES.get(country, (country_name,))
    return Address(
        name, f"customer-{key.lower()}@example.com",
        f"{1 + draw('house:' + key, 180)} {_STREETS[draw('street:' + key, len(_STREETS))]}",
        cities[draw("city:" + key, len(cities))], _postcode(key, country), country,
    )  # fmt: skip


def _postcode(key: str, country: str) -> str:
    """One of the country's examples: what an address check takes for possible, and nobody's own."""
    examples = postcode_examples(country)
    return examples[draw("post:" + key, len(examples))] if examples else ""
