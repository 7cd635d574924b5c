import { queryOf } from '../iam/sigv4.ts';
import type { WireRequest } from '../kernel/wire.ts';
import type { Model } from './model.ts';

type Query = readonly (readonly [string, string])[];

export type Route = {
  readonly operation: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Parameters beyond those that the route itself demands. */
  readonly query: Query;
};

/** The operation whose method, path and fixed query parameters a request has; the most demanding one if many fit. */
export function routeOf(model: Model, request: WireRequest): Route | undefined {
  const path = request.path.split('?')[0] ?? '/';
  const query = queryOf(request.path).filter(([name]) => !/^(x-amz-.*|x-id)$/i.test(name));
  for (const { operation, method, expression, names, fixed } of candidatesOf(model)) {
    if (method !== request.method || !fixed.every((pair) => query.some((given) => isSame(given, pair)))) continue;
    const match = expression.exec(path);
    if (match === null) continue;
    const labels = Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')]));
    return { operation, labels, query: query.filter((given) => !fixed.some((pair) => isSame(given, pair))) };
  }
  return undefined;
}

const isSame = ([name, value]: readonly [string, string], [otherName, otherValue]: readonly [string, string]) =>
  name === otherName && value === otherValue;

type Template = { readonly expression: RegExp; readonly names: readonly string[]; readonly fixed: Query };
type Candidate = Template & { readonly operation: string; readonly method: string };

const candidates = new WeakMap<Model, readonly Candidate[]>();

/** All operations of a model, the most demanding first. */
function candidatesOf(model: Model): readonly Candidate[] {
  const known = candidates.get(model);
  if (known !== undefined) return known;
  const found = Object.entries(model.operations)
    .map(([operation, { http }]) => ({ operation, method: http.method, ...templateOf(http.requestUri) }))
    .sort((a, b) => b.fixed.length - a.fixed.length);
  candidates.set(model, found);
  return found;
}

/** `/{Bucket}/{Key+}` as an expression; a trailing slash is taken where the path does not end in a greedy label. */
function templateOf(requestUri: string): Template {
  const [path = '/'] = requestUri.split('?');
  const names = [...path.matchAll(/\{([^}+]+)\+?\}/g)].map(([, name = '']) => name);
  const source = path
    .split(/(\{[^}]+\})/)
    .map((part) =>
      part.startsWith('{') ? (part.endsWith('+}') ? '(.+)' : '([^/]+)') : part.replace(/[.*+?^$()[\]\\|]/g, '\\$&'),
    );
  const end = path.endsWith('+}') || path === '/' ? '$' : '/?$';
  return { expression: new RegExp(`^${source.join('')}${end}`), names, fixed: queryOf(requestUri) };
}
