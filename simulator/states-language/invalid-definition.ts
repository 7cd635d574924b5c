/** One thing that is wrong in a definition, in the words of the service's own validation. */
export type Problem = { readonly code: string; readonly message: string; readonly at: string };

/** A machine that Step Functions, or this engine, does not accept. */
export class InvalidDefinition extends Error {
  override readonly name = 'InvalidDefinition';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const list = problems.map(({ code, message, at }) => `${code}: ${message} at ${at}`).join(', ');
    super(`Invalid State Machine Definition: '${list}'`);
    this.problems = problems;
  }
}

export type QueryLanguage = 'JSONata' | 'JSONPath';

/** Where in a definition the parser is, and what it has found wrong so far. */
export type Place = {
  readonly at: string;
  readonly language: QueryLanguage;
  readonly into: (name: string | number, language?: QueryLanguage) => Place;
  readonly refuse: (message: string, code?: string) => undefined;
};

/** @param problems Grows while the definition is read. */
export function createPlace(problems: Problem[], at = '', language: QueryLanguage = 'JSONPath'): Place {
  return {
    at: at === '' ? '/' : at,
    language,
    into: (name, inner = language) => createPlace(problems, `${at}/${name}`, inner),
    refuse(message, code = 'SCHEMA_VALIDATION_FAILED') {
      problems.push({ code, message, at: at === '' ? '/' : at });
      return undefined;
    },
  };
}
