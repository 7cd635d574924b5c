import { isJsonObject, type Json, type JsonObject } from '../../simulator/states-language/json.ts';

const integration = /^arn:aws:states:::(?!vector:)/;

/** A definition whose Tasks are plain calls, so that an engine needs to know of no service and how it is waited for. */
export function withPlainTasks(definition: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(definition).map(([name, value]) => [name, name === 'Resource' ? plain(value) : inside(value)]),
  );
}

const plain = (resource: Json): Json =>
  typeof resource === 'string' ? resource.replace(integration, 'arn:aws:states:::vector:') : resource;

function inside(value: Json): Json {
  if (Array.isArray(value)) return value.map(inside);
  return isJsonObject(value) ? withPlainTasks(value) : value;
}
