/** Glue's operations on custom classifiers. */
import type { Glue, Classifier as WireClassifier } from '@aws-sdk/client-glue';
import type { HandlersOf } from '#gateway';
import { decodeToken, encodeToken } from '#kernel/paging';
import type { Classifier, ClassifierDefinition } from '../classifier.ts';
import type { Classifiers } from '../classifiers.ts';
import { invalidInput } from '../errors.ts';

// Limit: GetClassifiers returns at most 1,000 in a page, as in Glue.
const pageMax = 1000;

export function classifierOperations(classifiers: Classifiers): HandlersOf<Glue> {
  return {
    async CreateClassifier(input, context) {
      await classifiers.create(context.scope, input as ClassifierDefinition);
      return {};
    },

    async UpdateClassifier(input, context) {
      const definition = input as ClassifierDefinition;
      const fields =
        definition.GrokClassifier ?? definition.XMLClassifier ?? definition.JsonClassifier ?? definition.CsvClassifier;
      if (fields?.Name === undefined) throw invalidInput('Give one of the classifiers with its Name.');
      await classifiers.update(context.scope, fields.Name, definition);
      return {};
    },

    async DeleteClassifier(input, context) {
      await classifiers.delete(context.scope, input.Name ?? '');
      return {};
    },

    GetClassifier(input, context) {
      return { Classifier: toWire(classifiers.get(context.scope, input.Name ?? '')) };
    },

    GetClassifiers(input, context) {
      const size = Math.min(input.MaxResults ?? pageMax, pageMax);
      const after = input.NextToken ? String(decodeToken(input.NextToken)[0] ?? '') : '';
      const found = classifiers.list(context.scope, { after, limit: size + 1 });
      const last = found[size - 1];
      return {
        Classifiers: found.slice(0, size).map(toWire),
        NextToken: found.length > size && last ? encodeToken([last.name]) : undefined,
      };
    },
  };
}

function toWire({ definition, CreationTime, LastUpdated, Version }: Classifier): WireClassifier {
  const [kind = '', fields] = Object.entries(definition)[0] ?? [];
  return { [kind]: { ...(fields as object), CreationTime, LastUpdated, Version } };
}
