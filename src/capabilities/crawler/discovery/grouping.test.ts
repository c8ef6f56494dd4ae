import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHiveType } from '#formats/hive-type';
import { type Folder, FolderTreeBuilder } from './folder.ts';
import { type DataSet, type GroupingOptions, groupTables } from './grouping.ts';
import { type Shape, canMerge, mergeShapes } from './shape.ts';

function shape(classification: string, ...columns: string[]): Shape {
  return {
    format: {
      classification,
      compression: 'none',
      parameters: {},
      inputFormat: 'in',
      outputFormat: 'out',
      serializationLibrary: classification === 'json' ? 'org.openx.data.jsonserde.JsonSerDe' : 'LazySimpleSerDe',
      serdeParameters: {},
    },
    columns: columns.map((text) => {
      const [name = '', type = 'string'] = text.split(':');
      return { name, type: parseHiveType(type) };
    }),
    objectCount: 1,
    sizeBytes: 100,
    rowCount: 10,
    reason: `read as ${classification}`,
  };
}

/** Groups files given as key -> shape, each folder's files merged where they can be. */
function group(files: Record<string, Shape>, options: Partial<GroupingOptions> = {}): DataSet[] {
  const builder = new FolderTreeBuilder('');
  for (const key of Object.keys(files)) builder.add({ key, sizeBytes: 100, etag: '', path: '' });
  const settings = { combineCompatibleSchemas: false, ...options };
  const groupsOf = (folder: Folder) => {
    const groups: { shape: Shape; files: Folder['files'] }[] = [];
    for (const file of folder.files) {
      const own = files[file.key] as Shape;
      const anyColumns = settings.combineCompatibleSchemas;
      const found = groups.find((candidate) => canMerge(candidate.shape, own, 'one-definition', { anyColumns }));
      if (found) Object.assign(found, { shape: mergeShapes(found.shape, own), files: [...found.files, file] });
      else groups.push({ shape: own, files: [file] });
    }
    return groups;
  };
  return groupTables(builder.build().root, groupsOf, settings);
}

function outline(sets: readonly DataSet[]): string[] {
  return sets
    .map((set) => `${set.root} by [${set.levels.map((level) => level.key ?? '*').join()}] of ${set.leaves.length}`)
    .sort();
}

const trip = shape('csv', 'fare:double', 'tip:double', 'passengers:bigint');
const song = shape('csv', 'artist:string', 'title:string', 'year:bigint');

test('folders in the manner of Hive are partitions of one table', () => {
  const files = {
    'sales/year=2019/month=Jan/a': trip,
    'sales/year=2019/month=Feb/a': trip,
    'sales/year=2020/month=Jan/a': trip,
  };
  assert.deepEqual(outline(group(files)), ['sales/ by [year,month] of 3']);
});

test('plain folders whose data is alike are partitions too', () => {
  const files = { 'f/t1/p1/x': trip, 'f/t1/p2/x': trip, 'f/t2/p3/x': trip };
  assert.deepEqual(outline(group(files)), ['f/ by [*,*] of 3']);
});

test('folders whose data is not alike are tables of their own, and say why', () => {
  const sets = group({ 'f/songs/x': song, 'f/trips/x': trip });
  assert.deepEqual(outline(sets), ['f/songs/ by [] of 1', 'f/trips/ by [] of 1']);
  assert.match(sets[0]?.reasons.join('\n') ?? '', /1 of the 2 folders in f\/ \(50 %\)/);
});

test('where most folders are alike, the odd one is set apart', () => {
  const files = Object.fromEntries(Array.from({ length: 9 }, (_, day) => [`f/day=${day}/x`, trip]));
  const sets = group({ ...files, 'f/day=9/x': song });
  assert.deepEqual(outline(sets), ['f/ by [day] of 9', 'f/day=9/ by [] of 1']);
});

test('schemas that share nothing are two tables, and one when compatible schemas are combined', () => {
  const files = { 't/year=2017/a': shape('json', 'a:int', 'b:int'), 't/year=2018/a': shape('json', 'c:int', 'd:int') };
  assert.deepEqual(outline(group(files)), ['t/year=2017/ by [] of 1', 't/year=2018/ by [] of 1']);
  const combined = group(files, { combineCompatibleSchemas: true });
  assert.deepEqual(outline(combined), ['t/ by [year] of 2']);
  assert.deepEqual(
    combined[0]?.shape.columns.map((column) => column.name),
    ['a', 'b', 'c', 'd'],
  );
});

test('a column that is empty in one month and numeric in the next is numeric', () => {
  const [set] = group({
    't/m=1/a': shape('csv', 'fare:double', 'surcharge:unknown'),
    't/m=2/a': shape('csv', 'fare:bigint', 'surcharge:double'),
  });
  assert.deepEqual(
    set?.shape.columns.map((column) => column.type.kind),
    ['double', 'double'],
  );
});

test('files of several kinds in one folder are a table each', () => {
  assert.deepEqual(outline(group({ 'f/a.csv': trip, 'f/b.csv': song })), ['f/a.csv by [] of 1', 'f/b.csv by [] of 1']);
});

test('files beside folders that are alike make one table without partitions', () => {
  assert.deepEqual(outline(group({ 'f/a': trip, 'f/more/b': trip, 'f/most/c': trip })), ['f/ by [] of 1']);
});

test('files beside partitions do not end the partitions, and are reachable as tables', () => {
  const files = { 'f/stray': trip, 'f/y=1/a': trip, 'f/y=2/a': trip };
  assert.deepEqual(outline(group(files)), ['f/ by [y] of 2', 'f/stray by [] of 1']);
});

test('lines with their columns in another order are not read by one definition', () => {
  const turned = shape('csv', 'tip:double', 'fare:double', 'passengers:bigint');
  assert.deepEqual(outline(group({ 'f/a': trip, 'f/b': turned })), ['f/a by [] of 1', 'f/b by [] of 1']);
  assert.deepEqual(outline(group({ 'f/y=1/a': trip, 'f/y=2/b': turned })), ['f/ by [y] of 2']);
});

test('a lone folder is the way to a table unless its name reads like a value', () => {
  assert.deepEqual(outline(group({ 'data/trips/a': trip })), ['data/trips/ by [] of 1']);
  assert.deepEqual(outline(group({ 'data/trips/2018/01/a': trip })), ['data/trips/ by [*,*] of 1']);
});

test('the table level says where tables are', () => {
  const files = { 'a/x/2017/f': trip, 'a/x/2018/f': trip, 'a/y/2017/f': trip };
  assert.deepEqual(outline(group(files)), ['a/ by [*,*] of 3']);
  assert.deepEqual(outline(group(files, { tableLevel: 3 })), ['a/x/ by [*] of 2', 'a/y/ by [*] of 1']);
});

test('data at different depths is not one table, unless compatible schemas are combined', () => {
  const files = { 'f/2017/01/a': trip, 'f/2018/a': trip };
  assert.equal(group(files).length, 2);
  assert.deepEqual(outline(group(files, { combineCompatibleSchemas: true })), ['f/ by [] of 1']);
});

test('a thousand folders are grouped at once', () => {
  const files = Object.fromEntries(Array.from({ length: 1000 }, (_, day) => [`f/day=${day}/x`, trip]));
  const started = performance.now();
  assert.deepEqual(outline(group(files)), ['f/ by [day] of 1000']);
  assert.ok(performance.now() - started < 1000);
});
