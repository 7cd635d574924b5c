import * as v from 'valibot';
import type { RunBucket } from '../../functions/adapters/run-bucket.ts';
import { StateFileChanged } from '../../functions/domain/errors.ts';
import { now } from './builders.ts';

/** A bucket in memory that refuses conditional writes as S3 does. It passes the contract tests of the real one. */
export class FakeRunBucket implements RunBucket {
  readonly files = new Map<string, { text: string; etag: string; writtenAt: Date }>();
  now = () => now;
  /** Keys in the order in which they were written. */
  readonly writes: string[] = [];

  /** Puts a file there as if an earlier step had written it. */
  seed(key: string, content: unknown): this {
    this.#put(key, content);
    this.writes.pop();
    return this;
  }

  /** What a file holds now. */
  content(key: string): unknown {
    const file = this.files.get(key);
    return file === undefined ? undefined : JSON.parse(file.text);
  }

  async read<Schema extends v.GenericSchema>(key: string, schema: Schema) {
    const file = this.files.get(key);
    return file && { content: v.parse(schema, JSON.parse(file.text)), etag: file.etag };
  }

  async list(prefix: string, since = new Date(0)): Promise<string[]> {
    const found = [...this.files].filter(([key, { writtenAt }]) => key.startsWith(prefix) && writtenAt >= since);
    return found.map(([key]) => key).sort();
  }

  async write(key: string, content: unknown): Promise<void> {
    this.#put(key, content);
  }

  async replace(key: string, content: unknown, etag: string | undefined): Promise<string> {
    if (this.files.get(key)?.etag !== etag) throw new StateFileChanged(`${key} was written by another execution`);
    return this.#put(key, content);
  }

  #put(key: string, content: unknown): string {
    this.writes.push(key);
    const etag = `"${this.writes.length}-${this.files.size}"`;
    this.files.set(key, { text: JSON.stringify(content), etag, writtenAt: this.now() });
    return etag;
  }
}
