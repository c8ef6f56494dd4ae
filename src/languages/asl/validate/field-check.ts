/** An object against the table of its fields. */
import type { Json, JsonObject, QueryLanguage } from '../machine.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { FieldRule } from './field-rule.ts';

/** Reports fields that are missing, unknown, of the other query language, or wrong in themselves. */
export function checkFields(
  object: JsonObject,
  fields: Readonly<Record<string, FieldRule>>,
  queryLanguage: QueryLanguage,
  location: string,
  diagnostics: Diagnostics,
): void {
  const here = location === '' ? '/' : location;
  const missing = Object.keys(fields).filter((name) => fields[name]?.isRequired && object[name] === undefined);
  if (missing.length > 0) diagnostics.schema(`These fields are required: [${missing.join(', ')}]`, here);
  for (const [name, value] of Object.entries(object)) {
    const rule = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!rule) diagnostics.schema(`Field '${name}' is not supported`, here);
    else if (rule.only !== undefined && rule.only !== queryLanguage) {
      const message = `The QueryLanguage is set to '${queryLanguage}', but field '${name}' is only supported for the '${rule.only}' QueryLanguage`;
      diagnostics.schema(message, here);
    } else checkField(rule, value, queryLanguage, `${location}/${name}`, diagnostics);
  }
}

function checkField(
  rule: FieldRule,
  value: Json,
  queryLanguage: QueryLanguage,
  location: string,
  diagnostics: Diagnostics,
): void {
  rule.check(value, {
    queryLanguage,
    location,
    report: (message, at = location) => diagnostics.schema(message, at),
  });
}
