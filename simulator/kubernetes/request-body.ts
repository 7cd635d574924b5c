import { parse } from 'yaml';
import type { WireRequest } from '../kernel/wire.ts';
import { unsupportedMediaType } from './patching.ts';
import { decodeProtobuf } from './protobuf.ts';
import { badRequest } from './status.ts';

/** Formats of objects, as the API server takes them for the kinds that are built in. CBOR is off by default there. */
const decoders: Readonly<Record<string, (body: Buffer) => unknown>> = {
  'application/json': readJson,
  'application/yaml': readYaml,
  'application/vnd.kubernetes.protobuf': decodeProtobuf,
};

/**
 * The object in the body of a request; for a patch the patch, which is always JSON.
 *
 * @throws {ApiError} 400 for a body that cannot be read, 415 for one in another format.
 */
export function readRequestBody({ headers, body }: WireRequest, verb: string): { body: unknown; contentType: string } {
  const contentType = (headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? '';
  if (body.length === 0) return { body: undefined, contentType };
  // Server-side apply comes as YAML; whoever applies the patch refuses its content type.
  if (verb === 'patch') return { body: contentType.endsWith('+json') ? readJson(body) : undefined, contentType };
  const decode = Object.hasOwn(decoders, contentType) ? decoders[contentType] : undefined;
  if (decode === undefined) throw unsupportedMediaType(Object.keys(decoders));
  return { body: decode(body), contentType };
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

function readYaml(body: Buffer): unknown {
  try {
    return parse(body.toString('utf8')) as unknown;
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${(error as Error).message}`);
  }
}
