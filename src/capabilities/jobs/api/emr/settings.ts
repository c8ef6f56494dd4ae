/** Security configurations and what EMR offers: releases and instance types. */
import type { EMR } from '@aws-sdk/client-emr';
import type { HandlersOf } from '#gateway';
import { messageOf } from '#kernel/errors';
import type { Clusters } from '../../clusters/clusters.ts';
import { emrInvalid } from '../../errors.ts';

/**
 * Newest first.
 * Differs from AWS: any release label is taken; steps run on the Spark of this machine, whichever release is named.
 */
const releases = ['emr-7.10.0', 'emr-7.5.0', 'emr-7.0.0', 'emr-6.15.0', 'emr-6.10.1', 'emr-5.36.2'];

// Differs from AWS: a security configuration is kept and given back; steps run on this machine without it.
export function settingOperations(clusters: Clusters): HandlersOf<EMR> {
  return {
    async CreateSecurityConfiguration(input, { scope }) {
      const { Name = '', SecurityConfiguration = '' } = input;
      try {
        JSON.parse(SecurityConfiguration);
      } catch (error) {
        throw emrInvalid(`SecurityConfiguration is not JSON: ${messageOf(error)}`);
      }
      const createdMs = await clusters.putSecurityConfiguration(scope, Name, SecurityConfiguration);
      return { Name, CreationDateTime: new Date(createdMs) };
    },
    DescribeSecurityConfiguration(input, { scope }) {
      const { name, createdMs, document } = clusters.getSecurityConfiguration(scope, input.Name ?? '');
      return { Name: name, SecurityConfiguration: document, CreationDateTime: new Date(createdMs) };
    },
    async DeleteSecurityConfiguration(input, { scope }) {
      await clusters.deleteSecurityConfiguration(scope, input.Name ?? '');
      return {};
    },
    ListSecurityConfigurations(_input, { scope }) {
      const entries = clusters.listSecurityConfigurations(scope);
      return {
        SecurityConfigurations: entries.map(({ name, createdMs }) => ({
          Name: name,
          CreationDateTime: new Date(createdMs),
        })),
      };
    },
    ListReleaseLabels(input) {
      const { Prefix = '', Application = '' } = input.Filters ?? {};
      const isSpark = Application === '' || /^(spark|livy|hive)\b/i.test(Application);
      return { ReleaseLabels: isSpark ? releases.filter((label) => label.startsWith(Prefix)) : [] };
    },
    DescribeReleaseLabel(input) {
      const ReleaseLabel = input.ReleaseLabel ?? releases[0];
      const names = ['Spark', 'Livy', 'Hive'];
      return { ReleaseLabel, Applications: names.map((Name) => ({ Name, Version: 'local' })) };
    },
  };
}
