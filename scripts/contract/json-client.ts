import type { Endpoint } from './endpoint.ts';
import { type Fields, isFields } from './fields.ts';
import { type ServiceModel, shapeAt, signingNameOf } from './model.ts';
import { Refused, type ServiceClient } from './service-client.ts';
import { signRequest } from './signing.ts';

/**
 * A client for services in AWS's JSON protocols, whose inputs and answers are JSON with the model's own names. Dates
 * are seconds since the epoch there.
 */
export function createJsonClient(model: ServiceModel, endpoint: Endpoint): ServiceClient {
  const { targetPrefix, jsonVersion = '1.1' } = model.metadata;
  return async (operation, input) => {
    const headers = {
      'content-type': `application/x-amz-json-${jsonVersion}`,
      'x-amz-target': `${targetPrefix}.${operation}`,
    };
    const request = { method: 'POST', path: '/', headers, body: JSON.stringify(toWire(input)) };
    const wire = await endpoint.transport(await signRequest(endpoint, signingNameOf(model), request));
    const answer = parse(wire.body.toString());
    if (wire.status >= 300) {
      const code = codeOf(answer, wire.headers['x-amzn-errortype']);
      throw new Refused([code], wire.status, String(answer.message ?? answer.Message ?? ''));
    }
    return { output: withDates(model, model.operations[operation]?.output, answer) as Fields, wire };
  };
}

/** Dates as seconds since the epoch, all else as it is. */
function toWire(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(toWire);
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toWire(member)]));
}

/** `aws.service#Code:uri` is `Code`. */
export const codeOf = (answer: Fields, header: string | undefined): string =>
  String(header ?? answer.__type ?? answer.code ?? 'no code')
    .split('#')
    .at(-1)
    ?.split(':')[0] ?? '';

function parse(text: string): Fields {
  try {
    const parsed: unknown = text === '' ? {} : JSON.parse(text);
    return isFields(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function withDates(model: ServiceModel, reference: { readonly shape: string } | undefined, value: unknown): unknown {
  const shape = shapeAt(model, reference);
  if (shape?.type === 'timestamp') return typeof value === 'number' ? new Date(value * 1000) : value;
  if (Array.isArray(value)) return value.map((item) => withDates(model, shape?.member, item));
  if (!isFields(value)) return value;
  const members = Object.entries(value).map(([name, member]) => [
    name,
    withDates(model, shape?.members?.[name] ?? shape?.value, member),
  ]);
  return Object.fromEntries(members);
}
