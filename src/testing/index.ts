/**
 * The harness of the tests, never shipped. A capability's test starts a gateway with the capability's handlers on a free
 * port and speaks to it through the real AWS clients:
 *
 *     const server = await startGateway({ apis: [createCatalogApi(catalog)] });
 *     after(() => server.close());
 *     const glue = new Glue(clientConfig(server.endpoint));
 *     await glue.getDatabase({ Name: 'sales' });
 *
 * `useTempFolder()` gives a folder that is deleted behind the test, `FakeClock` from `#kernel/clock` a clock to turn by hand:
 * hand the same one to the capability and to `startGateway`. Signatures are then judged by that clock as well, so give
 * the client `systemClockOffset: clock.nowMs() - Date.now()`.
 */
export { startGateway, rootCaller, testAccountId, type TestGateway, type TestGatewayOptions } from './gateway.ts';
export { clientConfig } from './client.ts';
export { missingPython } from './python.ts';
export { useTempFolder } from './temp-folder.ts';
export { eventually, until } from './until.ts';
