/** What the children of a map run work on: the items after ItemSelector, alone or in batches. */
import { StateFailure, type Json, type MapState } from '#languages/asl/index';
import { dataBytesMax } from '../execution/datum.ts';
import { evaluate, selectInput } from '../execution/interpreter/data-flow.ts';
import type { MapRunPlan } from '../execution/interpreter/fan-out.ts';
import type { Batching } from '../execution/interpreter/map-settings.ts';
import type { Interpreter } from '../execution/interpreter/interpreter.ts';
import { drive, type Steps } from '../execution/interpreter/steps.ts';
import type { Run } from '../execution/run.ts';
import type { Thread } from '../execution/thread.ts';
import { isObject } from '../integrations/sdk-json.ts';
import type { ChildInput } from './work.ts';

export interface ChildInputsRequest {
  readonly interpreter: Interpreter;
  readonly run: Run;
  readonly thread: Thread;
  readonly mapState: MapState;
  readonly plan: MapRunPlan;
  readonly items: readonly Json[];
}

export async function childInputs(request: ChildInputsRequest): Promise<readonly ChildInput[]> {
  const selected = await drive(selectItems(request));
  const { mapState, plan } = request;
  if (mapState.itemBatcher === undefined) return selected.map((input) => ({ input, items: 1 }));
  return batches(selected, plan);
}

function* selectItems(request: ChildInputsRequest): Steps<readonly Json[]> {
  const { interpreter, run, thread, mapState, items } = request;
  const selector = mapState.itemSelector ?? (mapState.isLegacy ? mapState.parameters : undefined);
  if (selector === undefined) return items;
  const selected = yield* selectInput(mapState, interpreter.scope(run, thread));
  const source = sourceOf(request);
  const inputs: Json[] = [];
  for (const [index, value] of items.entries()) {
    inputs.push(
      yield* evaluate(selector, selected, interpreter.scope(run, thread, { item: { index, value, ...source } })),
    );
  }
  return inputs;
}

// Differs from AWS: items out of several files (a manifest, LOAD_AND_FLATTEN) name the manifest or the bucket as their source.
function sourceOf({ mapState, plan }: ChildInputsRequest): { readonly source?: string } {
  const { readerParameters: parameters } = plan;
  if (mapState.itemReader === undefined || !isObject(parameters)) return {};
  const { Bucket: bucket, Key: key } = parameters;
  if (typeof bucket !== 'string') return {};
  return { source: typeof key === 'string' ? `s3://${bucket}/${key}` : `s3://${bucket}` };
}

/** ItemBatcher: `{ BatchInput, Items }` for each child. */
export function batches(items: readonly Json[], batching: Batching): readonly ChildInput[] {
  const countMax = batching.maxItemsPerBatch ?? Infinity;
  const bytesMax = Math.min(batching.maxBytesPerBatch ?? dataBytesMax, dataBytesMax);
  const { batchInput } = batching;
  const frame = isObject(batchInput) ? { BatchInput: batchInput } : {};
  const frameBytes = Buffer.byteLength(JSON.stringify({ ...frame, Items: [] }));
  const made: ChildInput[] = [];
  let batch: Json[] = [];
  let bytes = frameBytes;
  const close = (): void => {
    if (batch.length > 0) made.push({ input: { ...frame, Items: batch }, items: batch.length });
    batch = [];
    bytes = frameBytes;
  };
  for (const item of items) {
    const itemBytes = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (frameBytes + itemBytes > bytesMax) {
      const cause = `An item of ${itemBytes} bytes does not fit into a batch of ${bytesMax} bytes.`;
      throw new StateFailure('States.ItemReaderFailed', cause);
    }
    if (batch.length >= countMax || bytes + itemBytes > bytesMax) close();
    batch.push(item);
    bytes += itemBytes;
  }
  close();
  return made;
}
