import { ensurePackaged, type TemplateResource } from '../../../scripts/package.ts';

const { template, artifact } = await ensurePackaged();

/** The packaged stack, as it goes to CloudFormation. */
export const resources = template.Resources;
export { artifact, template };

export type Named = {
  readonly logicalId: string;
  readonly properties: Properties;
  readonly resource: TemplateResource;
};
type Properties = Readonly<Record<string, unknown>>;

/** All resources of one CloudFormation type. */
export const ofType = (type: string): Named[] =>
  Object.entries(resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([logicalId, resource]) => ({ logicalId, resource, properties: resource.Properties ?? {} }));

/** One resource that must exist. */
export function byId(logicalId: string): Named {
  const resource = resources[logicalId];
  if (resource === undefined) throw new Error(`The template has no resource ${logicalId}`);
  return { logicalId, resource, properties: resource.Properties ?? {} };
}

/**
 * A value with its intrinsic functions written out: `${Queue.Arn}` for an attribute, `${Queue}` for a reference, the
 * text of `Fn::Sub` as it stands.
 */
export function written(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== 'object' || value === null) return value;
  if ('Ref' in value) return `\${${value.Ref}}`;
  if ('Fn::GetAtt' in value) return `\${${(value['Fn::GetAtt'] as string[]).join('.')}}`;
  if ('Fn::Sub' in value && typeof value['Fn::Sub'] === 'string') return value['Fn::Sub'];
  if ('Fn::Join' in value) {
    const [separator, parts] = value['Fn::Join'] as [string, unknown[]];
    return parts.map(written).join(separator);
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, written(member)]));
}

export type Statement = {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly Principal?: unknown;
};

/** The statements of a policy document, with lists where IAM also allows one value. */
export function statementsOf(document: unknown): Statement[] {
  const { Statement } = written(document) as { Statement: Record<string, unknown>[] };
  return Statement.map(
    (statement) =>
      ({
        ...statement,
        Action: [statement.Action].flat(),
        Resource: [statement.Resource ?? []].flat(),
      }) as unknown as Statement,
  );
}

/** What each role may do: all statements of its policies. */
export const rights: ReadonlyMap<string, readonly Statement[]> = new Map(
  ofType('AWS::IAM::Role').map(({ logicalId, properties }) => [
    logicalId,
    ((properties.Policies ?? []) as { PolicyDocument: unknown }[]).flatMap(({ PolicyDocument }) =>
      statementsOf(PolicyDocument),
    ),
  ]),
);

export type StackFunction = {
  readonly logicalId: string;
  /** The name of its file: `start-run`. */
  readonly step: string;
  readonly role: string;
  readonly properties: Properties;
  readonly timeoutSeconds: number;
  readonly variables: Readonly<Record<string, unknown>>;
};

/** The functions of the stack. */
export const functions: readonly StackFunction[] = ofType('AWS::Lambda::Function').map(({ logicalId, properties }) => ({
  logicalId,
  properties,
  step: String(properties.Handler).replace('functions/handlers/', '').replace('.handler', ''),
  role: (properties.Role as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0],
  timeoutSeconds: Number(properties.Timeout),
  variables: (properties.Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables ?? {},
}));

/** The files in a function's zip. */
export const zipOf = ({ properties }: StackFunction): Buffer => artifact((properties.Code as { S3Key: string }).S3Key);
