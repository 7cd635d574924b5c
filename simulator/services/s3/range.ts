import { ServiceError } from '../../kernel/service.ts';

export type ByteRange = { readonly start: number; readonly end: number };

/** One range of bytes, `end` included; undefined for a header that S3 ignores. @throws {ServiceError} `InvalidRange` 416 */
export function parseRange(header: string, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size || (first !== '' && last !== '' && Number(last) < start)) {
    throw new ServiceError('InvalidRange', 'The requested range is not satisfiable', { status: 416 });
  }
  return { start, end };
}
