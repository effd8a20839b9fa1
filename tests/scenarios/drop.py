"""Answers: how does a test get a rule that drop-ships, a supplier who does, and the jobs done that it puts down?"""

from decimal import Decimal

from erp.core.models import Job
from erp.core.work_registry import address_resolve
from inventory.models import Product
from orders.models import Order
from orders.services import RuleDraft, policy_create
from procurement.models import PurchaseOrder, Supplier
from procurement.services import supplier_product_save
from procurement.services.drop_ship_notice import SentLine, ShipNotice, drop_ship_notice
from tests.cast import NOW, Company
from tests.fulfillment.goods import promised

_MINE = ("procurement.drop_ship_raise", "procurement.drop_ship_send", "procurement.drop_ship_call_off",
         "fulfillment.drop_ship_confirm")  # fmt: skip


def drop_ships_allowed(company: Company, **wants: object) -> None:
    """Put a policy in force whose one rule lets suppliers send what is short."""
    rule = RuleDraft("Every order", "NEAREST", allow_dropship=True, **wants)  # type: ignore[arg-type]
    policy_create(code="default", name="Drop-ship", rules=[rule], actor=company.olga, at=NOW)


def sends(company: Company, supplier: Supplier, product: Product, cost: str = "3.50", **terms: int) -> None:
    """Save terms by which a supplier drop-ships a product."""
    supplier_product_save(
        supplier_id=supplier.pk, product_id=product.pk, unit_cost=Decimal(cost), is_dropship=True, **terms,  # type: ignore[arg-type]
        actor=company.ben, at=NOW,
    )  # fmt: skip


def work(company: Company, *, twice: bool = False) -> list[str]:
    """Run every drop-ship job that waits (`twice`: and once more each), until there is none; return their kinds."""
    done = []
    while job := Job.objects.filter(kind__in=_MINE, state="PENDING").order_by("pk").first():
        for _ in range(2 if twice else 1):
            address_resolve(job.kind)(**job.arguments, actor=company.system, at=NOW)
        Job.objects.filter(pk=job.pk).update(state="DONE")
        done.append(job.kind)
    return done


def bought(company: Company, *lines: tuple[Product, int]) -> tuple[Order, PurchaseOrder]:
    """An order whose short units were asked of a supplier, and his purchase order, sent."""
    order = promised(company, *lines)
    work(company)
    return order, PurchaseOrder.objects.get(customer_order=order)


def sent(company: Company, purchase: PurchaseOrder, *units: int, tracking: str = "TRK-1") -> None:
    """The supplier says that he sent so many units of each line; what follows is worked off."""
    lines = list(purchase.lines.order_by("position"))
    drop_ship_notice(
        ShipNotice(
            purchase.pk, [SentLine(line.pk, n) for line, n in zip(lines, units, strict=True) if n], "DHL", tracking
        ),
        actor=company.ben, at=NOW,
    )  # fmt: skip
    work(company)
