export * from './api.ts';
export { collect } from './body.ts';
export { createGateway, type Gateway, type GatewayConfig, type GatewayOptions } from './gateway.ts';
export { Hosts } from './hosts.ts';
export { Listener, type IncomingRequest } from './listener.ts';
export {
  ModelLibrary,
  Operation,
  ServiceModel,
  findModelsFolder,
  type Member,
  type Paginator,
  type RawModel,
  type Shape,
} from './model/model.ts';
export { decodeCbor, encodeCbor } from './protocols/cbor.ts';
export { presignQuery, signRequest, type SignOptions, type SigningCredential } from './sigv4/signer.ts';
export { restStatuses } from './status.ts';
