/** Glue's operations on user-defined functions. */
import type { Glue, UserDefinedFunction } from '@aws-sdk/client-glue';
import type { HandlersOf } from '#gateway';
import { decodeToken, encodeToken } from '#kernel/paging';
import type { UserFunction, UserFunctionInput, UserFunctions } from '../records/user-function.ts';
import { checkCatalogId, refuseMembers, required } from './request.ts';

// Limit: GetUserDefinedFunctions returns at most 100 in a page, as in Glue.
const pageMax = 100;

export function userFunctionOperations(functions: UserFunctions): HandlersOf<Glue> {
  return {
    async CreateUserDefinedFunction(input, context) {
      checkCatalogId(input.CatalogId, context);
      await functions.create(context.scope, required(input.DatabaseName, 'DatabaseName'), inputOf(input.FunctionInput));
      return {};
    },

    GetUserDefinedFunction(input, context) {
      checkCatalogId(input.CatalogId, context);
      const [database, name] = [
        required(input.DatabaseName, 'DatabaseName'),
        required(input.FunctionName, 'FunctionName'),
      ];
      return { UserDefinedFunction: toWire(functions.get(context.scope, database, name)) };
    },

    GetUserDefinedFunctions(input, context) {
      checkCatalogId(input.CatalogId, context);
      const size = Math.min(input.MaxResults ?? pageMax, pageMax);
      const [parent = '', name = ''] = input.NextToken ? decodeToken(input.NextToken).map(String) : [];
      const found = functions.list(context.scope, {
        database: input.DatabaseName,
        pattern: required(input.Pattern, 'Pattern'),
        type: input.FunctionType,
        after: { parent, name },
        limit: size + 1,
      });
      const last = found[size - 1];
      return {
        UserDefinedFunctions: found.slice(0, size).map(toWire),
        NextToken: found.length > size && last ? encodeToken([last.DatabaseName, last.FunctionName]) : undefined,
      };
    },

    async UpdateUserDefinedFunction(input, context) {
      checkCatalogId(input.CatalogId, context);
      const [database, name] = [
        required(input.DatabaseName, 'DatabaseName'),
        required(input.FunctionName, 'FunctionName'),
      ];
      await functions.update(context.scope, database, name, inputOf(input.FunctionInput));
      return {};
    },

    async DeleteUserDefinedFunction(input, context) {
      checkCatalogId(input.CatalogId, context);
      const [database, name] = [
        required(input.DatabaseName, 'DatabaseName'),
        required(input.FunctionName, 'FunctionName'),
      ];
      await functions.delete(context.scope, database, name);
      return {};
    },
  };
}

function inputOf(input: object | undefined): UserFunctionInput {
  const given = required(input, 'FunctionInput');
  refuseMembers(given, ['GovernanceMode']);
  return given;
}

function toWire(found: UserFunction): UserDefinedFunction {
  return found as UserDefinedFunction;
}
