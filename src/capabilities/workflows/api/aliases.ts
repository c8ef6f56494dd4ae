import type { SFN } from '@aws-sdk/client-sfn';
import type { HandlersOf } from '#gateway';
import { invalidArn, missingParameter, referenceAbsent } from '../errors.ts';
import { arnOf, type MachineAlias } from '../machines/machine.ts';
import { parseStatesArn } from '../machines/name.ts';
import { findTarget } from '../machines/targets.ts';
import type { Face } from './face.ts';
import { pageBy } from './paging.ts';

export function aliasOperations(face: Face): HandlersOf<SFN> {
  const { machines, pointers } = face;
  return {
    async CreateStateMachineAlias(input, { scope }) {
      const routes = routesOf(input.routingConfiguration);
      const { description } = input;
      const { machine, alias } = await pointers.createAlias(scope, input.name ?? '', { description, routes });
      return {
        stateMachineAliasArn: `${arnOf(machine)}:${alias.name}`,
        creationDate: new Date(alias.createdMs),
      };
    },
    async UpdateStateMachineAlias(input) {
      const { scope, name, alias } = parseAliasArn(input.stateMachineAliasArn ?? '');
      const { description } = input;
      if (description === undefined && input.routingConfiguration === undefined) {
        throw missingParameter('Either the description or the routing configuration must be specified');
      }
      const routes = routesOf(input.routingConfiguration);
      const updated = await pointers.updateAlias(scope, name, alias, { description, routes });
      return { updateDate: new Date(updated.updatedMs) };
    },
    DescribeStateMachineAlias(input) {
      const { scope, name, alias: aliasName } = parseAliasArn(input.stateMachineAliasArn ?? '');
      const machine = machines.find(scope, name);
      const alias = machine && pointers.findAlias(machine, aliasName);
      if (machine === undefined || alias === undefined) throw referenceAbsent();
      return wireAlias(arnOf(machine), alias);
    },
    ListStateMachineAliases(input) {
      const { machine, version } = findTarget(face, input.stateMachineArn ?? '');
      const aliases = pointers
        .listAliases(machine)
        .filter(({ routes }) => version === undefined || routes.some((route) => route.version === version.number));
      const page = pageBy(aliases, input, (alias) => [alias.name]);
      return {
        stateMachineAliases: page.items.map((alias) => ({
          stateMachineAliasArn: `${arnOf(machine)}:${alias.name}`,
          creationDate: new Date(alias.createdMs),
        })),
        ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
      };
    },
    async DeleteStateMachineAlias(input) {
      const { scope, name, alias } = parseAliasArn(input.stateMachineAliasArn ?? '');
      await pointers.deleteAlias(scope, name, alias);
      return {};
    },
  };
}

function parseAliasArn(arn: string): { scope: string; name: string; alias: string } {
  const { scope, parts } = parseStatesArn(arn, 'stateMachine');
  const [name = '', alias = '', ...rest] = parts;
  if (alias === '' || rest.length > 0) throw invalidArn(`Invalid ARN: ${arn}`);
  return { scope, name, alias };
}

function routesOf(routing: { stateMachineVersionArn: string | undefined; weight: number | undefined }[] | undefined) {
  return routing?.map(({ stateMachineVersionArn = '', weight = 0 }) => ({
    versionArn: stateMachineVersionArn,
    weight,
  }));
}

function wireAlias(arn: string, alias: MachineAlias) {
  return {
    stateMachineAliasArn: `${arn}:${alias.name}`,
    name: alias.name,
    ...(alias.description !== undefined && { description: alias.description }),
    routingConfiguration: alias.routes.map(({ version, weight }) => ({
      stateMachineVersionArn: `${arn}:${version}`,
      weight,
    })),
    creationDate: new Date(alias.createdMs),
    updateDate: new Date(alias.updatedMs),
  };
}
