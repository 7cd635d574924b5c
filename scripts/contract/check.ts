import { isDeepStrictEqual } from 'node:util';
import { type Fields, read } from './fields.ts';

/** What a check says of an endpoint when the contract does not hold there. */
export class Deviation extends Error {
  override readonly name = 'Deviation';
  readonly expected: string;
  readonly found: string;

  constructor(expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
    this.expected = expected;
    this.found = found;
  }
}

/** A request that no SDK would write: without a signature, with an unknown operation, with a broken body. */
export type RawRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** What is wrong with the signature of a raw request; nothing when missing. */
export type Signing = 'none' | 'unknown-key' | 'wrong-signature' | 'an-hour-old' | 'other-service';

export type RawAnswer = { readonly status: number; readonly code: string; readonly body: string };

/** An endpoint as one check sees it. */
export type Place = {
  /** Calls an operation; its answer has already been held against the model. @throws {Deviation} */
  readonly ask: (operation: string, input?: Fields) => Promise<Fields>;
  /** The call must be refused with one of the codes, in the SDK's or the wire's spelling. @throws {Deviation} */
  readonly refuse: (operation: string, input: Fields, codes: readonly string[]) => Promise<void>;
  readonly raw: (request: RawRequest, signing?: Signing) => Promise<RawAnswer>;
  /** The value of `--with <need>=…`; only what the check names in `needs`. */
  readonly given: (need: string) => string;
  /** A name that nothing else has, for what a check makes. */
  readonly uniqueName: string;
  /** Milliseconds since the epoch, by the endpoint's clock. */
  readonly now: () => number;
  readonly region: string;
  /** Is done when the check is over, the last one first, however it ended. */
  readonly undo: (act: () => Promise<unknown>) => void;
  /** Asks every ten seconds until it is so. @throws {Deviation} After so many seconds. */
  readonly until: (what: string, isSo: () => Promise<boolean>, seconds: number) => Promise<void>;
};

/** One statement about a service that an endpoint can break. */
export type Check = {
  /** A fact that a reviewer can deny. */
  readonly name: string;
  /** Where it is written: the service's model, an API reference page, a guide. */
  readonly source: string;
  /** It makes, changes or ends something, and puts it back. */
  readonly changes?: true;
  /** Keys of `--with` without which it cannot be tried. */
  readonly needs?: readonly string[];
  readonly run: (place: Place) => Promise<void>;
};

/** What a service owes its callers. */
export type Suite = {
  /** The name of its model. */
  readonly service: string;
  /** One signed request that changes nothing, for what every service does alike. */
  readonly probe: RawRequest;
  /** Codes with which it answers input that its model forbids. */
  readonly invalidCodes: readonly string[];
  /** Input members that need a value of a certain form, by the name of their shape or member. */
  readonly samples?: Fields;
  /** Statements of the model that the service is known not to keep, as `Operation.Member` or `Shape`. */
  readonly lenient?: readonly string[];
  readonly checks: readonly Check[];
};

/** @throws {Deviation} */
export function holds(isSo: boolean, expected: string, found: unknown): void {
  if (!isSo) throw new Deviation(expected, show(found));
}

/** Compares one member of an answer. @param path Such as `Reservations.0.Instances`. @throws {Deviation} */
export function same(answer: Fields, path: string, expected: unknown): void {
  const found = read(answer, path);
  if (!isDeepStrictEqual(found, expected)) throw new Deviation(`${path} ${show(expected)}`, show(found));
}

/** A short text of any value. */
export function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
