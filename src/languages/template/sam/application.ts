/** `AWS::Serverless::Application`: an application whose template is in a bucket, as a nested stack. */
import { type Value, didYouMean, formatValue } from '../value.ts';
import { serverlessError } from './errors.ts';
import { type Expansion, type ServerlessResource, pick, tagsOf } from './expansion.ts';

const passed = ['NotificationARNs', 'Parameters', 'TimeoutInMinutes'];
const own = ['Location', 'Tags'];

export function expandApplication(expansion: Expansion, resource: ServerlessResource): void {
  const { logicalId, properties, attributes } = resource;
  const stranger = Object.keys(properties).find((name) => !passed.includes(name) && !own.includes(name));
  if (stranger !== undefined) {
    const hint = didYouMean(stranger, [...passed, ...own]);
    throw serverlessError(
      logicalId,
      `property ${stranger} not defined for resource of type AWS::Serverless::Application.${hint}`,
    );
  }
  const Tags = tagsOf('lambda:createdBy', properties['Tags']);
  const TemplateURL = addressOf(expansion, resource, properties['Location']);
  expansion.add(
    logicalId,
    'AWS::CloudFormation::Stack',
    { TemplateURL, ...pick(properties, passed), Tags },
    attributes,
  );
}

/** @throws ValidationError for an application of the repository, and for a file that has to be packaged first */
function addressOf(expansion: Expansion, { logicalId }: ServerlessResource, location: Value | undefined): string {
  if (location === undefined) throw serverlessError(logicalId, 'Resource is missing the required [Location] property.');
  const address = expansion.known(location);
  if (typeof address === 'string' && /^(?:https?|s3):\/\//.test(address)) return address;
  if (typeof address === 'string') {
    throw serverlessError(
      logicalId,
      `'Location' ${formatValue(address)} is a file that has to be packaged first: \`millpond deploy\` and \`sam package\` do.`,
    );
  }
  throw serverlessError(
    logicalId,
    'Applications of the Serverless Application Repository are not served here. Put the template of the application ' +
      'into a bucket and give its URL as Location.',
  );
}
