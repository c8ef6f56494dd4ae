/**
 * The rules of ARCHITECTURE.md as tests: who may import whom, where the outside world may be touched, how large things
 * may grow. Each rule answers with file and line, so that a failure reads as a to-do list.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { floors } from './platform.ts';

interface Source {
  readonly path: string;
  readonly lines: readonly string[];
  readonly imports: readonly { line: number; target: string }[];
}

const aliases: readonly (readonly [RegExp, string])[] = [
  [/^#(kernel|languages|formats|drivers)\/(.+)$/, 'src/$1/$2.ts'],
  [/^#gateway$/, 'src/gateway/index.ts'],
  [/^#capability$/, 'src/capabilities/capability.ts'],
  [/^#testing$/, 'src/testing/index.ts'],
  [/^#([a-z-]+)$/, 'src/capabilities/$1/index.ts'],
];

const sources: readonly Source[] = globSync('src/**/*.ts')
  .map((path) => normalize(path).replaceAll('\\', '/'))
  .map(readSource);
const isTest = (path: string): boolean =>
  /\.(test|contract|fixture)\.ts$|\/testing\.ts$/.test(path) || path.startsWith('src/testing/');
const shipped = sources.filter((source) => !isTest(source.path));

function readSource(path: string): Source {
  const lines = readFileSync(path, 'utf8').split('\n');
  const imports = lines.flatMap((text, index) => {
    const target =
      /^\s*(?:import|export)\b.*?from '([^']+)'|^\} from '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/.exec(text);
    const name = target?.slice(1).find((group) => group !== undefined);
    return name === undefined ? [] : [{ line: index + 1, target: resolveImport(path, name) }];
  });
  return { path, lines, imports };
}

function resolveImport(from: string, name: string): string {
  if (name.startsWith('.')) return join(dirname(from), name).replaceAll('\\', '/');
  for (const [pattern, replacement] of aliases) if (pattern.test(name)) return name.replace(pattern, replacement);
  return name;
}

/** The layer of a file: `kernel`, `gateway`, `capabilities/catalog` … */
function layerOf(path: string): string {
  const [, first = '', second = ''] = path.split('/');
  if (first !== 'capabilities') return path.split('/').length > 2 ? first : 'root';
  return second.endsWith('.ts') ? 'capability' : `capabilities/${second}`;
}

const allowed: Readonly<Record<string, readonly string[]>> = {
  kernel: ['kernel'],
  languages: ['kernel', 'languages'],
  formats: ['kernel', 'formats'],
  numerics: ['kernel', 'numerics'],
  drivers: ['kernel', 'languages', 'formats', 'drivers'],
  gateway: ['kernel', 'gateway'],
  capability: ['kernel', 'gateway', 'capability'],
};

function report(found: readonly string[]): void {
  assert.deepEqual(found, []);
}

test('every layer imports only what stands above it', () => {
  report(
    shipped.flatMap(({ path, imports }) => {
      const may = allowed[layerOf(path)];
      if (!may) return [];
      return imports
        .filter(({ target }) => target.startsWith('src/') && !may.includes(layerOf(target)))
        .map(({ line, target }) => `${path}:${line} imports ${target}`);
    }),
  );
});

test('a capability imports another only by its front door, and only one above it in the list of platform.ts', () => {
  report(
    shipped.flatMap(({ path, imports }) => {
      const own = layerOf(path);
      if (!own.startsWith('capabilities/')) return [];
      const floor = floors.indexOf(own.slice('capabilities/'.length) as (typeof floors)[number]);
      return imports
        .filter(({ target }) => layerOf(target).startsWith('capabilities/') && layerOf(target) !== own)
        .filter(({ target }) => {
          const other = floors.indexOf(layerOf(target).slice('capabilities/'.length) as (typeof floors)[number]);
          return basename(target) !== 'index.ts' || target.split('/').length !== 4 || other >= floor || other === -1;
        })
        .map(({ line, target }) => `${path}:${line} imports ${target}`);
    }),
  );
});

test('every capability has its folder, its front door and its descriptor, and stands in the list', () => {
  const folders = new Set(
    sources.map(({ path }) => layerOf(path)).filter((layer) => layer.startsWith('capabilities/')),
  );
  assert.deepEqual([...folders].map((layer) => layer.slice('capabilities/'.length)).sort(), [...floors].sort());
  const paths = new Set(sources.map(({ path }) => path));
  report(
    floors
      .flatMap((name) => ['index.ts', 'capability.ts', 'errors.ts'].map((file) => `src/capabilities/${name}/${file}`))
      .filter((path) => !paths.has(path)),
  );
});

test('a front door is short and has no logic', () => {
  report(
    shipped
      .filter(({ path }) => /^src\/capabilities\/[^/]+\/index\.ts$/.test(path))
      .filter(({ lines }) => lines.length > 61 || lines.some((line) => /^(function|class|const|let)\b/.test(line)))
      .map(({ path }) => path),
  );
});

test('drivers are used by engines and stores only, and the API face by the descriptor only', () => {
  report(
    shipped.flatMap(({ path, imports }) =>
      path.startsWith('src/capabilities/')
        ? imports
            .filter(
              ({ target }) => target.startsWith('src/drivers/') && !/\/engines\/|\/store|\/capability\.ts$/.test(path),
            )
            .map(({ line, target }) => `${path}:${line} imports ${target}`)
        : [],
    ),
  );
  report(
    shipped.flatMap(({ path, imports }) =>
      imports
        .filter(
          ({ target }) => /^src\/capabilities\/[^/]+\/api\//.test(target) && !/\/capability\.ts$|\/api\//.test(path),
        )
        .map(({ line, target }) => `${path}:${line} imports ${target}`),
    ),
  );
});

test('the clock, chance, the environment and the console are touched in kernel, cli and main only', () => {
  const outside = /\bprocess\.env\b|\bDate\.now\(|\bMath\.random\(|\brandomUUID\(|\bconsole\.\w+\(|\bnew Date\(\)/;
  report(
    shipped
      .filter(({ path }) => !/^src\/(kernel|cli)\/|^src\/main\.ts$/.test(path))
      .flatMap(({ path, lines }) => findLines(path, lines, (line) => outside.test(withoutComment(line)))),
  );
});

test('nothing mutable lives at module level', () => {
  report(shipped.flatMap(({ path, lines }) => findLines(path, lines, (line) => /^(export )?let\b/.test(line))));
});

test('files, functions and folders stay small', () => {
  report(
    sources.filter(({ lines }) => lines.length > 451).map(({ path, lines }) => `${path} has ${lines.length - 1} lines`),
  );
  // A table of handlers is a list, however long; the handlers in it are counted by the reader.
  const counted = shipped.filter(({ path }) => !path.includes('/api/'));
  report(counted.flatMap(({ path, lines }) => longFunctions(path, lines)));
  const folders = Map.groupBy(shipped, ({ path }) => dirname(path));
  report(
    [...folders]
      .filter(([, files]) => files.length > 18)
      .map(([folder, files]) => `${folder} has ${files.length} source files`),
  );
});

test('names are nouns of the field, and nothing is left for later', () => {
  report(
    sources
      .map(({ path }) => path)
      .filter((path) => /(^|[/-])(utils?|helpers?|managers?|common|misc)(\.ts$|\/)|(^|\/)types\.ts$/.test(path)),
  );
  report(sources.map(({ path }) => path).filter((path) => !/^[a-z0-9./-]+$/.test(path)));
  const marks = /\b(TO{1}DO|FIX{1}ME|X{3})\b/;
  report(sources.flatMap(({ path, lines }) => findLines(path, lines, (line) => marks.test(line))));
});

test('dependencies are pinned to exact versions', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
    string,
    Record<string, string> | undefined
  >;
  const all = { ...manifest['dependencies'], ...manifest['devDependencies'] };
  report(
    Object.entries(all)
      .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      .map(([name, version]) => `${name} ${version}`),
  );
});

test('the README is at most 150 lines', () => {
  assert.ok(readFileSync('README.md', 'utf8').split('\n').length <= 151);
});

function findLines(path: string, lines: readonly string[], matches: (line: string) => boolean): string[] {
  return lines.flatMap((line, index) => (matches(line) ? [`${path}:${index + 1} ${line.trim()}`] : []));
}

function withoutComment(line: string): string {
  return /^\s*(\/?\*|\/\/)/.test(line) ? '' : line.replace(/\/\/ .*$/, '');
}

/** Functions and methods by their indentation, which the formatter guarantees. */
function longFunctions(path: string, lines: readonly string[]): string[] {
  const found: string[] = [];
  let open: { indent: string; line: number; name: string } | undefined;
  for (const [index, text] of lines.entries()) {
    const head =
      /^( {0,4})(?:export )?(?:static |async |private |override )*(?:function\*? )?(\*?#?\w+)(?:<[^(]*>)?\(.*\{$/.exec(
        text,
      );
    if (open === undefined && head && !/^(if|for|while|switch|return|test|describe)$/.test(head[2] ?? '')) {
      open = { indent: head[1] ?? '', line: index + 1, name: head[2] ?? '' };
    } else if (open !== undefined && text.startsWith(`${open.indent}}`)) {
      if (index - open.line > 90) found.push(`${path}:${open.line} ${open.name} has ${index - open.line} lines`);
      open = undefined;
    }
  }
  return found;
}
