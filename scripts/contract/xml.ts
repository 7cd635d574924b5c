/** An element of an answer: AWS's answers have no attributes that matter, and text or children but never both. */
export type Element = { readonly name: string; readonly text: string; readonly children: readonly Element[] };

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The root element of a text; an empty one where there is none. */
export function readXml(source: string): Element {
  const root: { name: string; text: string; children: Element[] } = { name: '', text: '', children: [] };
  const open = [root];
  for (const [, closing, name = '', empty, text = ''] of source.matchAll(/<(\/?)([\w:.-]+)[^<>]*?(\/?)>([^<]*)/g)) {
    if (closing === '/') {
      if (open.length > 1) open.pop();
      continue;
    }
    const element = { name, text: withoutEntities(text), children: [] };
    open.at(-1)?.children.push(element);
    if (empty !== '/') open.push(element);
  }
  return root.children[0] ?? root;
}

export const childrenOf = (element: Element, name: string): readonly Element[] =>
  element.children.filter((child) => child.name === name);

const withoutEntities = (text: string): string =>
  text.replace(/&(#x?[0-9a-f]+|\w+);/gi, (whole, entity: string) => {
    if (!entity.startsWith('#')) return entities[entity] ?? whole;
    const isHex = entity[1]?.toLowerCase() === 'x';
    return String.fromCodePoint(Number.parseInt(entity.slice(isHex ? 2 : 1), isHex ? 16 : 10));
  });
