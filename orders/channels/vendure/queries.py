"""What does Keel say to a Vendure shop, word by word (GraphQL, Admin API of Vendure 3)?

`order.graphql` is a file of its own because the shop's plugin sends orders in the same words.
"""

from __future__ import annotations

from pathlib import Path

ORDER = (Path(__file__).parent / "order.graphql").read_text(encoding="utf-8")
ORDER_PARTS = ORDER[ORDER.index("fragment KeelOrder") :]

LOGIN = """mutation KeelLogin($username: String!, $password: String!) {
  login(username: $username, password: $password) { __typename ... on ErrorResult { errorCode message } }
}"""

CHANGED = (
    """query KeelChanged($start: DateTime!, $end: DateTime!, $take: Int!, $skip: Int!) {
  orders(options: {
    filter: { updatedAt: { between: { start: $start, end: $end } }, orderPlacedAt: { isNull: false } }
    sort: { updatedAt: ASC, id: ASC } take: $take skip: $skip
  }) { items { ...KeelOrder } }
}
"""
    + ORDER_PARTS
)

_STOCK_PARTS = """fragment KeelStock on ProductVariant {
  id sku stockLevels { stockLocationId stockOnHand stockAllocated }
}"""

VARIANTS = (
    """query KeelVariants($filter: ProductVariantFilterParameter!, $take: Int!) {
  productVariants(options: { filter: $filter, take: $take }) { items { ...KeelStock } }
}
"""
    + _STOCK_PARTS
)

LOCATIONS = "query KeelLocations { stockLocations(options: { take: 100 }) { items { id name } } }"

SET_STOCK = (
    """mutation KeelSetStock($input: [UpdateProductVariantInput!]!) {
  updateProductVariants(input: $input) { ...KeelStock }
}
"""
    + _STOCK_PARTS
)

FULFIL = """mutation KeelFulfil($input: FulfillOrderInput!) {
  addFulfillmentToOrder(input: $input) {
    __typename ... on Fulfillment { id state } ... on ErrorResult { errorCode message }
    ... on CreateFulfillmentError { fulfillmentHandlerError } ... on FulfillmentStateTransitionError { transitionError }
  }
}"""

MOVE_FULFILMENT = """mutation KeelMoveFulfilment($id: ID!, $state: String!) {
  transitionFulfillmentToState(id: $id, state: $state) {
    __typename ... on Fulfillment { id state } ... on ErrorResult { errorCode message }
    ... on FulfillmentStateTransitionError { transitionError }
  }
}"""

REFUND = """mutation KeelRefund($input: RefundOrderInput!) {
  refundOrder(input: $input) {
    __typename ... on Refund { id state total } ... on ErrorResult { errorCode message }
  }
}"""
