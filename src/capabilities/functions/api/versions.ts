/** Published versions and the aliases that point to them. */
import type { AliasConfiguration, Lambda } from '@aws-sdk/client-lambda';
import type { HandlersOf } from '#gateway';
import { pageOf } from '#kernel/paging';
import type { Alias } from '../alias.ts';
import { conflict } from '../errors.ts';
import { functionArn, latest, parseFunctionRef, type FunctionRef } from '../function-name.ts';
import type { Functions } from '../functions.ts';
import { wireVersion } from './wire.ts';

const pageMax = 50;
const code = 'InvalidParameterValueException';

export function versionOperations(functions: Functions): HandlersOf<Lambda> {
  return {
    async PublishVersion(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope);
      const version = await functions.publish(ref, {
        codeSha256: input.CodeSha256,
        description: input.Description,
        revisionId: input.RevisionId,
      });
      return wireVersion(version, { qualified: true });
    },
    ListVersionsByFunction(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope);
      const page = pageOf(functions.listVersions(ref), {
        token: input.Marker,
        sizeMax: input.MaxItems ?? pageMax,
        key: ({ version }) => [version === latest ? 0 : Number(version)],
        code,
      });
      return {
        Versions: page.items.map((version) => wireVersion(version, { qualified: true })),
        ...(page.nextToken !== undefined && { NextMarker: page.nextToken }),
      };
    },
    async CreateAlias(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope);
      const name = input.Name ?? '';
      const alias = await functions.putAlias(ref, name, (before) => {
        if (before !== undefined) {
          throw conflict(`Alias already exists: ${functionArn(ref.scope, ref.name, name)}`);
        }
        return {
          version: input.FunctionVersion ?? '',
          description: input.Description ?? '',
          weights: input.RoutingConfig?.AdditionalVersionWeights ?? {},
        };
      });
      return wireAlias(ref, alias);
    },
    async UpdateAlias(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope);
      const name = input.Name ?? '';
      functions.getAlias(ref, name);
      const change = (before: Alias | undefined) => ({
        version: input.FunctionVersion ?? before?.version ?? '',
        description: input.Description ?? before?.description ?? '',
        weights: input.RoutingConfig?.AdditionalVersionWeights ?? before?.weights ?? {},
      });
      return wireAlias(ref, await functions.putAlias(ref, name, change, { revisionId: input.RevisionId }));
    },
    GetAlias(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope);
      functions.row(ref);
      return wireAlias(ref, functions.getAlias(ref, input.Name ?? ''));
    },
    ListAliases(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope);
      const { FunctionVersion } = input;
      const all = functions
        .listAliases(ref)
        .filter(
          ({ version, weights }) =>
            FunctionVersion === undefined || version === FunctionVersion || FunctionVersion in weights,
        );
      const page = pageOf(all, {
        token: input.Marker,
        sizeMax: input.MaxItems ?? pageMax,
        key: ({ name }) => [name],
        code,
      });
      return {
        Aliases: page.items.map((alias) => wireAlias(ref, alias)),
        ...(page.nextToken !== undefined && { NextMarker: page.nextToken }),
      };
    },
    async DeleteAlias(input, { scope }) {
      await functions.deleteAlias(parseFunctionRef(input.FunctionName ?? '', scope), input.Name ?? '');
      return {};
    },
  };
}

function wireAlias({ scope, name }: FunctionRef, alias: Alias): AliasConfiguration {
  return {
    AliasArn: functionArn(scope, name, alias.name),
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    RevisionId: alias.revisionId,
    ...(Object.keys(alias.weights).length > 0 && {
      RoutingConfig: { AdditionalVersionWeights: { ...alias.weights } },
    }),
  };
}
