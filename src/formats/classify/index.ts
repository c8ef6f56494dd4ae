/** What a file is, which columns it has and how a table over it should be stored: custom classifiers, then built-in ones. */
import { classifyBuiltIn } from './built-in.ts';
import { classifyCustom, type CustomClassifier } from './custom.ts';
import type { Classification, ClassifySample } from './sample.ts';

export type { Classification, ClassifySample } from './sample.ts';
export type { StorageSuggestion } from './storage.ts';
export {
  validateClassifier,
  type CsvClassifier,
  type CustomClassifier,
  type GrokClassifier,
  type JsonClassifier,
  type XmlClassifier,
} from './custom.ts';

/**
 * Tries custom classifiers in order, then the built-in ones.
 * @returns undefined when nothing fits
 * @throws HIVE_BAD_DATA when the file begins as Avro, ORC or Parquet and is damaged
 */
export async function classify(
  sample: ClassifySample,
  custom: readonly CustomClassifier[] = [],
): Promise<Classification | undefined> {
  if (sample.head.length === 0) return undefined;
  for (const classifier of custom) {
    const found = classifyCustom(sample, classifier);
    if (found !== undefined) return found;
  }
  return classifyBuiltIn(sample);
}
