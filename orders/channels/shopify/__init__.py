"""How does a Shopify shop speak? Webhooks in, the Admin REST API out."""

from orders.channels.shopify.adapter import ShopifyAdapter

ADAPTER = ShopifyAdapter()
