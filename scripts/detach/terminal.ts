/** Where lines go: what was asked for, and what went wrong. */
export type Terminal = { readonly print: (line: string) => void; readonly complain: (line: string) => void };
