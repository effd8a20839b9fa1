"""What is the least that PostgreSQL must do to leave the same rows behind?

One statement per unit of work, one round trip, no Python per line: every insert and update that a reader of the journals needs (raw message,
order, lines, decision with its reasons, allocations, stock event and moves, guarded levels, audit rows; shipment, cost, entry), and
nothing else: no look-ups, no checks, no locks beyond the updates' own. The tables, constraints, indexes and triggers are the product's.
"""

from __future__ import annotations

INTAKE = """
WITH o AS MATERIALIZED (
    SELECT v.*, nextval('orders_order_id_seq') AS id, nextval('core_inboxmessage_id_seq') AS inbox_id
      FROM unnest(%(external)s::text[], %(body)s::text[], %(total)s::numeric[], %(email)s::text[], %(country)s::text[])
           AS v(external_id, body, total, email, country)),
i AS (INSERT INTO core_inboxmessage (id, source, kind, external_id, version, headers, body, body_hash, result, state, attempts,
        max_attempts, received_at, finished_at)
      SELECT inbox_id, 'bench', 'orders.order_receive', external_id, '', '{}', body, encode(sha256(body::bytea), 'hex'),
             'orders.Order:' || id, 'DONE', 0, 5, %(at)s, now() FROM o),
w AS (INSERT INTO orders_order (id, number, channel_id, external_id, state, currency, ordered_at, ship_by, priority, ships_complete,
        needs_allocation, goods_total, charges_total, tax_total, total, amount_invoiced, amount_credited, amount_paid, amount_refunded,
        charges_invoiced, ship_to_name, ship_to_line1, ship_to_city, ship_to_postcode, ship_to_country, email, checks,
        inbox_message_id, created_by_id, received_at)
      SELECT id, 'SO-' || lpad(id::text, 6, '0'), %(channel)s, external_id, 'CONFIRMED', 'GBP', %(at)s, %(at)s, 0, false, true,
             total, 0, 0, total, 0, 0, 0, 0, false, 'Pat Price', '1 High Street', 'Leeds', 'LS1 1AA', country, email,
             '[]', inbox_id, %(actor)s, %(at)s FROM o),
k AS (INSERT INTO orders_orderkit (order_id, position, product_id, channel_sku, description, quantity, unit_price, line_total, tax_amount,
        bill_of_materials)
      SELECT o.id, v.position, v.product_id, v.sku, 'A set of things', v.quantity, v.total / v.quantity, v.total, 0, '[]'
        FROM unnest(%(kit_external)s::text[], %(kit_position)s::integer[], %(kit_product)s::bigint[], %(kit_sku)s::text[],
             %(kit_quantity)s::bigint[], %(kit_total)s::numeric[]) AS v(external_id, position, product_id, sku, quantity, total)
        JOIN o USING (external_id)
      RETURNING id, order_id, position),
l AS (INSERT INTO orders_orderline (order_id, position, product_id, channel_sku, description, quantity_ordered, quantity_allocated,
        quantity_picked, quantity_shipped, quantity_cancelled, quantity_returned, unit_price, line_total, tax_amount, amount_invoiced,
        kit_id, quantity_per_kit)
      SELECT o.id, v.position, v.product_id, v.sku, 'Something nice', v.quantity, 0, 0, 0, 0, 0, 2.00, v.quantity * 2.00, 0, 0, k.id, v.per_kit
        FROM unnest(%(line_external)s::text[], %(position)s::integer[], %(product)s::bigint[], %(sku)s::text[], %(quantity)s::bigint[],
             %(line_kit)s::integer[], %(per_kit)s::integer[])
             AS v(external_id, position, product_id, sku, quantity, kit_position, per_kit)
        JOIN o USING (external_id) LEFT JOIN k ON k.order_id = o.id AND k.position = v.kit_position
      RETURNING order_id, id, product_id, quantity_ordered),
s AS (INSERT INTO core_statechange (document_type, document_id, action, from_state, to_state, actor_id, reason, at)
      SELECT 'orders.Order', o.id, step.action, step.source, step.target, %(actor)s, '', %(at)s FROM o,
             (VALUES ('orders.order_receive', '', 'RECEIVED'), ('orders.order_confirm', 'RECEIVED', 'CONFIRMED'))
             AS step(action, source, target)),
ob AS (INSERT INTO core_outboxmessage (stream, kind, key, subject_type, subject_id, payload, state, attempts, max_attempts)
      SELECT 'order:' || id || ':email', 'orders.notice_send', 'ORDER_RECEIVED:' || id || ':first', 'orders.Order', id,
             jsonb_build_object('notice', 'ORDER_RECEIVED', 'order_id', id, 'to', email, 'facts', '{}'::jsonb),
             'PENDING', 0, 12 FROM o)
SELECT * FROM l ORDER BY id
"""

# Who gets what is decided and known: the lines come as arrays and nothing is read. What needs the new ids is one statement,
# every update a statement of its own by primary key or unique key; all travel together.
ALLOCATE = """
WITH d AS MATERIALIZED (
    SELECT v.*, nextval('orders_allocationdecision_id_seq') AS id, nextval('inventory_stockevent_sequence_seq') AS sequence
      FROM unnest(%(orders)s::bigint[], %(explanations)s::jsonb[]) AS v(order_id, explanation)),
l AS MATERIALIZED (
    SELECT v.*, d.id AS decision_id, d.sequence
      FROM unnest(%(order)s::bigint[], %(line)s::bigint[], %(product)s::bigint[], %(units)s::bigint[])
           AS v(order_id, id, product_id, units) JOIN d USING (order_id)),
x AS (INSERT INTO orders_allocationdecision (id, order_id, policy_id, stock_sequence, at, explanation)
      SELECT id, order_id, %(policy)s, sequence, %(at)s, explanation FROM d),
a AS (INSERT INTO orders_allocation (order_line_id, node_id, product_id, quantity, state, decision_id, is_planned, created_at)
      SELECT id, %(node)s, product_id, units, 'ACTIVE', decision_id, false, %(at)s FROM l),
e AS (INSERT INTO inventory_stockevent (sequence, action, source_type, source_id, actor_id, occurred_at, idempotency_key, reason)
      SELECT sequence, 'orders.order_allocate_many', 'orders.Order', order_id, %(actor)s, %(at)s, 'allocate:' || id, '' FROM d)
INSERT INTO inventory_stockmove (event_id, product_id, quantity, from_node_id, from_status, to_node_id, to_status, order_line_id)
SELECT sequence, product_id, units, %(node)s, 'AVAILABLE', %(node)s, 'ALLOCATED', id FROM l;
UPDATE orders_orderline t SET quantity_allocated = t.quantity_allocated + v.units
  FROM unnest(%(line)s::bigint[], %(units)s::bigint[]) AS v(id, units) WHERE t.id = v.id;
UPDATE orders_order SET state = 'ALLOCATED', needs_allocation = false WHERE id = ANY(%(orders)s::bigint[]);
INSERT INTO core_statechange (document_type, document_id, action, from_state, to_state, actor_id, reason, at)
SELECT 'orders.Order', id, 'orders.order_allocate_many', 'CONFIRMED', 'ALLOCATED', %(actor)s, '', %(at)s
  FROM unnest(%(orders)s::bigint[]) AS v(id);
INSERT INTO inventory_stocklevel (product_id, node_id, status, quantity)
SELECT id, %(node)s, 'ALLOCATED', 0 FROM unnest(%(products)s::bigint[]) AS v(id) WHERE NOT EXISTS
       (SELECT 1 FROM inventory_stocklevel k WHERE k.product_id = v.id AND k.node_id = %(node)s AND k.status = 'ALLOCATED');
UPDATE inventory_stocklevel k SET quantity = k.quantity + v.units * q.sign
  FROM unnest(%(products)s::bigint[], %(gained)s::bigint[]) AS v(id, units), (VALUES ('AVAILABLE', -1), ('ALLOCATED', 1)) AS q(status, sign)
 WHERE k.product_id = v.id AND k.node_id = %(node)s AND k.status = q.status
"""

SHIP = """
WITH n AS (UPDATE core_numberseries SET next_number = next_number + %(count)s WHERE code = 'SHP' RETURNING next_number - %(count)s AS first),
j AS (UPDATE core_numberseries SET next_number = next_number + %(count)s WHERE code = 'JE' RETURNING next_number - %(count)s AS first),
f AS MATERIALIZED (
    SELECT f.id, f.order_id, f.node_id, f.number, nextval('fulfillment_shipment_id_seq') AS shipment_id,
           nextval('inventory_stockevent_sequence_seq') AS sequence, nextval('ledger_journalentry_id_seq') AS entry_id,
           row_number() OVER () - 1 AS place FROM fulfillment_fulfillmentorder f WHERE f.id = ANY(%(fulfillments)s::bigint[])),
l AS MATERIALIZED (
    SELECT f.id AS fulfillment_id, f.order_id, f.node_id, f.shipment_id, f.sequence, f.entry_id, k.id AS line_id, k.order_line_id,
           k.allocation_id, k.product_id, k.quantity_picked AS units, round(o.line_total * k.quantity_picked / o.quantity_ordered, 2) AS revenue,
           c.id AS layer_id, round(c.value_left * k.quantity_picked / c.quantity_left, 2) AS cost, nextval('fulfillment_shipmentline_id_seq') AS id
      FROM f JOIN fulfillment_fulfillmentline k ON k.fulfillment_id = f.id JOIN orders_orderline o ON o.id = k.order_line_id
      JOIN LATERAL (SELECT * FROM ledger_costlayer c WHERE c.product_id = k.product_id AND c.is_open ORDER BY c.id LIMIT 1) c ON true),
t AS MATERIALIZED (SELECT shipment_id, entry_id, order_id, sum(revenue) AS revenue, sum(cost) AS cost FROM l GROUP BY 1, 2, 3),
e AS (INSERT INTO inventory_stockevent (sequence, action, source_type, source_id, actor_id, occurred_at, idempotency_key, reason)
      SELECT sequence, 'fulfillment.shipment_confirm_many', 'fulfillment.Shipment', shipment_id, %(actor)s, %(at)s, 'ship:' || id, '' FROM f),
m AS (INSERT INTO inventory_stockmove (event_id, product_id, quantity, from_node_id, from_status, to_node_id, to_status, order_line_id)
      SELECT sequence, product_id, units, node_id, 'PICKED', node_id, 'CUSTOMER', order_line_id FROM l),
v AS (UPDATE inventory_stocklevel k SET quantity = k.quantity - w.units FROM (SELECT product_id, node_id, sum(units) AS units FROM l GROUP BY 1, 2) w
       WHERE k.product_id = w.product_id AND k.node_id = w.node_id AND k.status = 'PICKED' AND k.quantity >= w.units),
y AS (UPDATE ledger_costlayer c SET quantity_left = c.quantity_left - w.units, value_left = c.value_left - w.cost
        FROM (SELECT layer_id, sum(units) AS units, sum(cost) AS cost FROM l GROUP BY 1) w WHERE c.id = w.layer_id),
z AS (INSERT INTO ledger_costmovement (layer_id, product_id, quantity, value, source_type, source_id, at)
      SELECT layer_id, product_id, -units, -cost, 'fulfillment.ShipmentLine', id, %(at)s FROM l),
s AS (INSERT INTO fulfillment_shipment (id, number, fulfillment_id, order_id, node_id, carrier, tracking_number, shipped_at, stock_sequence,
        revenue, charges, tax, cogs)
      SELECT f.shipment_id, 'SHP-' || lpad((n.first + f.place)::text, 6, '0'), f.id, f.order_id, f.node_id, 'Royal Parcel', '', %(at)s,
             f.sequence, t.revenue, 0, 0, t.cost FROM f JOIN t USING (shipment_id), n),
r AS (INSERT INTO fulfillment_shipmentline (id, shipment_id, order_line_id, product_id, quantity, quantity_returned, revenue, tax, cogs)
      SELECT id, shipment_id, order_line_id, product_id, units, 0, revenue, 0, cost FROM l),
je AS (INSERT INTO ledger_journalentry (id, number, kind, source_type, source_id, sequence, period_id, posting_date, actor_id, memo, stock_sequence)
      SELECT f.entry_id, 'JE-' || lpad((j.first + f.place)::text, 6, '0'), 'fulfillment.shipment_confirmed', 'fulfillment.Shipment',
             f.shipment_id, 0, %(period)s, %(day)s, %(actor)s, '', f.sequence FROM f, j),
jl AS (INSERT INTO ledger_journalline (entry_id, account_id, currency, debit, credit, base_debit, base_credit, node_id, channel_id, customer_segment)
      SELECT t.entry_id, q.account, 'GBP', q.debit, q.credit, q.debit, q.credit, %(node)s, %(channel)s, ''
        FROM t, LATERAL (VALUES (%(receivable)s, t.revenue, 0), (%(revenue)s, 0, t.revenue), (%(cogs)s, t.cost, 0), (%(inventory)s, 0, t.cost))
             AS q(account, debit, credit)),
fo AS (UPDATE fulfillment_fulfillmentorder k SET state = 'SHIPPED' FROM f WHERE k.id = f.id),
fl AS (UPDATE fulfillment_fulfillmentline k SET quantity_shipped = quantity_picked FROM l WHERE k.id = l.line_id),
ol AS (UPDATE orders_orderline o SET quantity_allocated = o.quantity_allocated - w.units, quantity_picked = o.quantity_picked - w.units,
              quantity_shipped = o.quantity_shipped + w.units, amount_invoiced = o.amount_invoiced + w.revenue
         FROM (SELECT order_line_id, sum(units) AS units, sum(revenue) AS revenue FROM l GROUP BY 1) w WHERE o.id = w.order_line_id),
al AS (UPDATE orders_allocation a SET state = 'CONSUMED', closed_at = %(at)s FROM l WHERE a.id = l.allocation_id),
oo AS (UPDATE orders_order o SET amount_invoiced = o.amount_invoiced + t.revenue, charges_invoiced = true, state = 'SHIPPED',
              shipped_at = %(at)s FROM t WHERE o.id = t.order_id),
ob AS (INSERT INTO core_outboxmessage (stream, kind, key, subject_type, subject_id, payload, state, attempts, max_attempts)
      SELECT 'order:' || f.order_id, g.kind, g.kind || ':' || f.shipment_id, 'fulfillment.Shipment', f.shipment_id,
             jsonb_build_object('to', 'pat@example.com', 'order', f.order_id, 'shipment', f.shipment_id), 'PENDING', 0, 12
        FROM f, (VALUES ('orders.notice_send'), ('orders.channel_shipment_publish')) AS g(kind)),
sc AS (INSERT INTO core_statechange (document_type, document_id, action, from_state, to_state, actor_id, reason, at)
      SELECT 'fulfillment.FulfillmentOrder', id, 'fulfillment.shipment_confirm_many', 'PACKED', 'SHIPPED', %(actor)s, '', %(at)s FROM f
      UNION ALL SELECT 'orders.Order', order_id, 'orders.order_record_shipment_many', 'RELEASED', 'SHIPPED', %(actor)s, '', %(at)s FROM f)
SELECT count(*) FROM f
"""

ATP = """
SELECT l.product_id, sum(l.quantity) FROM inventory_stocklevel l JOIN inventory_node n ON n.id = l.node_id AND n.is_active AND n.can_ship
 WHERE l.product_id = ANY(%(products)s::bigint[]) AND l.status = 'AVAILABLE' GROUP BY 1
"""
