/** The protocols by the form in which a request came, each made when it is first spoken. */
import { createAwsJson } from './aws-json.ts';
import { createQuery } from './query.ts';
import { createS3 } from './rest/s3.ts';
import { createRestJson } from './rest/rest-json.ts';
import { createRestXml } from './rest/rest-xml.ts';
import { createCborRpc } from './cbor-rpc.ts';
import type { Protocol } from './protocol.ts';

export type WireForm =
  | 'json-1.0'
  | 'json-1.1'
  | 'aws-cbor'
  | 'rpc-cbor'
  | 'query'
  | 'ec2'
  | 'rest-json'
  | 'rest-xml'
  | 's3';

const factories: Readonly<Record<WireForm, () => Protocol>> = {
  'json-1.0': () => createAwsJson('1.0'),
  'json-1.1': () => createAwsJson('1.1'),
  query: () => createQuery('query'),
  ec2: () => createQuery('ec2'),
  'aws-cbor': () => createCborRpc('aws'),
  'rpc-cbor': () => createCborRpc('rpc-v2'),
  'rest-json': createRestJson,
  'rest-xml': createRestXml,
  s3: createS3,
};

export class Protocols {
  readonly #made = new Map<WireForm, Protocol>();

  get(form: WireForm): Protocol {
    let protocol = this.#made.get(form);
    if (protocol === undefined) {
      protocol = factories[form]();
      this.#made.set(form, protocol);
    }
    return protocol;
  }
}
