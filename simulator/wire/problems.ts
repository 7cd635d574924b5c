/**
 * One thing that is wrong with a request. `path` leads to the member: names of the model, list positions from 1.
 * `unknown` has the parameter as it was written.
 */
export type Problem =
  | { readonly kind: 'unknown'; readonly path: Path; readonly written: string }
  | { readonly kind: 'type'; readonly path: Path; readonly expected: string; readonly value: string }
  | { readonly kind: 'missing'; readonly path: Path }
  | { readonly kind: 'constraint'; readonly path: Path; readonly value: string; readonly constraint: string };

export type Path = readonly (string | number)[];

/** A request as the service understands it, with what is wrong with it. */
export type Decoded = { readonly input: Readonly<Record<string, unknown>>; readonly problems: readonly Problem[] };
