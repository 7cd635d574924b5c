import { findings, type Issue } from './findings.ts';

/** One sentence that names every field of an input that is wrong and says what is expected of it. */
export const inputSentence = (issues: readonly Issue[]): string =>
  `The input was refused and nothing was changed. Correct ${findings(issues, 'the input')}.`;
