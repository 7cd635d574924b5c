import { applyJsonPatch, isJsonPatch, JsonPatchFailed } from './json-patch.ts';
import { typeOfKind } from './kind-schema.ts';
import { applyMergePatch, isJsonObject, type JsonObject } from './merge-patch.ts';
import type { KubernetesObject } from './objects.ts';
import { ApiError, badRequest } from './status.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

/** The routes of a real API server refuse an unknown patch format before anything reads it, so nothing names the formats. */
function unknownPatchType(contentType: string): ApiError {
  const isApply = contentType.startsWith('application/apply-patch+');
  const message = isApply
    ? 'server-side apply is not simulated; accepted are JSON, merge and strategic merge patches'
    : '415: Unsupported Media Type';
  return new ApiError(415, 'UnsupportedMediaType', message, {});
}

const patchTypes = ['json-patch', 'merge-patch', 'strategic-merge-patch'].map((name) => `application/${name}+json`);

/** Comes before the object is looked for, as it does in a real API server. @throws {ApiError} 415 for another format. */
export function demandPatchType(contentType: string): void {
  if (!patchTypes.includes(contentType)) throw unknownPatchType(contentType);
}

/** @throws {ApiError} 400 for a malformed patch, 415 for another format, 422 for one that cannot be applied. */
export function applyPatch(object: KubernetesObject, patch: unknown, contentType: string): JsonObject {
  demandPatchType(contentType);
  const patched = patchedBy(object, patch, contentType);
  if (!isJsonObject(patched)) throw badRequest('the patched document is not an object');
  return patched;
}

function patchedBy(object: KubernetesObject, patch: unknown, contentType: string): unknown {
  if (contentType === 'application/json-patch+json') {
    if (!isJsonPatch(patch))
      throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type jsonpatch.Patch');
    return jsonPatched(object, patch);
  }
  if (!isJsonObject(patch))
    throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}');
  return contentType === 'application/merge-patch+json'
    ? applyMergePatch(object, patch)
    : applyStrategicMergePatch(object, patch, typeOfKind(object.apiVersion, object.kind) ?? '');
}

function jsonPatched(object: KubernetesObject, patch: Parameters<typeof applyJsonPatch>[1]): unknown {
  try {
    return applyJsonPatch(object, patch);
  } catch (error) {
    if (!(error instanceof JsonPatchFailed)) throw error;
    throw new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
  }
}
