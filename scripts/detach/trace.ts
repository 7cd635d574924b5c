/** Something of reglaze's that is still there. */
export type Trace = {
  /** Where, such as `shop/web`. */
  readonly place: string;
  /** What, in words; several when they go together. */
  readonly lines: readonly string[];
  /** Takes it away, safe twice; answers a sentence when there is more to say than that it is gone. */
  readonly remove: () => Promise<string | undefined>;
};

/** What was looked for, and found. */
export type Findings = {
  /** In the order in which they are taken away. */
  readonly traces: readonly Trace[];
  /** What could not be looked at, in sentences. */
  readonly unseen: readonly string[];
};

/** The traces as a list for people, place by place. */
export function describeFindings({ traces, unseen }: Findings): string[] {
  const places = [...new Set(traces.map(({ place }) => place))].toSorted();
  const lines = places.flatMap((place) => [
    `  ${place}`,
    ...traces.filter((trace) => trace.place === place).flatMap((trace) => trace.lines.map((line) => `    ${line}`)),
  ]);
  return [...lines, ...unseen.map((sentence) => `  Not looked at: ${sentence}`)];
}
