// Answers: how does a Vendure shop tell Keel at once that an order changed? Vendure sends no webhooks of its own.
//
// Copy it into a shop: plugins: [KeelWebhookPlugin.init({url, secret, account, superadmin, adminApi, orderQuery})].
// Each change of an order posts it, as Keel's own query reads it (orders/channels/vendure/order.graphql), signed as Standard
// Webhooks are. What gets lost is not sent again: Keel asks for changed orders by itself.
'use strict';

const { createHmac, randomUUID } = require('node:crypto');
const { readFileSync } = require('node:fs');
const {
    EventBus, FulfillmentStateTransitionEvent, Logger, OrderStateTransitionEvent, PaymentStateTransitionEvent,
    PluginCommonModule, RefundStateTransitionEvent, VendurePlugin,
} = require('@vendure/core');

const PATIENCE = 5_000; // milliseconds for an answer
const QUIET = 300; // milliseconds without a further change before an order is told of

class KeelWebhookPlugin {
    static init(options) {
        KeelWebhookPlugin.options = { ...options, query: readFileSync(options.orderQuery, 'utf8') };
        return KeelWebhookPlugin;
    }

    constructor(eventBus) {
        this.eventBus = eventBus;
        this.waiting = new Map();
    }

    onApplicationBootstrap() {
        for (const kind of [OrderStateTransitionEvent, PaymentStateTransitionEvent, RefundStateTransitionEvent]) {
            this.eventBus.ofType(kind).subscribe(event => this.changed(event.order));
        }
        this.eventBus.ofType(FulfillmentStateTransitionEvent).subscribe(event =>
            (event.fulfillment.orders || []).forEach(order => this.changed(order)),
        );
    }

    changed(order) {
        clearTimeout(this.waiting.get(order.id));
        const send = () => {
            this.waiting.delete(order.id);
            this.tell(order.id).catch(error => Logger.warn(`Keel was not told of order ${order.id}: ${error}`, 'Keel'));
        };
        this.waiting.set(order.id, setTimeout(send, QUIET));
    }

    async tell(id) {
        const { url, secret, account, query } = KeelWebhookPlugin.options;
        const { order } = await this.ask(query, { id: String(id) });
        if (!order || !order.orderPlacedAt) return;
        const body = JSON.stringify({ account, order });
        const message = randomUUID();
        const sentAt = Math.floor(Date.now() / 1000);
        const signature = createHmac('sha256', secret).update(`${message}.${sentAt}.${body}`).digest('base64');
        const answer = await fetch(url, {
            method: 'POST', body, signal: AbortSignal.timeout(PATIENCE),
            headers: {
                'content-type': 'application/json', 'webhook-id': message, 'webhook-timestamp': String(sentAt),
                'webhook-signature': `v1,${signature}`,
            },
        });
        if (!answer.ok) throw new Error(`${answer.status} ${(await answer.text()).slice(0, 200)}`);
    }

    async ask(query, variables) {
        if (!this.token) await this.logIn();
        let answer = await this.post(query, variables);
        if (answer.content.errors) {
            await this.logIn();
            answer = await this.post(query, variables);
        }
        if (answer.content.errors) throw new Error(answer.content.errors[0].message);
        return answer.content.data;
    }

    async logIn() {
        const { identifier, password } = KeelWebhookPlugin.options.superadmin;
        const login = 'mutation ($u: String!, $p: String!) { login(username: $u, password: $p) { __typename } }';
        this.token = undefined;
        this.token = (await this.post(login, { u: identifier, p: password })).headers.get('vendure-auth-token');
    }

    async post(query, variables) {
        const headers = { 'content-type': 'application/json' };
        if (this.token) headers.authorization = `Bearer ${this.token}`;
        const answer = await fetch(KeelWebhookPlugin.options.adminApi, {
            method: 'POST', headers, body: JSON.stringify({ query, variables }), signal: AbortSignal.timeout(PATIENCE),
        });
        return { headers: answer.headers, content: await answer.json() };
    }
}

// What the decorators of TypeScript would write.
Reflect.defineMetadata('design:paramtypes', [EventBus], KeelWebhookPlugin);
VendurePlugin({ imports: [PluginCommonModule] })(KeelWebhookPlugin);

module.exports = { KeelWebhookPlugin };
