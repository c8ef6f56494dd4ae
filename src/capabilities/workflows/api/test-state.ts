import type { SFN } from '@aws-sdk/client-sfn';
import type { HandlersOf } from '#gateway';
import { invalidExecutionInput } from '../errors.ts';
import { parseContext } from '../teststate/context.ts';
import { parseItemReaderData, parseMock, parseVariables } from '../teststate/request.ts';
import { runStateTest } from '../teststate/state-test.ts';
import type { Face } from './face.ts';
import { checkJson } from './json-text.ts';

export function testOperations({ stateTests }: Face): HandlersOf<SFN> {
  return {
    async TestState(input, { scope, signal }) {
      const text = input.input ?? '{}';
      checkJson(text, invalidExecutionInput);
      const configuration = input.stateConfiguration ?? {};
      const revealSecrets = input.revealSecrets ?? false;
      const result = await runStateTest(
        {
          scope,
          definition: input.definition ?? '',
          stateName: input.stateName,
          roleArn: input.roleArn,
          input: text,
          inspectionLevel: input.inspectionLevel ?? 'INFO',
          revealSecrets,
          variables: parseVariables(input.variables),
          context: parseContext(input.context),
          mock: parseMock(input.mock, revealSecrets),
          retryCount: configuration.retrierRetryCount ?? 0,
          iterationFailureCount: configuration.mapIterationFailureCount,
          itemReaderData: parseItemReaderData(configuration.mapItemReaderData),
          errorCausedByState: configuration.errorCausedByState,
          signal,
        },
        stateTests,
      );
      return result;
    },
  };
}
