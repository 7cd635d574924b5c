import type { WireRequest } from '../kernel/wire.ts';

/** Hosts that carry the bucket in front: S3's own, and names under `localhost`. */
const virtualHost = /^(.+)\.(?:s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com|localhost)(?::\d+)?$/;

/** The request with its bucket in the path, where a client put it in front of the host. */
export function withBucketInPath(request: WireRequest): WireRequest {
  const bucket = virtualHost.exec(request.headers.host ?? '')?.[1];
  if (bucket === undefined || /^s3(?:[.-]|$)/.test(bucket)) return request;
  return { ...request, path: `/${bucket}${request.path}` };
}
