import type { WireRequest } from '../kernel/wire.ts';
import { type Member, type Model, membersOf, type Shape, shapeOf } from './model.ts';
import type { Problem } from './problems.ts';
import type { Route } from './rest-routes.ts';
import { readScalar } from './scalars.ts';

/** Headers of requests that belong to signing, transport and tracing, not to an operation. */
const carrierHeaders = new Set([
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-decoded-content-length',
  'x-amz-security-token',
  'x-amz-trailer',
  'x-amz-user-agent',
]);

/** Reads the members of a REST request that stand in its path, query string and headers. */
export function readRestMembers(model: Model, shape: Shape, route: Route, request: WireRequest, problems: Problem[]) {
  const input: Record<string, unknown> = {};
  for (const [name, member] of membersOf(shape)) {
    const value = readMember(model, name, member, route, request, problems);
    if (value !== undefined) input[name] = value;
  }
  for (const written of unknownParameters(model, shape, route, request)) {
    problems.push({ kind: 'unknown', path: [written], written });
  }
  return input;
}

function readMember(
  model: Model,
  name: string,
  member: Member,
  route: Route,
  { headers }: WireRequest,
  problems: Problem[],
): unknown {
  const shape = shapeOf(model, member);
  const wireName = member.locationName ?? name;
  const one = (text: string | undefined) => (text === undefined ? undefined : readText(shape, text, name, problems));
  switch (member.location) {
    case 'uri':
      return one(route.labels[wireName]);
    case 'header':
      return shape.type === 'list' ? listHeader(headers[wireName.toLowerCase()]) : one(headers[wireName.toLowerCase()]);
    case 'headers':
      return prefixedHeaders(headers, wireName.toLowerCase());
    case 'querystring':
      return shape.type === 'list'
        ? listOrNothing(route.query.filter(([key]) => key === wireName).map(([, value]) => value))
        : one(route.query.find(([key]) => key === wireName)?.[1]);
    default:
      return undefined;
  }
}

function readText(shape: Shape, text: string, name: string, problems: Problem[]): unknown {
  const value = readScalar(shape, text);
  if (value === undefined) problems.push({ kind: 'type', path: [name], expected: shape.type, value: text });
  return value;
}

const listOrNothing = (values: readonly string[]) => (values.length === 0 ? undefined : values);

/** A list in a header: parts between commas, in quotes where a part has a comma or a quote of its own. */
const listHeader = (text: string | undefined) =>
  text
    ?.match(/\s*("(?:[^"\\]|\\.)*"|[^,]+)/g)
    ?.map((part) => part.trim())
    .map((part) => (part.startsWith('"') ? part.slice(1, -1).replace(/\\(.)/g, '$1') : part));

function prefixedHeaders(headers: WireRequest['headers'], prefix: string): Record<string, string> | undefined {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** Query parameters and `x-amz-` headers that no member of the operation stands for: a feature that is not there. */
function unknownParameters(model: Model, shape: Shape, route: Route, { headers }: WireRequest): string[] {
  const located = membersOf(shape);
  const names = (location: Member['location']) =>
    located
      .filter(([, member]) => member.location === location)
      .map(([name, { locationName }]) => (locationName ?? name).toLowerCase());
  const [inQuery, inHeaders, prefixes] = [names('querystring'), names('header'), names('headers')];
  const isS3 = model.metadata.endpointPrefix === 's3';
  const isKnownHeader = (name: string) =>
    carrierHeaders.has(name) ||
    inHeaders.includes(name) ||
    prefixes.some((prefix) => name.startsWith(prefix)) ||
    (isS3 && name.startsWith('x-amz-checksum-'));
  return [
    ...route.query.map(([name]) => name).filter((name) => !inQuery.includes(name.toLowerCase())),
    ...Object.keys(headers).filter((name) => name.startsWith('x-amz-') && !isKnownHeader(name)),
  ];
}
