/** Whether a text fits a pattern of a model, which must fit as a whole; a few are no valid Unicode patterns here. */
export const fits = (pattern: string, value: string): boolean => expressionOf(pattern).test(value);

function expressionOf(source: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, 'u');
  } catch {
    return new RegExp(`^(?:${source})$`);
  }
}
