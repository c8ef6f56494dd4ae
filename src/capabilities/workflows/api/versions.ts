import type { SFN } from '@aws-sdk/client-sfn';
import type { HandlersOf } from '#gateway';
import { invalidArn } from '../errors.ts';
import { arnOf } from '../machines/machine.ts';
import { parseStatesArn } from '../machines/name.ts';
import { findTarget } from '../machines/targets.ts';
import type { Face } from './face.ts';
import { pageBy } from './paging.ts';

export function versionOperations(face: Face): HandlersOf<SFN> {
  const { pointers } = face;
  return {
    async PublishStateMachineVersion(input) {
      const { machine } = findTarget(face, input.stateMachineArn ?? '');
      const { description, revisionId } = input;
      const version = await pointers.publishVersion(machine.scope, machine.name, { description, revisionId });
      return {
        stateMachineVersionArn: `${arnOf(machine)}:${version.number}`,
        creationDate: new Date(version.createdMs),
      };
    },
    ListStateMachineVersions(input) {
      const { machine } = findTarget(face, input.stateMachineArn ?? '');
      const page = pageBy(pointers.listVersions(machine), input, (version) => [-version.number]);
      return {
        stateMachineVersions: page.items.map((version) => ({
          stateMachineVersionArn: `${arnOf(machine)}:${version.number}`,
          creationDate: new Date(version.createdMs),
        })),
        ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
      };
    },
    async DeleteStateMachineVersion(input) {
      const arn = input.stateMachineVersionArn ?? '';
      const { scope, parts } = parseStatesArn(arn, 'stateMachine');
      const [name = '', number = ''] = parts;
      if (!/^\d+$/.test(number)) throw invalidArn(`Invalid ARN: ${arn}`);
      await pointers.deleteVersion(scope, name, Number(number));
      return {};
    },
  };
}
