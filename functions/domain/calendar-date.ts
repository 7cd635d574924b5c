/**
 * Midnight in UTC at the beginning of a date such as `2026-12-24`; undefined when the text is none, or names a day that
 * no calendar has.
 */
export function midnightOf(text: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const midnight = new Date(`${text}T00:00:00Z`);
  return Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(text) ? undefined : midnight;
}
