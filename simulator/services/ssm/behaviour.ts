/** What Parameter Store does where no source settles it. Each switch says how it is set until somebody has looked. */
export type SsmBehaviour = {
  /**
   * Milliseconds from PutParameter to the end of the validation of an `aws:ec2:image` value. "Up to a few minutes" is all
   * that the user guide says (Troubleshooting Parameter Store).
   */
  readonly imageValidatedAfter: number;
  /** The code of the refusal of a value while the one before it is still validated. The user guide has no code for it. */
  readonly validationInProcess: 'TooManyUpdates' | 'ValidationException';
};

export const defaultSsmBehaviour: SsmBehaviour = { imageValidatedAfter: 20_000, validationInProcess: 'TooManyUpdates' };
