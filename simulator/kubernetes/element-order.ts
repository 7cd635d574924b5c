/**
 * The elements of a merged list in the order that `$setElementOrder` of the patch gives. Elements that only the server
 * has keep their place among those that were there before.
 *
 * @param wanted Keys in the order of the patch.
 * @param before Keys in the order that the list had on the server.
 */
export function elementsInOrder(
  elements: readonly unknown[],
  wanted: readonly unknown[],
  before: readonly unknown[],
  keyOf: (element: unknown) => unknown,
): unknown[] {
  const named = elements
    .filter((element) => wanted.includes(keyOf(element)))
    .toSorted((a, b) => wanted.indexOf(keyOf(a)) - wanted.indexOf(keyOf(b)));
  const others = elements.filter((element) => !wanted.includes(keyOf(element)));
  const result: unknown[] = [];
  for (const element of named) {
    const place = before.indexOf(keyOf(element));
    while (others.length > 0 && place !== -1 && before.indexOf(keyOf(others[0])) < place) result.push(others.shift());
    result.push(element);
  }
  return [...result, ...others];
}
