import { readSignature } from '../iam/sigv4.ts';
import type { Service } from '../kernel/service.ts';
import type { WireRequest } from '../kernel/wire.ts';
import { loadModel, type Model } from './model.ts';
import type { Protocol } from './protocol.ts';
import { ec2Protocol } from './protocol-ec2.ts';
import { jsonProtocol } from './protocol-json.ts';
import { queryProtocol } from './protocol-query.ts';
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
};

/** Finds the service that a request is for, by the name in its credential scope, else by target or host. */
export function createDirectory(services: readonly Service[]) {
  const known = services.map((service) => ({ service, model: loadModel(service.model) }));

  return (request: WireRequest): Endpoint | undefined => {
    const name = serviceNameOf(request);
    const entry =
      known.find(({ model }) => signingName(model) === name) ??
      known.find(({ model }) => name === undefined && isAddressed(model, request));
    const protocolName = entry && protocolOf(entry.model, request);
    const protocol = protocolName === undefined ? undefined : protocols[protocolName];
    if (entry === undefined || protocolName === undefined || protocol === undefined) return undefined;
    return { ...entry, protocolName, protocol };
  };
}

const signingName = ({ metadata }: Model) => metadata.signingName ?? metadata.endpointPrefix;

/** The name that a request gives for the service it wants, if it is signed. */
export const serviceNameOf = (request: WireRequest): string | undefined => readSignature(request)?.service;

function isAddressed(model: Model, { headers }: WireRequest): boolean {
  const target = headers['x-amz-target']?.split('.')[0];
  if (target !== undefined) return target === model.metadata.targetPrefix;
  return headers.host?.split('.')[0] === model.metadata.endpointPrefix;
}

/** The protocol that the request is written in, if the service speaks it and the account does too. */
function protocolOf({ metadata }: Model, { headers, method }: WireRequest): string | undefined {
  if (headers['smithy-protocol'] !== undefined) return undefined;
  const spoken = metadata.protocols.filter((name) => name in protocols);
  if (headers['x-amz-target'] !== undefined) return spoken.find((name) => name === 'json');
  const isForm = method === 'GET' || /^application\/x-www-form-urlencoded/.test(headers['content-type'] ?? '');
  return spoken.find((name) => (name === 'query' || name === 'ec2' ? isForm : name !== 'json'));
}
