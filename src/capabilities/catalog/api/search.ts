/** Glue's SearchTables. */
import type { Glue } from '@aws-sdk/client-glue';
import type { HandlersOf } from '#gateway';
import { decodeToken, encodeToken } from '#kernel/paging';
import type { Catalog } from '../catalog.ts';
import { searchTables } from '../search.ts';
import { checkCatalogId } from './request.ts';
import { tableToWire } from './tables.ts';

// Limit: SearchTables returns at most 1,000 in a page, as in Glue.
const pageMax = 1000;

export function searchOperations(catalog: Catalog): HandlersOf<Glue> {
  return {
    SearchTables(input, context) {
      checkCatalogId(input.CatalogId, context);
      if (input.ResourceShareType === 'FOREIGN') return { TableList: [] };
      const found = searchTables(catalog.eachTable(context.scope), {
        text: input.SearchText,
        filters: input.Filters ?? [],
        order: input.SortCriteria ?? [],
      });
      // The order is the caller's, so a page starts behind the last table seen rather than behind a key.
      const after = input.NextToken ? decodeToken(input.NextToken) : undefined;
      const start =
        after === undefined
          ? 0
          : found.findIndex((table) => table.DatabaseName === after[0] && table.Name === after[1]) + 1 ||
            Number(after[2] ?? 0);
      const page = found.slice(start, start + Math.min(input.MaxResults ?? pageMax, pageMax));
      const last = page.at(-1);
      const end = start + page.length;
      const isMore = end < found.length && last !== undefined;
      return {
        TableList: page.map(tableToWire),
        NextToken: isMore ? encodeToken([last.DatabaseName, last.Name, end]) : undefined,
      };
    },
  };
}
