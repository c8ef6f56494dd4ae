/** The ARN forms of a task's `Resource`. */
import type { TaskResource } from './machine.ts';

const integrationPattern =
  /^arn:[^:\s]+:states:[^:]*:[^:]*:(aws-sdk:)?([A-Za-z0-9-]+):([A-Za-z0-9]+(?:\.v2)?)(\.sync(?::\d)?|\.waitForTaskToken)?$/;

/** Undefined when the text has none of the forms. */
export function parseResource(arn: string): TaskResource | undefined {
  // Region and account are not looked at before a task runs: AWS takes placeholders for them.
  if (/^arn:[^:\s]+:lambda:[^:]*:[^:]*:function:[^:\s]+(?::[^:\s]+)?$/.test(arn))
    return { kind: 'lambda-function', arn };
  if (/^arn:[^:\s]+:states:[^:]*:[^:]*:activity:[^:\s]+$/.test(arn)) return { kind: 'activity', arn };
  const match = integrationPattern.exec(arn);
  if (!match) return undefined;
  const [, sdk, service = '', action = '', suffix] = match;
  const pattern = suffix === undefined ? 'request-response' : patterns[suffix];
  if (pattern === undefined) return undefined;
  return { kind: 'integration', arn, service, action, isAwsSdk: sdk !== undefined, pattern };
}

const patterns: Readonly<Record<string, 'sync' | 'sync:2' | 'waitForTaskToken'>> = {
  '.sync': 'sync',
  '.sync:2': 'sync:2',
  '.waitForTaskToken': 'waitForTaskToken',
};
