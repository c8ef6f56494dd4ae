#!/usr/bin/env node
// The bundle where there is one (the published package), the sources where there is none (a clone).
import { existsSync } from 'node:fs';

const bundle = new URL('../dist/millpond.js', import.meta.url);
const sources = new URL('../src/main.ts', import.meta.url);
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `Millpond needs Node 24 or newer; this is ${process.version}. In a clone, npm start brings one.\n`,
  );
  process.exit(1);
}
await import((existsSync(sources) ? sources : bundle).href);
