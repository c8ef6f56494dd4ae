/** The context object of a test: the caller's, checked, or one as an Express execution would have it. */
import { parseJsonText, type Json, type JsonObject } from '#languages/asl/index';
import { newUuid } from '#kernel/ids';
import { validation } from '../errors.ts';
import { mapContextOf } from '../execution/context.ts';
import { statesArn } from '../machines/name.ts';
import { isObject } from './request.ts';

type Kind = 'string' | 'number' | 'any';

/** The members that may be pretended, with the types they must have. */
const members: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  Execution: {
    Id: 'string',
    Input: 'any',
    Name: 'string',
    RoleArn: 'string',
    StartTime: 'string',
    RedriveCount: 'number',
    RedriveTime: 'string',
  },
  State: { EnteredTime: 'string', Name: 'string', RetryCount: 'number' },
  StateMachine: { Id: 'string', Name: 'string' },
  Task: { Token: 'string' },
};

/**
 * @param text JSON text
 * @throws ValidationException naming the member that may not be there or has the wrong type
 */
export function parseContext(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined;
  const context = parseObject(text);
  if (context === undefined) throw refused('Context must be a valid JSON object');
  for (const [name, part] of Object.entries(context)) {
    if (name === 'Map') throw refused("'Map' field is not supported when mocking a Context object");
    const allowed = members[name];
    if (allowed === undefined) throw refused(`Field '${name}' is not allowed`);
    if (!isObject(part)) throw refused(`${name} must be an object`);
    for (const [member, value] of Object.entries(part)) {
      const kind = allowed[member];
      if (kind === undefined) throw refused(`Field '${member}' is not allowed`);
      if (kind !== 'any' && typeof value !== kind) throw refused(`${name}.${member} must be a ${kind}`);
    }
  }
  return context;
}

export interface ContextSubject {
  readonly scope: string;
  readonly roleArn?: string | undefined;
  readonly input: Json;
  readonly nowMs: number;
  /** Present for the states that can be retried. */
  readonly retryCount?: number | undefined;
  /** Whether the input is one item of a Map. */
  readonly isInMap?: boolean;
  /** Whether the state waits for an answer by a token. */
  readonly waitsForToken?: boolean;
}

/** As AWS makes it for a state that stands alone: an Express execution of a machine that nobody has. */
export function makeContext(subject: ContextSubject): JsonObject {
  const { scope, roleArn, input, nowMs, retryCount, isInMap, waitsForToken } = subject;
  const [machine, execution] = [newUuid(), newUuid()];
  const now = new Date(nowMs).toISOString();
  return {
    Execution: {
      Id: statesArn(scope, `express:${machine}:${execution}`),
      Input: input,
      Name: execution,
      RoleArn: roleArn ?? null,
      StartTime: now,
    },
    StateMachine: { Id: statesArn(scope, `stateMachine:${machine}`), Name: machine },
    State: { Name: 'StateName', EnteredTime: now, ...(retryCount !== undefined && { RetryCount: retryCount }) },
    ...(waitsForToken === true && { Task: { Token: newUuid() } }),
    ...(isInMap === true && { Map: mapContextOf({ index: 0, value: input }) }),
  };
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const { value } = parseJsonText(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function refused(reason: string) {
  return validation(`Invalid Context object provided: ${reason}`);
}
