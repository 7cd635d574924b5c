import type { Kernel } from '../kernel/kernel.ts';
import { openApiDocument } from './openapi.ts';
import type { PathRequest } from './request-info.ts';
import { allVerbs, apiVersionOf, type Resource, resources } from './resources.ts';

export type PathReply = { readonly status: number; readonly contentType: string; readonly body: string };

/** Answers what names no resource: health, version and discovery. Undefined for a path that is not served. */
export function answerPath(
  { path, verb }: PathRequest,
  { kernel, version }: { readonly kernel: Kernel; readonly version: string },
): PathReply | undefined {
  if (verb !== 'get' && verb !== 'head') return undefined;
  if (isHealthPath(path)) return { status: 200, contentType: 'text/plain; charset=utf-8', body: 'ok' };
  const clean = path.length > 1 ? path.replace(/\/$/, '') : path;
  const document =
    clean === '/version' ? versionOf(version, kernel) : (discoveryDocument(clean) ?? openApiDocument(clean));
  if (document === undefined) return undefined;
  return { status: 200, contentType: 'application/json', body: JSON.stringify(document) };
}

/** The only paths that EKS answers without a token. */
export function isHealthPath(path: string): boolean {
  return path === '/healthz' || path === '/livez' || path === '/readyz';
}

function versionOf(version: string, { random }: Kernel) {
  const [major = '1', minor = ''] = version.split('.');
  const commit = random.hex(40, 'kubernetes commit', version);
  return {
    major,
    minor,
    gitVersion: `v${version}.3-eks-${commit.slice(0, 7)}`,
    gitCommit: commit,
    gitTreeState: 'clean',
    buildDate: '2026-04-02T09:11:47Z',
    goVersion: 'go1.25.7',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}

const groups = [...new Set(resources.map(({ group }) => group).filter((group) => group !== ''))];

function discoveryDocument(path: string): unknown {
  if (path === '/')
    return { paths: ['/api', '/api/v1', '/apis', ...groups.map((group) => `/apis/${group}`), '/version'] };
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupDocument) };
  const [, prefix, group = '', version, ...more] = path.split('/');
  if (more.length > 0) return undefined;
  if (prefix === 'api' && group === 'v1' && version === undefined) return resourceList('', 'v1');
  if (prefix !== 'apis' || !groups.includes(group)) return undefined;
  if (version === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(group) };
  return resourceList(group, version);
}

function groupDocument(name: string) {
  const { version } = resources.find(({ group }) => group === name) as Resource;
  const preferred = { groupVersion: `${name}/${version}`, version };
  return { name, versions: [preferred], preferredVersion: preferred };
}

function resourceList(group: string, version: string) {
  const found = resources.filter((resource) => resource.group === group && resource.version === version);
  if (found.length === 0) return undefined;
  const groupVersion = apiVersionOf({ group, version });
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: found.flatMap(rowsOf) };
}

function rowsOf({ plural, singular, namespaced, kind, shortNames, subresources, stored }: Resource) {
  const verbs = stored === false ? ['create'] : allVerbs;
  const row = {
    ...{ name: plural, singularName: singular, namespaced, kind, verbs },
    ...(shortNames === undefined ? {} : { shortNames }),
  };
  const subRows = subresources.map((sub) => ({
    ...{ name: `${plural}/${sub.name}`, singularName: '', namespaced, kind: sub.kind ?? kind, verbs: sub.verbs },
    ...(sub.group === undefined ? {} : { group: sub.group, version: sub.version }),
  }));
  return [row, ...subRows];
}
