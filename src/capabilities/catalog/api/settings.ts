/** Glue's operations on a catalog as a whole. */
import type { DataCatalogEncryptionSettings, Glue } from '@aws-sdk/client-glue';
import type { HandlersOf } from '#gateway';
import type { CatalogSettings, EncryptionSettings } from '../records/settings.ts';
import { checkCatalogId, refuseMembers, required } from './request.ts';

export function settingsOperations(settings: CatalogSettings): HandlersOf<Glue> {
  return {
    /** There was never an Athena catalog of the time before Glue here, which this operation asks about. */
    GetCatalogImportStatus(input, context) {
      checkCatalogId(input.CatalogId, context);
      return { ImportStatus: { ImportCompleted: true } };
    },

    GetDataCatalogEncryptionSettings(input, context) {
      checkCatalogId(input.CatalogId, context);
      return { DataCatalogEncryptionSettings: settings.encryption(context.scope) as DataCatalogEncryptionSettings };
    },

    async PutDataCatalogEncryptionSettings(input, context) {
      checkCatalogId(input.CatalogId, context);
      const given = required(input.DataCatalogEncryptionSettings, 'DataCatalogEncryptionSettings');
      await settings.putEncryption(context.scope, given as EncryptionSettings);
      return {};
    },

    GetResourcePolicy(input, context) {
      return settings.policy(context.scope, input.ResourceArn ?? '');
    },

    GetResourcePolicies(_input, context) {
      return { GetResourcePoliciesResponseList: settings.policies(context.scope) };
    },

    async PutResourcePolicy(input, context) {
      refuseMembers(input, ['EnableHybrid']);
      const conditions = { hash: input.PolicyHashCondition, exists: input.PolicyExistsCondition };
      const text = required(input.PolicyInJson, 'PolicyInJson');
      return { PolicyHash: await settings.putPolicy(context.scope, input.ResourceArn ?? '', text, conditions) };
    },

    async DeleteResourcePolicy(input, context) {
      await settings.deletePolicy(context.scope, input.ResourceArn ?? '', { hash: input.PolicyHashCondition });
      return {};
    },
  };
}
