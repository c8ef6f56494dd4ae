/** What a test of one state is asked to do, read from the members of TestState. */
import { parseJsonText, type Json, type JsonObject } from '#languages/asl/index';
import { validation } from '../errors.ts';

export type FieldValidationMode = 'STRICT' | 'PRESENT' | 'NONE';

export interface ErrorOutput {
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

export interface Mock {
  /** Absent when the mock is an error. */
  readonly result?: Json;
  readonly errorOutput?: ErrorOutput;
  readonly fieldValidationMode: FieldValidationMode;
}

export interface StateTest {
  /** `account/region` */
  readonly scope: string;
  readonly definition: string;
  /** A state of the whole definition; absent when the definition is the state itself. */
  readonly stateName?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly input: string;
  readonly inspectionLevel: 'INFO' | 'DEBUG' | 'TRACE';
  readonly revealSecrets: boolean;
  readonly variables: JsonObject;
  /** The context object to pretend; absent: one is made. */
  readonly context?: JsonObject | undefined;
  readonly mock?: Mock | undefined;
  /** Retries of the retrier that matches, so far. */
  readonly retryCount: number;
  /** Iterations of a Map to pretend that failed. */
  readonly iterationFailureCount?: number | undefined;
  readonly itemReaderData?: Json | undefined;
  readonly errorCausedByState?: string | undefined;
  readonly signal: AbortSignal;
}

/** The members of the wire's `mock`. */
export interface MockInput {
  readonly result?: string | undefined;
  readonly errorOutput?: ErrorOutput | undefined;
  readonly fieldValidationMode?: string | undefined;
}

/** @throws ValidationException */
export function parseMock(input: MockInput | undefined, revealSecrets: boolean): Mock | undefined {
  if (input === undefined) return undefined;
  const { result, errorOutput } = input;
  if (result !== undefined && errorOutput !== undefined) {
    throw validation('A test mock should have only one of the following fields: [result, errorOutput].');
  }
  if (result === undefined && errorOutput === undefined) {
    throw validation('A test mock should have one of the following fields: [result, errorOutput].');
  }
  if (revealSecrets) throw validation('TestState does not support RevealSecrets when a mock is specified.');
  const fieldValidationMode = (input.fieldValidationMode ?? 'STRICT') as FieldValidationMode;
  if (errorOutput !== undefined) return { errorOutput, fieldValidationMode };
  return { result: parseText(result ?? '', 'Mocked result must be valid JSON'), fieldValidationMode };
}

/** @throws ValidationException */
export function parseVariables(text: string | undefined): JsonObject {
  if (text === undefined) return {};
  const value = parseText(text, 'Variables must be valid JSON');
  if (!isObject(value)) throw validation('Variables must be a JSON object.');
  return value;
}

/** @throws ValidationException */
export function parseItemReaderData(text: string | undefined): Json | undefined {
  return text === undefined ? undefined : parseText(text, 'Map item reader data must be valid JSON');
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseText(text: string, refusal: string): Json {
  try {
    return parseJsonText(text).value;
  } catch {
    throw validation(refusal);
  }
}
