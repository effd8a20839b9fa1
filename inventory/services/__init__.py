"""Who does it? The only writers of stock."""

from inventory.services.snapshot import stock_snapshot_take
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

__all__ = [
    "BinChoice",
    "InsufficientStock",
    "Move",
    "Posting",
    "bin_allocate_many",
    "stock_begin",
    "stock_post",
    "stock_post_many",
    "stock_snapshot_take",
]
