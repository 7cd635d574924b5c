import { queryOf } from '../iam/sigv4.ts';
import type { WireRequest } from '../kernel/wire.ts';
import type { Model, ModelOperation } from './model.ts';

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
  const fits = Object.entries(model.operations)
    .filter(([, { http }]) => http.method === request.method)
    .flatMap(([operation, { http }]) => {
      const { expression, names, fixed } = templateOf(http.requestUri);
      const match = expression.exec(path);
      if (match === null || !fixed.every((pair) => query.some((given) => isSame(given, pair)))) return [];
      const labels = Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')]));
      const rest = query.filter((given) => !fixed.some((pair) => isSame(given, pair)));
      return [{ route: { operation, labels, query: rest }, demands: fixed.length }];
    });
  return fits.toSorted((a, b) => b.demands - a.demands)[0]?.route;
}

const isSame = ([name, value]: readonly [string, string], [otherName, otherValue]: readonly [string, string]) =>
  name === otherName && value === otherValue;

type Template = { readonly expression: RegExp; readonly names: readonly string[]; readonly fixed: Query };

const templates = new Map<ModelOperation['http']['requestUri'], Template>();

/** `/{Bucket}/{Key+}` as an expression; a trailing slash is taken where the path does not end in a greedy label. */
function templateOf(requestUri: string): Template {
  const known = templates.get(requestUri);
  if (known !== undefined) return known;
  const [path = '/'] = requestUri.split('?');
  const names = [...path.matchAll(/\{([^}+]+)\+?\}/g)].map(([, name = '']) => name);
  const source = path
    .split(/(\{[^}]+\})/)
    .map((part) =>
      part.startsWith('{') ? (part.endsWith('+}') ? '(.+)' : '([^/]+)') : part.replace(/[.*+?^$()[\]\\|]/g, '\\$&'),
    );
  const end = path.endsWith('+}') || path === '/' ? '$' : '/?$';
  const template = { expression: new RegExp(`^${source.join('')}${end}`), names, fixed: queryOf(requestUri) };
  templates.set(requestUri, template);
  return template;
}
