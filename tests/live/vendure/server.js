// Answers: what is the shop that `make test-live` buys in? A Vendure as its makers ship it, with a database of its own.
'use strict';

const {
    bootstrap, DefaultLogger, defaultOrderProcess, dummyPaymentHandler, LogLevel, manualFulfillmentHandler,
} = require('@vendure/core');
const { KeelWebhookPlugin } = require('./keel-webhook-plugin.js');

const port = Number(process.env.VENDURE_PORT);
const superadmin = { identifier: 'superadmin', password: process.env.VENDURE_PASSWORD };

bootstrap({
    apiOptions: { port, hostname: '127.0.0.1', adminApiPath: 'admin-api', shopApiPath: 'shop-api' },
    authOptions: { tokenMethod: ['bearer', 'cookie'], superadminCredentials: superadmin, requireVerification: false },
    dbConnectionOptions: {
        type: 'postgres', synchronize: true, host: process.env.VENDURE_DB_HOST, database: process.env.VENDURE_DB_NAME,
        username: process.env.VENDURE_DB_USER, extra: { max: 10 },
    },
    logger: new DefaultLogger({ level: LogLevel.Warn }),
    orderOptions: { process: [defaultOrderProcess] },
    paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
    shippingOptions: { fulfillmentHandlers: [manualFulfillmentHandler] },
    plugins: process.env.KEEL_WEBHOOK_URL
        ? [
              KeelWebhookPlugin.init({
                  url: process.env.KEEL_WEBHOOK_URL, secret: process.env.KEEL_WEBHOOK_SECRET,
                  account: process.env.KEEL_ACCOUNT, superadmin, adminApi: `http://127.0.0.1:${port}/admin-api`,
                  orderQuery: process.env.KEEL_ORDER_QUERY,
              }),
          ]
        : [],
})
    .then(() => console.log('ready'))
    .catch(error => {
        console.error(error);
        process.exit(1);
    });
