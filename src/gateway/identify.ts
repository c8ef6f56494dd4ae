/**
 * Which service and protocol a request speaks, by its looks alone: nothing is verified here.
 *
 * Order: the path of rpc-v2-cbor, the `X-Amz-Target` header, the service in the credential scope, the API version of a
 * form, and S3 for all the rest.
 */
import { invariant } from '#kernel/errors';
import { unknownService } from './errors.ts';
import type { ModelLibrary, ServiceModel } from './model/model.ts';
import type { WireForm } from './protocols/registry.ts';
import { findScope } from './sigv4/claims.ts';
import type { HttpRequest } from './api.ts';

export interface Identity {
  readonly model: ServiceModel;
  readonly form: WireForm;
  /** The operation where headers or path name it; else the protocol finds it in path, query or body. */
  readonly operationName: string | undefined;
}

/** What of the models' index is looked up per request, turned around. */
export class Identifier {
  readonly #library: ModelLibrary;
  readonly #byTarget = new Map<string, string>();
  readonly #bySigningName = new Map<string, string[]>();
  readonly #byVersion = new Map<string, string>();

  constructor(library: ModelLibrary) {
    this.#library = library;
    for (const [service, { targetPrefix, signingName, apiVersion, protocols }] of library.summaries) {
      // CloudTrail's prefix is `com.amazonaws….CloudTrail_20131101`; newer clients send the last part alone.
      for (const prefix of targetNames(targetPrefix)) this.#byTarget.set(prefix, service);
      this.#bySigningName.set(signingName, [...(this.#bySigningName.get(signingName) ?? []), service]);
      if (protocols.includes('query') || protocols.includes('ec2')) this.#byVersion.set(apiVersion, service);
    }
  }

  /**
   * @param form the body of an unsigned form, which names its service only there
   * @throws UnknownOperationException naming a service that is not served
   */
  identify(request: HttpRequest, form?: Buffer): Identity {
    const target = request.headers['x-amz-target'];
    const rpc = /^\/service\/([^/]+)\/operation\/([^/]+)$/.exec(request.rawPath);
    if (rpc !== null && request.headers['smithy-protocol'] === 'rpc-v2-cbor') return this.#rpcCbor(rpc[1]!, rpc[2]!);
    if (target !== undefined) return this.#target(target, request);
    const scope = findScope(request);
    if (scope !== undefined) return this.#scoped(scope.service, request);
    const version = findVersion(form?.toString('latin1') ?? request.rawQuery);
    const queried = version === undefined ? undefined : this.#byVersion.get(version);
    return this.#service(queried ?? 's3', request);
  }

  /** The nearest protocol to refuse in, when the service is not known: JSON where the request looks like it, else S3. */
  guess(request: HttpRequest): Identity {
    const type = request.headers['content-type'] ?? '';
    const isJson = request.headers['x-amz-target'] !== undefined || type.includes('json') || type.includes('cbor');
    const model = this.#library.find(isJson ? 'glue' : 's3');
    invariant(model !== undefined, 'models/ lacks glue.json or s3.json.');
    return { model, form: isJson ? 'json-1.1' : 's3', operationName: undefined };
  }

  #rpcCbor(shapeName: string, operationName: string): Identity {
    // Differs from AWS: every service can be called in this protocol, by the name of its model where it has no target.
    const model = this.#library.find(this.#byTarget.get(shapeName) ?? shapeName);
    if (model === undefined) throw unknownService(`the service '${shapeName}'`);
    return { model, form: 'rpc-cbor', operationName };
  }

  #target(target: string, request: HttpRequest): Identity {
    const cut = target.lastIndexOf('.');
    const service = this.#byTarget.get(target.slice(0, cut));
    const model = service === undefined ? undefined : this.#library.find(service);
    if (model === undefined) throw unknownService(`the target '${target}'`);
    const isCbor = request.headers['content-type']?.startsWith('application/x-amz-cbor') === true;
    const json = model.metadata.jsonVersion === '1.0' ? 'json-1.0' : 'json-1.1';
    return { model, form: isCbor ? 'aws-cbor' : json, operationName: target.slice(cut + 1) };
  }

  #scoped(signingName: string, request: HttpRequest): Identity {
    const services = this.#bySigningName.get(signingName === 's3express' ? 's3' : signingName);
    if (services === undefined) throw unknownService(`the service '${signingName}'`);
    return this.#service(services[0]!, request);
  }

  #service(service: string, request: HttpRequest): Identity {
    const model = this.#library.find(service);
    if (model === undefined) throw unknownService(`the service '${service}'`);
    return { model, form: formOf(model, request), operationName: undefined };
  }
}

function targetNames(targetPrefix: string | undefined): string[] {
  return targetPrefix === undefined ? [] : [targetPrefix, targetPrefix.slice(targetPrefix.lastIndexOf('.') + 1)];
}

function formOf(model: ServiceModel, request: HttpRequest): WireForm {
  const { protocols } = model;
  if (model.name === 's3') return 's3';
  if (protocols.includes('rest-json')) return 'rest-json';
  if (protocols.includes('rest-xml')) return 'rest-xml';
  if (protocols.includes('ec2')) return 'ec2';
  if (protocols.includes('query')) return 'query';
  // A JSON service called without a target: the protocol answers that the operation is missing.
  return request.headers['content-type']?.includes('1.0') === true ? 'json-1.0' : 'json-1.1';
}

function findVersion(form: string): string | undefined {
  return /(?:^|&)Version=(\d{4}-\d\d-\d\d)(?:&|$)/.exec(form)?.[1];
}
