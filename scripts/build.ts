/**
 * `npm run build [folder]`: bundles the sources to `dist/`, so that `npx millpond` runs on a plain Node. Libraries are bundled
 * with their licences beside them; DuckDB's native package stays a dependency.
 */
import { build } from 'esbuild';
import { chmodSync, cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const outdir = process.argv[2] ?? 'dist';
rmSync(outdir, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { millpond: 'src/main.ts', 'duckdb-process': 'src/drivers/duckdb/duckdb-process.ts' },
  outdir,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  external: ['@duckdb/*'],
  // Libraries in the old module form ask for `require`, which an ES module does not have.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  metafile: true,
  logLevel: 'warning',
});
chmodSync(join(outdir, 'millpond.js'), 0o755);
// What runs functions is read as files, also inside their sandboxes.
cpSync('src/capabilities/functions/runtime/bootstrap', join(outdir, 'bootstrap'), { recursive: true });

const packages = new Set(
  Object.keys(metafile.inputs).flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.slice(1, 2) ?? []),
);
writeFileSync(join(outdir, 'LICENSES.txt'), [...packages].sort().map(licenceOf).join('\n\n'));
console.log(`${outdir} holds ${globSync(join(outdir, '*.js')).length} files with ${packages.size} bundled libraries.`);

function licenceOf(name: string): string {
  const folder = join('node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    version: string;
    license: string;
  };
  const file = globSync(join(folder, '{LICENSE,LICENCE,license}*'))[0];
  const text = file !== undefined && existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  return `== ${name} ${version} (${license}) ==\n${text}`;
}
