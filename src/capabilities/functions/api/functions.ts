/** Functions: made, changed, shown, listed, removed. */
import type { Lambda } from '@aws-sdk/client-lambda';
import type { Dispatcher, HandlersOf } from '#gateway';
import type { CodeDownloads } from '../code/code-downloads.ts';
import { fetchCode } from '../code/code-source.ts';
import { parseChangeableRef, parseFunctionRef } from '../function-name.ts';
import { accountConcurrency, type Functions } from '../functions.ts';
import type { Layers } from '../layers.ts';
import type { RoleCredentials } from '../runtime/role-credentials.ts';
import { configurationOf } from './configuration.ts';
import { wireVersion } from './wire.ts';

export interface FunctionOperationParts {
  readonly functions: Functions;
  readonly layers: Layers;
  readonly dispatcher: Dispatcher;
  readonly credentials: RoleCredentials;
  readonly downloads: CodeDownloads;
}

export function functionOperations(parts: FunctionOperationParts): HandlersOf<Lambda> {
  const { functions, layers, dispatcher, credentials, downloads } = parts;
  return {
    async CreateFunction(input, context) {
      const { scope, name } = parseFunctionRef(input.FunctionName ?? '', context.scope);
      const configuration = configurationOf(input, layers);
      const zip = await fetchCode(input.Code ?? {}, dispatcher, context);
      await credentials.checkRole(configuration.role, context.region);
      const version = await functions.create({
        scope,
        name,
        configuration,
        zip,
        publish: input.Publish ?? false,
        tags: input.Tags ?? {},
      });
      return wireVersion(version);
    },
    async UpdateFunctionCode(input, context) {
      const ref = parseChangeableRef(input.FunctionName ?? '', context.scope);
      functions.row(ref);
      const zip = await fetchCode(input, dispatcher, context);
      const version = await functions.updateCode(ref, zip, {
        publish: input.Publish ?? false,
        dryRun: input.DryRun ?? false,
        revisionId: input.RevisionId,
        ...(input.Architectures !== undefined && { architectures: input.Architectures }),
      });
      return wireVersion(version);
    },
    async UpdateFunctionConfiguration(input, context) {
      const ref = parseChangeableRef(input.FunctionName ?? '', context.scope);
      functions.row(ref);
      if (input.Role !== undefined) await credentials.checkRole(input.Role, context.region);
      const change = (before: Parameters<typeof configurationOf>[2]) => configurationOf(input, layers, before);
      return wireVersion(await functions.updateConfiguration(ref, change, input.RevisionId));
    },
    async DeleteFunction(input, { scope }) {
      await functions.delete(parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier));
      return {};
    },
    GetFunction(input, { scope, endpoint }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier);
      const version = functions.get(ref);
      const { tags, reserved } = functions.row(ref);
      return {
        Configuration: wireVersion(version, { qualifier: ref.qualifier }),
        Code: { RepositoryType: 'S3', Location: downloads.urlOf(version.code.codeId, endpoint) },
        ...(Object.keys(tags).length > 0 && { Tags: { ...tags } }),
        ...(reserved !== undefined && { Concurrency: { ReservedConcurrentExecutions: reserved } }),
      };
    },
    GetFunctionConfiguration(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier);
      return wireVersion(functions.get(ref), { qualifier: ref.qualifier });
    },
    ListFunctions(input, { scope }) {
      const page = functions.list(scope, {
        token: input.Marker,
        limit: input.MaxItems ?? 50,
        versions: input.FunctionVersion === 'ALL',
      });
      return {
        Functions: page.items.map((version) => wireVersion(version, { qualified: input.FunctionVersion === 'ALL' })),
        ...(page.nextToken !== undefined && { NextMarker: page.nextToken }),
      };
    },
    GetAccountSettings(_input, { scope }) {
      const { functions: count, codeBytes } = functions.usage(scope);
      return {
        AccountLimit: {
          TotalCodeSize: 80_530_636_800,
          CodeSizeUnzipped: 262_144_000,
          CodeSizeZipped: 52_428_800,
          ConcurrentExecutions: accountConcurrency,
          UnreservedConcurrentExecutions: accountConcurrency,
        },
        AccountUsage: { TotalCodeSize: codeBytes, FunctionCount: count },
      };
    },
    GetFunctionCodeSigningConfig(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope);
      functions.row(ref);
      return { CodeSigningConfigArn: '', FunctionName: ref.name };
    },
    GetFunctionRecursionConfig(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope);
      functions.row(ref);
      return { RecursiveLoop: functions.recursiveLoop(ref) };
    },
    async PutFunctionRecursionConfig(input, { scope }) {
      const RecursiveLoop = input.RecursiveLoop ?? 'Terminate';
      await functions.setRecursiveLoop(parseFunctionRef(input.FunctionName ?? '', scope), RecursiveLoop);
      return { RecursiveLoop };
    },
    GetRuntimeManagementConfig(input, { scope }) {
      const version = functions.get(parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier));
      return { UpdateRuntimeOn: 'Auto', FunctionArn: wireVersion(version, { qualified: true }).FunctionArn ?? '' };
    },
  };
}
