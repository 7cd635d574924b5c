declare module 'asl-validator' {
  /** Checks a definition against the States Language; fills in each state's query language on the way. */
  function validate(definition: object): {
    readonly isValid: boolean;
    readonly errorsText: (separator?: string) => string;
  };
  export = validate;
}
