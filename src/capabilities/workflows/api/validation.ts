import type { SFN } from '@aws-sdk/client-sfn';
import type { HandlersOf } from '#gateway';
import { checkMachine } from '#languages/asl/index';

// Limit: at most 100 diagnostics are told, as in AWS.
const resultsMax = 100;

export function validationOperations(): HandlersOf<SFN> {
  return {
    async ValidateStateMachineDefinition(input) {
      const { diagnostics } = await checkMachine(input.definition ?? '', { type: input.type ?? 'STANDARD' });
      const isFailed = diagnostics.some(({ severity }) => severity === 'ERROR');
      const asked = diagnostics.filter(({ severity }) => input.severity === 'WARNING' || severity === 'ERROR');
      const sizeMax = input.maxResults === undefined || input.maxResults === 0 ? resultsMax : input.maxResults;
      return {
        result: isFailed ? 'FAIL' : 'OK',
        diagnostics: asked.slice(0, sizeMax).map(({ severity, code, message, location }) => ({
          severity,
          code,
          message,
          ...(location !== undefined && { location }),
        })),
        truncated: asked.length > sizeMax,
      };
    },
  };
}
