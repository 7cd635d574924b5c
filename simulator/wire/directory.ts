import { readSignature } from '../iam/sigv4.ts';
import type { Service } from '../kernel/service.ts';
import type { WireRequest } from '../kernel/wire.ts';
import { loadModel, type Model } from './model.ts';
import type { Protocol } from './protocol.ts';
import { cborProtocol } from './protocol-cbor.ts';
import { ec2Protocol } from './protocol-ec2.ts';
import { jsonProtocol } from './protocol-json.ts';
import { formOf, queryProtocol } from './protocol-query.ts';
import { restJsonProtocol } from './protocol-rest-json.ts';
import { restXmlProtocol } from './protocol-rest-xml.ts';

/** A service of the account and the protocol in which a request speaks to it. */
export type Endpoint = {
  readonly service: Service;
  readonly model: Model;
  readonly protocolName: string;
  readonly protocol: Protocol;
};

const protocols: Readonly<Record<string, Protocol>> = {
  query: queryProtocol,
  ec2: ec2Protocol,
  json: jsonProtocol,
  'rest-json': restJsonProtocol,
  'rest-xml': restXmlProtocol,
  'smithy-rpc-v2-cbor': cborProtocol,
};

type Known = Pick<Endpoint, 'service' | 'model'>;

/** Finds the service that a request is for, by the name in its credential scope, else by how it is written. */
export function createDirectory(services: readonly Service[]) {
  const known = services.map((service): Known => ({ service, model: loadModel(service.model) }));

  return (request: WireRequest): Endpoint | undefined => {
    const name = serviceNameOf(request);
    const entry =
      name === undefined ? addressed(known, request) : known.find(({ model }) => signingName(model) === name);
    const protocolName = entry && protocolOf(entry.model, request);
    const protocol = protocolName === undefined ? undefined : protocols[protocolName];
    if (entry === undefined || protocolName === undefined || protocol === undefined) return undefined;
    return { ...entry, protocolName, protocol };
  };
}

const signingName = ({ metadata }: Model) => metadata.signingName ?? metadata.endpointPrefix;

/** The name that a request gives for the service it wants, if it is signed. */
export const serviceNameOf = (request: WireRequest): string | undefined => readSignature(request)?.service;

/**
 * The service of a request without a signature: AWS knows it by the address, which here is one for all. So by its host,
 * the target of JSON, the path of CBOR, the version of a form, or the REST route; what fits nothing else is S3's.
 */
function addressed(known: readonly Known[], request: WireRequest): Known | undefined {
  const find = (fits: (model: Model) => boolean) => known.find(({ model }) => fits(model));
  const host = request.headers.host?.split('.')[0];
  const target = request.headers['x-amz-target']?.split('.')[0] ?? cborServiceOf(request);
  if (target !== undefined) return find(({ metadata }) => metadata.targetPrefix === target);
  const version = isForm(request) ? formOf(request).find(([name]) => name === 'Version')?.[1] : undefined;
  return (
    find(({ metadata }) => metadata.endpointPrefix === host) ??
    find(({ metadata }) => version !== undefined && metadata.apiVersion === version) ??
    find((model) => speaks(model, 'rest-json') && restJsonProtocol.operationOf(model, request) !== undefined) ??
    find((model) => version === undefined && speaks(model, 'rest-xml'))
  );
}

const speaks = ({ metadata }: Model, protocol: string) => metadata.protocols.includes(protocol);

const cborServiceOf = ({ path }: WireRequest) => /\/service\/([^/]+)\/operation\/[^/?]+$/.exec(path)?.[1];

const isForm = ({ headers, method, path }: WireRequest) =>
  method === 'GET'
    ? /[?&]Action=/.test(path)
    : /^application\/x-www-form-urlencoded/.test(headers['content-type'] ?? '');

/** The protocol that the request is written in, if the service speaks it and the account does too. */
function protocolOf({ metadata }: Model, request: WireRequest): string | undefined {
  const { headers, method } = request;
  const spoken = metadata.protocols.filter((name) => name in protocols);
  if (headers['smithy-protocol'] !== undefined) {
    return spoken.find((name) => headers['smithy-protocol'] === 'rpc-v2-cbor' && name === 'smithy-rpc-v2-cbor');
  }
  if (headers['x-amz-target'] !== undefined) return spoken.find((name) => name === 'json');
  const mayBeForm = method === 'GET' || isForm(request);
  const others = spoken.filter((name) => name !== 'json' && name !== 'smithy-rpc-v2-cbor');
  return others.find((name) => (name === 'query' || name === 'ec2' ? mayBeForm : true)) ?? fallback(spoken);
}

/** A service that speaks nothing but JSON answers in it, whatever it was asked in. */
const fallback = (spoken: readonly string[]) => (spoken.length === 1 && spoken[0] === 'json' ? 'json' : undefined);
