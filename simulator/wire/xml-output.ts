import { type Member, type Model, membersOf, type Shape, shapeOf } from './model.ts';
import { isScalar, OutputMismatch, writeScalar } from './scalars.ts';

type Fields = Readonly<Record<string, unknown>>;
type Slot = { readonly member: Member; readonly name: string; readonly path: string };

/**
 * Writes outputs as XML elements, for the protocols that answer in XML.
 *
 * @param listItem Name of list items whose model gives none: `member` for query, `item` for EC2.
 */
export function createXmlWriter(model: Model, listItem: string) {
  const members = (shape: Shape, value: Fields, path: string): string => {
    checkMembers(shape, value, path);
    let body = '';
    for (const [name, member] of membersOf(shape)) {
      if (value[name] === undefined || member.location !== undefined) continue;
      body += write({ member, name: member.locationName ?? name, path: `${path}.${name}` }, value[name]);
    }
    return body;
  };

  const write = (slot: Slot, value: unknown): string => {
    const shape = shapeOf(model, slot.member);
    if (isScalar(shape)) return element(slot.name, escapeXml(writeScalar(shape, value, slot.path, 'iso8601')));
    if (shape.type === 'list') return writeList(shape, slot, asList(value, slot.path));
    const fields = asFields(value, slot.path);
    return element(
      slot.name,
      shape.type === 'map' ? writeEntries(shape, slot, fields) : members(shape, fields, slot.path),
    );
  };

  const writeList = (shape: Shape, { member, name, path }: Slot, items: readonly unknown[]): string => {
    const item = shape.member ?? { shape: '' };
    const isFlat = shape.flattened || member.flattened;
    const itemName = isFlat ? name : (item.locationName ?? listItem);
    const body = items.map((value, index) => write({ member: item, name: itemName, path: `${path}[${index}]` }, value));
    return isFlat ? body.join('') : element(name, body.join(''));
  };

  const writeEntries = (shape: Shape, { path }: Slot, entries: Fields): string => {
    const [key, value] = [shape.key ?? { shape: '' }, shape.value ?? { shape: '' }];
    return Object.entries(entries)
      .map(([name, item]) => {
        const slot = { member: value, name: value.locationName ?? 'value', path: `${path}.${name}` };
        return element('entry', element(key.locationName ?? 'key', escapeXml(name)) + write(slot, item));
      })
      .join('');
  };

  return { members };
}

/** Refuses members that the model does not know, so that no service can invent a field. */
export function checkMembers(shape: Shape, value: Fields, path: string): void {
  const unknown = Object.keys(value).filter((name) => value[name] !== undefined && shape.members?.[name] === undefined);
  if (unknown.length > 0) throw new OutputMismatch(`${path} has members that the model lacks: ${unknown.join(', ')}.`);
}

export function asList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new OutputMismatch(`${path} must be a list, not ${JSON.stringify(value)}.`);
  return value;
}

export function asFields(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) {
    throw new OutputMismatch(`${path} must be an object, not ${JSON.stringify(value)}.`);
  }
  return value as Fields;
}

export const element = (name: string, content: string, attributes = ''): string =>
  `<${name}${attributes}>${content}</${name}>`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

export const escapeXml = (text: string): string =>
  /[&<>"\r]/.test(text) ? text.replace(/[&<>"\r]/g, (char) => entities[char] ?? char) : text;
