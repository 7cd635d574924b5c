/** A piece of the text of `Fn::Sub`: literal, or the name between `${` and `}`. */
export type SubPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'name'; readonly name: string };

/** `${!Name}` stays as `${Name}`. */
export function parseSub(text: string): readonly SubPiece[] {
  const pieces: SubPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(/\$\{(!?)([^}]*)\}/g)) {
    pieces.push({ kind: 'text', text: text.slice(end, match.index) });
    const [whole, literal, name = ''] = match;
    pieces.push(literal ? { kind: 'text', text: `\${${name}}` } : { kind: 'name', name: name.trim() });
    end = match.index + whole.length;
  }
  pieces.push({ kind: 'text', text: text.slice(end) });
  return pieces.filter((piece) => piece.kind === 'name' || piece.text !== '');
}

/** The two forms of `Fn::Sub`; undefined when it is neither. */
export function subParts(
  argument: unknown,
): { readonly text: string; readonly variables: Readonly<Record<string, unknown>> } | undefined {
  if (typeof argument === 'string') return { text: argument, variables: {} };
  if (!Array.isArray(argument) || argument.length !== 2) return undefined;
  const [text, variables] = argument;
  const isMap = typeof variables === 'object' && variables !== null && !Array.isArray(variables);
  return typeof text === 'string' && isMap ? { text, variables: variables as Record<string, unknown> } : undefined;
}

/** `["Logical", "Attribute.Path"]` or `"Logical.Attribute.Path"`; undefined when it is neither. */
export function getAttParts(
  argument: unknown,
): { readonly logicalId: string; readonly attribute: unknown } | undefined {
  if (typeof argument === 'string') {
    const dot = argument.indexOf('.');
    return dot < 1 ? undefined : { logicalId: argument.slice(0, dot), attribute: argument.slice(dot + 1) };
  }
  if (!Array.isArray(argument) || argument.length !== 2 || typeof argument[0] !== 'string') return undefined;
  return { logicalId: argument[0], attribute: argument[1] };
}
