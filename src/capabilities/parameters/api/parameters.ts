import type { SSM } from '@aws-sdk/client-ssm';
import type { HandlersOf } from '#gateway';
import { isPlatformError } from '#kernel/errors';
import { invalid, parameterAbsent } from '../errors.ts';
import type { ParameterFilter } from '../filter.ts';
import { parameterArn, type ParameterVersion } from '../parameter.ts';
import type { Parameters, ReadParameter } from '../parameters.ts';

export function parameterOperations(parameters: Parameters): HandlersOf<SSM> {
  return { ...writing(parameters), ...reading(parameters) };
}

function writing(parameters: Parameters): HandlersOf<SSM> {
  return {
    async PutParameter(input, { scope, caller }) {
      refusePolicies(input.Policies);
      const version = await parameters.putParameter(scope, {
        name: input.Name ?? '',
        value: input.Value ?? '',
        modifiedBy: caller.arn,
        overwrite: input.Overwrite ?? false,
        type: input.Type,
        tier: input.Tier,
        dataType: input.DataType,
        description: input.Description,
        keyId: input.KeyId,
        allowedPattern: input.AllowedPattern,
        tags: input.Tags && Object.fromEntries(input.Tags.map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
      });
      return { Version: version.version, Tier: version.tier };
    },
    async DeleteParameter(input, { scope }) {
      const name = input.Name ?? '';
      if ((await parameters.deleteParameters(scope, [name])).length === 0) throw parameterAbsent(name);
      return {};
    },
    async DeleteParameters(input, { scope }) {
      const names = input.Names ?? [];
      const deleted = await parameters.deleteParameters(scope, names);
      return { DeletedParameters: deleted, InvalidParameters: names.filter((name) => !deleted.includes(name)) };
    },
    async LabelParameterVersion(input, { scope }) {
      const labelled = await parameters.label(scope, input.Name ?? '', input.ParameterVersion, input.Labels ?? []);
      return { InvalidLabels: labelled.invalid, ParameterVersion: labelled.version };
    },
    async UnlabelParameterVersion(input, { scope }) {
      const result = await parameters.unlabel(scope, input.Name ?? '', input.ParameterVersion ?? 0, input.Labels ?? []);
      return { RemovedLabels: result.removed, InvalidLabels: result.invalid };
    },
  };
}

function reading(parameters: Parameters): HandlersOf<SSM> {
  return {
    GetParameter(input, { scope }) {
      const read = parameters.getParameter(scope, input.Name ?? '', { decrypt: input.WithDecryption ?? false });
      return { Parameter: wireParameter(scope, read) };
    },
    GetParameters(input, { scope }) {
      const found: ReturnType<typeof wireParameter>[] = [];
      const absent: string[] = [];
      for (const name of new Set(input.Names)) {
        try {
          const read = parameters.getParameter(scope, name, { decrypt: input.WithDecryption ?? false });
          found.push(wireParameter(scope, read));
        } catch (error) {
          if (!isPlatformError(error, 'ParameterNotFound') && !isPlatformError(error, 'ParameterVersionNotFound'))
            throw error;
          absent.push(name);
        }
      }
      return { Parameters: found, InvalidParameters: absent };
    },
    GetParametersByPath(input, { scope }) {
      const page = parameters.getParametersByPath(scope, {
        path: input.Path ?? '',
        recursive: input.Recursive ?? false,
        filters: filtersOf(input.ParameterFilters),
        decrypt: input.WithDecryption ?? false,
        token: input.NextToken,
        limit: input.MaxResults ?? 10,
      });
      return {
        Parameters: page.items.map((read) => wireParameter(scope, read)),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
    GetParameterHistory(input, { scope }) {
      const page = parameters.getHistory(scope, input.Name ?? '', {
        decrypt: input.WithDecryption ?? false,
        token: input.NextToken,
        limit: input.MaxResults ?? 50,
      });
      return {
        Parameters: page.items.map(({ parameter, value }) => ({
          ...wireMetadata(parameter),
          Value: value,
          Labels: [...parameter.labels],
        })),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
    DescribeParameters(input, { scope }) {
      const older = (input.Filters ?? []).map((filter) => ({
        key: filter.Key ?? '',
        ...(filter.Key === 'Name' && { option: 'BeginsWith' }),
        values: filter.Values ?? [],
      }));
      const page = parameters.listParameters(scope, {
        filters: [...older, ...filtersOf(input.ParameterFilters)],
        token: input.NextToken,
        limit: input.MaxResults ?? 50,
      });
      return {
        Parameters: page.items.map((parameter) => ({
          ...wireMetadata(parameter),
          ARN: parameterArn(scope, parameter.name),
        })),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
  };
}

function refusePolicies(policies: string | undefined): void {
  if (policies === undefined || /^\s*(?:\[\s*\])?\s*$/.test(policies)) return;
  throw invalid(
    'InvalidPolicyTypeException',
    'Parameter policies (Expiration, ExpirationNotification, NoChangeNotification) are not served. Leave Policies out.',
  );
}

function filtersOf(
  filters: readonly { Key: string | undefined; Option?: string | undefined; Values?: string[] | undefined }[] = [],
): ParameterFilter[] {
  return filters.map((filter) => ({ key: filter.Key ?? '', option: filter.Option, values: filter.Values ?? [] }));
}

function wireParameter(scope: string, { parameter, value, selector }: ReadParameter) {
  return {
    Name: parameter.name,
    Type: parameter.type,
    Value: value,
    Version: parameter.version,
    LastModifiedDate: new Date(parameter.modifiedMs),
    ARN: parameterArn(scope, parameter.name),
    DataType: parameter.dataType,
    ...(selector !== undefined && { Selector: selector }),
  };
}

function wireMetadata(parameter: ParameterVersion) {
  return {
    Name: parameter.name,
    Type: parameter.type,
    LastModifiedDate: new Date(parameter.modifiedMs),
    LastModifiedUser: parameter.modifiedBy,
    Version: parameter.version,
    Tier: parameter.tier,
    Policies: [],
    DataType: parameter.dataType,
    ...(parameter.keyId !== undefined && { KeyId: parameter.keyId }),
    ...(parameter.description !== undefined && { Description: parameter.description }),
    ...(parameter.allowedPattern !== undefined && { AllowedPattern: parameter.allowedPattern }),
  };
}
