#!/usr/bin/env node
/** Process entry: the command line, and nothing else. */
import { run } from './cli/index.ts';

await run(process.argv.slice(2));
