/** A template that CloudFormation, or this account, cannot deploy. The message names the place in the template. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(place: string, problem: string, options?: ErrorOptions) {
    super(`${place}: ${problem}`, options);
  }
}
