/** Protocols whose operation stands in a header or in the path as a plain name. */
import { unknownOperation, type ErrorFamily } from '../errors.ts';
import type { Protocol } from './protocol.ts';

export function findNamed(family: ErrorFamily): Protocol['findOperation'] {
  return (model, _, named) => {
    const operation = named === undefined ? undefined : model.findOperation(named);
    if (operation === undefined) throw unknownOperation(family, model.name, named ?? '');
    return operation;
  };
}

export const refuseUnnamed: Protocol['operationInBody'] = (model) => {
  throw unknownOperation('json', model.name, '');
};
