import type { RawRequest } from './check.ts';

/** A request of the query protocols. */
export const formRequest = (body: string): RawRequest => ({
  method: 'POST',
  path: '/',
  headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
  body,
});

/** A request of the JSON protocols. @param target Such as `AmazonSSM.GetParameters`. */
export const jsonRequest = (version: '1.0' | '1.1', target: string, body: object): RawRequest => ({
  method: 'POST',
  path: '/',
  headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target },
  body: JSON.stringify(body),
});
