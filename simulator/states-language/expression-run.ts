/** Draws for `$random` and `$uuid`: `purpose` tells the calls of one expression apart. */
export type Draws = {
  readonly fraction: (purpose: number) => number;
  readonly uuid: (purpose: number) => string;
};

/** What one evaluation of one expression keeps for the functions that it calls. */
export type ExpressionRun = { readonly now: number; readonly draws: Draws; steps: number; drawn: number };

/** It is bound to a name that cannot be written as a variable, so no expression reaches it. */
export const RUN = ' run';
