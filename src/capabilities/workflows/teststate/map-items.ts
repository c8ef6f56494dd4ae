/** The items of a tested Map: found, selected and put into batches as they would be, without working on any. */
import type { Json, MapState, Scope } from '#languages/asl/index';
import { batches } from '../distributed/child-inputs.ts';
import { jsonItems, pointedAt } from '../distributed/item-reader.ts';
import { mapContextOf } from '../execution/context.ts';
import { evaluate } from '../execution/interpreter/data-flow.ts';
import { batchingOf, itemsOf } from '../execution/interpreter/map-settings.ts';
import type { Steps } from '../execution/interpreter/steps.ts';
import type { Inspection } from './inspection.ts';

export interface MapItems {
  readonly state: MapState;
  /** The input after InputPath. */
  readonly selected: Json;
  readonly scope: Scope;
  readonly inspection: Inspection;
  /** What an ItemReader is to have read. */
  readonly readerData: Json | undefined;
}

/** @returns undefined when they would come from an ItemReader and nothing was given in its place @throws StateFailure */
export function* inspectItems(test: MapItems): Steps<readonly Json[] | undefined> {
  const { state, selected, scope, inspection } = test;
  const items = yield* findItems(test);
  if (items !== undefined && state.queryLanguage === 'JSONPath') inspection.note('afterItemsPath', items);
  const inputs = yield* selectItems(test, items ?? []);
  if (state.itemBatcher !== undefined && items !== undefined) {
    const made = batches(inputs, yield* batchingOf(state, selected, scope));
    inspection.note(
      'afterItemBatcher',
      made.map(({ input }) => input),
    );
  }
  return items;
}

function* findItems({ state, selected, scope, inspection, readerData }: MapItems): Steps<readonly Json[] | undefined> {
  const { itemReader: reader } = state;
  if (reader === undefined) return yield* itemsOf(state, selected, scope);
  if (reader.parameters !== undefined) yield* evaluate(reader.parameters, selected, scope);
  if (readerData === undefined) return undefined;
  if (reader.itemsPointer !== undefined) inspection.note('afterItemsPointer', pointedAt(readerData, reader));
  return [...jsonItems(readerData, reader)];
}

function* selectItems(test: MapItems, items: readonly Json[]): Steps<readonly Json[]> {
  const { state, selected, scope, inspection } = test;
  const selector = state.itemSelector ?? state.parameters;
  if (selector === undefined) return items;
  const chosen: Json[] = [];
  for (const [index, value] of items.entries()) {
    const context = { ...scope.context, Map: mapContextOf({ index, value }) };
    const ofItem = Object.create(scope, { context: { value: context } }) as Scope;
    chosen.push(yield* evaluate(selector, selected, ofItem));
  }
  inspection.note('afterItemSelector', chosen);
  return chosen;
}
