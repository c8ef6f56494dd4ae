/** The platform that `conformance.ts` asks: prints its endpoint, and ends when its standard input does. */
import { once } from 'node:events';
import { startTestPlatform } from '../src/testing/platform.ts';

const platform = await startTestPlatform();
console.log(platform.endpoint);
process.stdin.resume();
await once(process.stdin, 'end');
await platform.close();
