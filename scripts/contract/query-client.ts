import type { Endpoint } from './endpoint.ts';
import type { Fields } from './fields.ts';
import { type Member, type ServiceModel, shapeAt, signingNameOf } from './model.ts';
import { Refused, type ServiceClient } from './service-client.ts';
import { signRequest } from './signing.ts';
import { childrenOf, type Element, readXml } from './xml.ts';

/**
 * A client for services of the query protocol whose inputs have neither lists nor structures; of those that have, the
 * SDK's clients are here.
 */
export function createQueryClient(model: ServiceModel, endpoint: Endpoint): ServiceClient {
  const { apiVersion } = model.metadata;
  return async (operation, input) => {
    const members = Object.entries(input).map(([name, value]): [string, string] => [name, String(value)]);
    const form = new URLSearchParams([['Action', operation], ['Version', apiVersion], ...members]);
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const request = { method: 'POST', path: '/', headers, body: form.toString() };
    const wire = await endpoint.transport(await signRequest(endpoint, signingNameOf(model), request));
    const answer = readXml(wire.body.toString());
    if (wire.status >= 300) {
      const [error] = childrenOf(answer, 'Error');
      const say = (name: string) => (error === undefined ? '' : (childrenOf(error, name)[0]?.text ?? ''));
      throw new Refused([say('Code') || 'no code'], wire.status, say('Message'));
    }
    const [result] = childrenOf(answer, `${operation}Result`);
    const output = model.operations[operation]?.output;
    return { output: (result && output ? readValue(model, output, result) : {}) as Fields, wire };
  };
}

function readValue(model: ServiceModel, reference: Pick<Member, 'shape'>, element: Element): unknown {
  const shape = shapeAt(model, reference);
  const { text } = element;
  switch (shape?.type) {
    case 'structure':
      return Object.fromEntries(
        Object.entries(shape.members ?? {}).flatMap(([name, member]) =>
          childrenOf(element, member.locationName ?? name).map((child) => [name, readValue(model, member, child)]),
        ),
      );
    case 'list': {
      const { member } = shape;
      return childrenOf(element, 'member').map((child) =>
        member === undefined ? '' : readValue(model, member, child),
      );
    }
    case 'boolean':
      return text === 'true' || (text === 'false' ? false : text);
    case 'integer':
    case 'long':
      return Number(text);
    case 'timestamp':
      return new Date(text);
    default:
      return text;
  }
}
