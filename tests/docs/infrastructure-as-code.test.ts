import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { NodeGroupKind } from '../../functions/domain/node-group.ts';
import { onlyRing, parameterName } from '../../functions/domain/publication.ts';
import { parseTags } from '../../functions/domain/tags.ts';
import { readPage, section } from './support/page.ts';

const page = readPage(join('docs', 'infrastructure-as-code.md'));
const blocksOf = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code);

type Tags = Record<string, string>;
type Tagged = { readonly place: string; readonly kind: NodeGroupKind; readonly tags: Tags };

/** What stands between the braces after `head`, braces inside included. Throws when there is no such block. */
function blockAfter(code: string, head: RegExp): string {
  const found = head.exec(code);
  if (found === null) throw new Error(`There is no ${head} on the page.`);
  const start = found.index + found[0].length;
  for (let [at, depth] = [start, 1]; at < code.length; at += 1) {
    depth += { '{': 1, '}': -1 }[code[at] ?? ''] ?? 0;
    if (depth === 0) return code.slice(start, at);
  }
  throw new Error(`${head} is not closed.`);
}

const mapOf = (body: string): Tags =>
  Object.fromEntries([...body.matchAll(/"([^"]+)"\s*=\s*"([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]));

/** The `tag` blocks of an Auto Scaling group, by whether they are propagated to instances. */
function tagBlocks(body: string, propagated: boolean): Tags {
  const blocks = [...body.matchAll(/\btag \{(.*?)\}/gs)].map(([, block = '']) => block);
  const field = (block: string, name: string) => new RegExp(`\\b${name}\\s*=\\s*"?([^"\\n]*)"?`).exec(block)?.[1] ?? '';
  return Object.fromEntries(
    blocks
      .filter((block) => field(block, 'propagate_at_launch') === String(propagated))
      .map((block) => [field(block, 'key'), field(block, 'value')]),
  );
}

function taggedInTerraform(): Tagged[] {
  const [selfManaged = '', managed = '', module = ''] = blocksOf(section(page, '## Terraform'), 'hcl');
  const group = blockAfter(selfManaged, /resource "aws_autoscaling_group" "web" \{/);
  const nodeGroup = blockAfter(managed, /resource "aws_eks_node_group" "batch" \{/);
  const ofModule = blockAfter(module, /self_managed_node_groups = \{/);
  const managedOfModule = blockAfter(module, /eks_managed_node_groups = \{/);
  return [
    { place: 'aws_autoscaling_group', kind: 'self-managed', tags: tagBlocks(group, false) },
    { place: 'aws_eks_node_group', kind: 'managed', tags: mapOf(blockAfter(nodeGroup, /\btags = \{/)) },
    {
      place: 'self_managed_node_groups',
      kind: 'self-managed',
      tags: mapOf(blockAfter(ofModule, /autoscaling_group_tags = \{/)),
    },
    { place: 'eks_managed_node_groups', kind: 'managed', tags: mapOf(blockAfter(managedOfModule, /\btags = \{/)) },
  ];
}

type EksctlGroup = { readonly tags: Tags; readonly launchTemplate?: object };
type Eksctl = { readonly nodeGroups: EksctlGroup[]; readonly managedNodeGroups: EksctlGroup[] };
const eksctl = parse(blocksOf(section(page, '## eksctl'), 'yaml')[0] ?? '') as Eksctl;

type Resource = { readonly Type: string; readonly Properties: Record<string, unknown> };
type Template = { readonly Parameters: Record<string, { Type: string; Default?: string }> } & {
  readonly Resources: Record<string, Resource>;
};
const template = parse(blocksOf(section(page, '## CloudFormation'), 'yaml')[0] ?? '') as Template;
const ofType = (type: string) => Object.values(template.Resources).filter(({ Type }) => Type === type);
type GroupTag = { readonly Key: string; readonly Value: string; readonly PropagateAtLaunch: boolean };
const groupTags = ofType('AWS::AutoScaling::AutoScalingGroup').flatMap(
  ({ Properties }) => Properties.Tags as GroupTag[],
);

const tagged: readonly Tagged[] = [
  ...taggedInTerraform(),
  ...eksctl.nodeGroups.map(({ tags }) => ({ place: 'nodeGroups', kind: 'self-managed' as const, tags })),
  ...eksctl.managedNodeGroups.map(({ tags }) => ({ place: 'managedNodeGroups', kind: 'managed' as const, tags })),
  {
    place: 'AWS::AutoScaling::AutoScalingGroup',
    kind: 'self-managed',
    tags: Object.fromEntries(
      groupTags.filter(({ PropagateAtLaunch }) => !PropagateAtLaunch).map(({ Key, Value }) => [Key, Value]),
    ),
  },
  ...ofType('AWS::EKS::Nodegroup').map(({ Type, Properties }) => ({
    place: Type,
    kind: 'managed' as const,
    tags: Properties.Tags as Tags,
  })),
];

describe('the snippets for infrastructure as code', () => {
  it.each(tagged)('tag a $kind group at $place as reglaze understands it', ({ kind, tags }) => {
    expect(parseTags(tags, kind)).toMatchObject({ tags: { channel: 'windows-2022-core' } });
  });

  it('have no other tags of ours than these', () => {
    const code = [...blocksOf(page, 'hcl'), ...blocksOf(page, 'yaml')].join('\n');
    const written = [...code.matchAll(/reglaze:[a-z-]+/g)].map(([key]) => key);

    expect(written.toSorted()).toEqual(tagged.flatMap(({ tags }) => Object.keys(tags)).toSorted());
  });

  it('tell self-managed groups their cluster', () => {
    const terraform = blocksOf(section(page, '### Self-managed group'), 'hcl')[0] ?? '';
    const owned = { 'kubernetes.io/cluster/shop': 'owned' };

    expect(tagBlocks(terraform, true)).toEqual(owned);
    expect(Object.fromEntries(groupTags.map(({ Key, Value }) => [Key, Value]))).toMatchObject(owned);
  });

  it('read the parameter that runs write, and leave resolving it to nobody at launch', () => {
    const names = [...page.matchAll(/\/reglaze\/[a-z0-9-]+\/[a-z]+\/ami-id/g)].map(([name]) => name);
    const images = ofType('AWS::EC2::LaunchTemplate').map(({ Properties }) => JSON.stringify(Properties));

    expect(new Set(names)).toEqual(new Set([parameterName('windows-2022-core', onlyRing)]));
    expect(images.filter((properties) => /"resolve:ssm:/.test(properties))).toEqual([]);
    expect(template.Parameters.WindowsAmi?.Type).toBe('AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>');
  });

  it('name every resource that the CloudFormation template refers to', () => {
    const references = [...JSON.stringify(template).matchAll(/"(?:Ref":|Fn::GetAtt":\[)"(\w+)"/g)].map(
      ([, name]) => name,
    );
    const known = [...Object.keys(template.Parameters), ...Object.keys(template.Resources)];

    expect(references.filter((name) => !known.includes(name ?? ''))).toEqual([]);
    expect(references.length).toBeGreaterThan(0);
  });
});
