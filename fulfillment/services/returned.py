"""Who records on a shipped line that some of it came back?"""

from __future__ import annotations

from collections.abc import Mapping

from erp.core.sql import Statements, unnest


def shipment_record_return_many(units: Mapping[int, int], *, statements: Statements | None = None) -> None:
    """This function will add returned units to shipment lines: line id → units. PostgreSQL refuses more than left."""
    if not units:
        return
    source, parameters = unnest({"id": "bigint", "units": "bigint"}, sorted(units.items()))
    batch = statements if statements is not None else Statements()
    batch.demand(
        "UPDATE fulfillment_shipmentline l SET quantity_returned = l.quantity_returned + v.units "
        f"FROM {source} WHERE l.id = v.id RETURNING 1",
        parameters,
        len(units),
        "fulfillment.ShipmentLine returned",
    )
    if statements is None:
        batch.run()
