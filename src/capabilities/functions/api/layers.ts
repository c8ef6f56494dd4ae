import type { GetLayerVersionResponse, Lambda, LayerVersionsListItem } from '@aws-sdk/client-lambda';
import type { Dispatcher, HandlersOf } from '#gateway';
import { pageOf } from '#kernel/paging';
import type { CodeDownloads } from '../code/code-downloads.ts';
import { fetchCode } from '../code/code-source.ts';
import { noSuchResource } from '../errors.ts';
import { codeSha256 } from '../function.ts';
import { layerArn, layerVersionArn, parseLayerArn, type LayerVersion, type Layers } from '../layers.ts';
import { formatPolicy, principalOf, withStatement, withoutStatement, type Statement } from '../policy.ts';
import { lambdaTime } from './wire.ts';

const pageMax = 50;
const code = 'InvalidParameterValueException';

export function layerOperations(layers: Layers, dispatcher: Dispatcher, downloads: CodeDownloads): HandlersOf<Lambda> {
  const wireFull = (layer: LayerVersion, endpoint: string): GetLayerVersionResponse => ({
    ...wireItem(layer),
    LayerArn: layerArn(layer.scope, layer.name),
    Content: {
      Location: downloads.urlOf(layer.code.codeId, endpoint),
      CodeSha256: codeSha256(layer.code),
      CodeSize: layer.code.sizeBytes,
    },
  });
  return {
    async PublishLayerVersion(input, context) {
      const zip = await fetchCode(input.Content ?? {}, dispatcher, context);
      const facts = {
        description: input.Description ?? '',
        runtimes: input.CompatibleRuntimes ?? [],
        architectures: input.CompatibleArchitectures ?? [],
        ...(input.LicenseInfo !== undefined && { license: input.LicenseInfo }),
      };
      return wireFull(await layers.publish(context.scope, input.LayerName ?? '', facts, zip), context.endpoint);
    },
    GetLayerVersion(input, { scope, endpoint }) {
      return wireFull(layers.get(scope, input.LayerName ?? '', input.VersionNumber ?? 0), endpoint);
    },
    GetLayerVersionByArn(input, { endpoint }) {
      const parsed = parseLayerArn(input.Arn ?? '');
      if (parsed === undefined) throw noSuchResource();
      return wireFull(layers.get(parsed.scope, parsed.name, parsed.version), endpoint);
    },
    ListLayerVersions(input, { scope }) {
      const page = pageOf(layers.list(scope, input.LayerName).filter(fits(input)), {
        token: input.Marker,
        sizeMax: input.MaxItems ?? pageMax,
        key: ({ version }) => [-version],
        code,
      });
      return {
        LayerVersions: page.items.map(wireItem),
        ...(page.nextToken !== undefined && { NextMarker: page.nextToken }),
      };
    },
    ListLayers(input, { scope }) {
      const newest = new Map<string, LayerVersion>();
      for (const layer of layers.list(scope).filter(fits(input))) {
        if (!newest.has(layer.name)) newest.set(layer.name, layer);
      }
      const page = pageOf([...newest.values()], {
        token: input.Marker,
        sizeMax: input.MaxItems ?? pageMax,
        key: ({ name }) => [name],
        code,
      });
      return {
        Layers: page.items.map((layer) => ({
          LayerName: layer.name,
          LayerArn: layerArn(scope, layer.name),
          LatestMatchingVersion: wireItem(layer),
        })),
        ...(page.nextToken !== undefined && { NextMarker: page.nextToken }),
      };
    },
    async DeleteLayerVersion(input, { scope }) {
      await layers.delete(scope, input.LayerName ?? '', input.VersionNumber ?? 0);
      return {};
    },
    async AddLayerVersionPermission(input, { scope }) {
      const name = input.LayerName ?? '';
      const number = input.VersionNumber ?? 0;
      const statement: Statement = {
        Sid: input.StatementId ?? '',
        Effect: 'Allow',
        Principal: principalOf(input.Principal ?? ''),
        Action: input.Action ?? '',
        Resource: layerVersionArn(layers.get(scope, name, number)),
        ...(input.OrganizationId !== undefined && {
          Condition: { StringEquals: { 'aws:PrincipalOrgID': input.OrganizationId } },
        }),
      };
      const change = (policy: Parameters<typeof withStatement>[0]) => withStatement(policy, statement);
      const policy = await layers.changePolicy(scope, name, number, input.RevisionId, change);
      return { Statement: JSON.stringify(statement), RevisionId: policy.revisionId };
    },
    async RemoveLayerVersionPermission(input, { scope }) {
      const change = (policy: Parameters<typeof withoutStatement>[0]) =>
        withoutStatement(policy, input.StatementId ?? '');
      await layers.changePolicy(scope, input.LayerName ?? '', input.VersionNumber ?? 0, input.RevisionId, change);
      return {};
    },
    GetLayerVersionPolicy(input, { scope }) {
      const { policy } = layers.get(scope, input.LayerName ?? '', input.VersionNumber ?? 0);
      if (policy.statements.length === 0) throw noSuchResource();
      return { Policy: formatPolicy(policy), RevisionId: policy.revisionId };
    },
  };
}

function fits(query: { CompatibleRuntime?: string | undefined; CompatibleArchitecture?: string | undefined }) {
  const { CompatibleRuntime: runtime, CompatibleArchitecture: architecture } = query;
  return ({ runtimes, architectures }: LayerVersion): boolean =>
    (runtime === undefined || runtimes.includes(runtime)) &&
    (architecture === undefined || architectures.includes(architecture));
}

function wireItem(layer: LayerVersion): LayerVersionsListItem {
  return {
    LayerVersionArn: layerVersionArn(layer),
    Version: layer.version,
    Description: layer.description,
    CreatedDate: lambdaTime(layer.createdMs),
    ...(layer.runtimes.length > 0 && { CompatibleRuntimes: [...layer.runtimes] as 'nodejs22.x'[] }),
    ...(layer.architectures.length > 0 && { CompatibleArchitectures: [...layer.architectures] as 'x86_64'[] }),
    ...(layer.license !== undefined && { LicenseInfo: layer.license }),
  };
}
