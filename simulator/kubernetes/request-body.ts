import type { WireRequest } from '../kernel/wire.ts';
import { unsupportedMediaType } from './patching.ts';
import { ApiError, badRequest } from './status.ts';

/** Bodies of objects: JSON only. The real server also takes YAML and protobuf, which are refused here. */
const objectTypes = ['application/json'];

/** @throws {ApiError} 400 for broken JSON, 406 when the client takes no JSON, 415 for a body in another format. */
export function readRequestBody({ headers, body }: WireRequest, verb: string): { body: unknown; contentType: string } {
  if (!acceptsJson(headers.accept)) throw notAcceptable();
  const contentType = (headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? '';
  if (body.length === 0) return { body: undefined, contentType };
  if (verb !== 'patch' && !objectTypes.includes(contentType)) throw unsupportedMediaType(objectTypes);
  if (contentType.endsWith('+yaml')) return { body: undefined, contentType };
  try {
    return { body: JSON.parse(body.toString('utf8')) as unknown, contentType };
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

/** A list of media types of which one is plain JSON: `;as=Table` and the like are other formats. */
function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined || accept === '') return true;
  return accept.split(',').some((part) => {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const isJson = type === 'application/json' || type === 'application/*' || type === '*/*';
    return isJson && !parameters.some((parameter) => parameter.startsWith('as='));
  });
}

function notAcceptable(): ApiError {
  const message = 'only the following media types are accepted: application/json';
  return new ApiError(406, 'NotAcceptable', message);
}
