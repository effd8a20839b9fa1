"""Who does it? The only writers of stock and of what stock lies in."""

from inventory.services.adjustment import (
    adjustment_post,
    adjustment_post_many,
    adjustment_record_many,
    adjustment_reject,
    adjustment_submit,
)
from inventory.services.adjustment_draft import AdjustmentDraft, AdjustmentLineDraft, adjustment_create
from inventory.services.kit import (
    ComponentDraft,
    KitHasNoStock,
    kit_dissolve,
    kit_refuse,
    kit_save,
    kit_save_by_sku,
)
from inventory.services.lot import LotDraft, lot_ensure_many, lot_save
from inventory.services.node import (
    LocationDraft,
    NodeDraft,
    buffer_remove,
    buffer_save,
    location_create_many,
    location_save,
    node_save,
)
from inventory.services.product import (
    ProductDraft,
    category_save,
    product_create_many,
    product_deactivate,
    product_save,
    product_unit_save,
    quantity_to_base,
    unit_ensure,
)
from inventory.services.rebuild import stock_rebuild_check
from inventory.services.snapshot import stock_snapshot_take
from inventory.services.status import stock_bin_move, stock_status_change
from inventory.services.stock import (
    BinChoice,
    InsufficientStock,
    Move,
    Posting,
    bin_allocate_many,
    stock_begin,
    stock_post,
    stock_post_many,
)
from inventory.services.transfer import (
    TransferLineDraft,
    TransferReceipt,
    transfer_cancel,
    transfer_create,
    transfer_receive,
    transfer_ship,
    transfer_write_off,
)

__all__ = [
    "AdjustmentDraft",
    "AdjustmentLineDraft",
    "BinChoice",
    "ComponentDraft",
    "InsufficientStock",
    "KitHasNoStock",
    "LocationDraft",
    "LotDraft",
    "Move",
    "NodeDraft",
    "Posting",
    "ProductDraft",
    "TransferLineDraft",
    "TransferReceipt",
    "adjustment_create",
    "adjustment_post",
    "adjustment_post_many",
    "adjustment_record_many",
    "adjustment_reject",
    "adjustment_submit",
    "bin_allocate_many",
    "buffer_remove",
    "buffer_save",
    "category_save",
    "kit_dissolve",
    "kit_refuse",
    "kit_save",
    "kit_save_by_sku",
    "location_create_many",
    "location_save",
    "lot_ensure_many",
    "lot_save",
    "node_save",
    "product_create_many",
    "product_deactivate",
    "product_save",
    "product_unit_save",
    "quantity_to_base",
    "stock_begin",
    "stock_bin_move",
    "stock_post",
    "stock_post_many",
    "stock_rebuild_check",
    "stock_snapshot_take",
    "stock_status_change",
    "transfer_cancel",
    "transfer_create",
    "transfer_receive",
    "transfer_ship",
    "transfer_write_off",
    "unit_ensure",
]
