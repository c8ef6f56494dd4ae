/** JSON as it comes in files: lines, documents over many lines, one array; its values, paths into it, and its schema. */
export { JsonDocuments, type JsonDocument } from './documents.ts';
export { JsonNumber, parseJson, type JsonValue } from './value.ts';
export { parseJsonPath, selectRows, type JsonPath } from './json-path.ts';
export { JsonInference, inferJson, type JsonSchema } from './inference.ts';
