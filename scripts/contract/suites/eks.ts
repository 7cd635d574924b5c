import { holds, type Place, type Suite, same } from '../check.ts';
import { type Fields, list, read, text } from '../fields.ts';

const nodegroupOf = async ({ ask, given }: Pick<Place, 'ask' | 'given'>): Promise<Fields> => {
  const about = { clusterName: given('cluster'), nodegroupName: given('nodegroup') };
  return ((await ask('DescribeNodegroup', about)).nodegroup ?? {}) as Fields;
};

async function allPages(place: Place, operation: string, member: string, input: Fields): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  let token: string | undefined;
  do {
    const page = await place.ask(operation, { ...input, maxResults: 1, ...(token && { nextToken: token }) });
    holds(list(page, member).length <= 1, `at most one of ${member}`, page[member]);
    found.push(...list(page, member));
    token = text(page, 'nextToken') || undefined;
  } while (token !== undefined && found.length < 300);
  holds(new Set(found).size === found.length, `no ${member} twice`, found);
  return found;
}

export const eks: Suite = {
  service: 'eks',
  probe: { method: 'GET', path: '/clusters' },
  invalidCodes: ['InvalidParameterException', 'InvalidRequestException', 'ValidationException'],
  samples: { resourceArn: 'arn:aws:eks:us-west-2:111122223333:cluster/contract-check-none' },
  checks: [
    {
      name: 'describes a cluster with what a client needs to reach it',
      source: 'API reference, DescribeCluster',
      needs: ['cluster'],
      async run({ ask, given }) {
        const answer = await ask('DescribeCluster', { name: given('cluster') });
        same(answer, 'cluster.name', given('cluster'));
        same(answer, 'cluster.status', 'ACTIVE');
        holds(
          text(answer, 'cluster.endpoint').startsWith('https://'),
          'an https endpoint',
          read(answer, 'cluster.endpoint'),
        );
        const authority = Buffer.from(text(answer, 'cluster.certificateAuthority.data'), 'base64').toString();
        holds(authority.includes('BEGIN CERTIFICATE'), 'a certificate in PEM', authority);
      },
    },
    {
      name: 'refuses clusters, node groups and updates that do not exist',
      source: 'model: ResourceNotFoundException',
      needs: ['cluster', 'nodegroup'],
      async run({ refuse, given }) {
        const codes = ['ResourceNotFoundException'];
        const [clusterName, nodegroupName] = [given('cluster'), given('nodegroup')];
        const updateId = '00000000-0000-4000-8000-000000000000';
        await refuse('DescribeCluster', { name: 'contract-check-none' }, codes);
        await refuse('DescribeNodegroup', { clusterName, nodegroupName: 'contract-check-none' }, codes);
        await refuse('ListNodegroups', { clusterName: 'contract-check-none' }, codes);
        await refuse('DescribeUpdate', { name: clusterName, nodegroupName, updateId }, codes);
      },
    },
    {
      name: 'lists every cluster, node group and access entry once over pages of one',
      source: 'API reference, ListClusters, ListNodegroups and ListAccessEntries',
      needs: ['cluster', 'nodegroup'],
      async run(place) {
        const clusterName = place.given('cluster');
        const clusters = await allPages(place, 'ListClusters', 'clusters', {});
        holds(clusters.includes(clusterName), `the cluster ${clusterName}`, clusters);
        const nodegroups = await allPages(place, 'ListNodegroups', 'nodegroups', { clusterName });
        holds(nodegroups.includes(place.given('nodegroup')), `the node group ${place.given('nodegroup')}`, nodegroups);
        const entries = await allPages(place, 'ListAccessEntries', 'accessEntries', { clusterName });
        holds(entries.length > 0, 'the entry of the nodes at least', entries);
      },
    },
    {
      name: 'refuses a paging token that it never gave out',
      source: 'API reference, ListClusters',
      run: ({ refuse }) => refuse('ListClusters', { nextToken: 'never' }, ['InvalidParameterException']),
    },
    {
      name: 'describes a node group of a custom AMI with your template, and the AMI as its release',
      source: 'API reference, Nodegroup: amiType, releaseVersion and launchTemplate',
      needs: ['cluster', 'nodegroup'],
      async run(place) {
        const nodegroup = await nodegroupOf(place);
        same(nodegroup, 'amiType', 'CUSTOM');
        same(nodegroup, 'status', 'ACTIVE');
        const release = text(nodegroup, 'releaseVersion');
        holds(/^ami-[0-9a-f]+$/.test(release), 'an AMI id as releaseVersion', release);
        holds(/^\d+$/.test(text(nodegroup, 'launchTemplate.version')), 'a version number', nodegroup.launchTemplate);
        holds(list(nodegroup, 'resources.autoScalingGroups').length === 1, 'one group', nodegroup.resources);
      },
    },
    {
      name: 'refuses versions of a custom AMI other than by the launch template',
      source: 'API reference, UpdateNodegroupVersion',
      changes: true,
      needs: ['cluster', 'nodegroup'],
      async run({ refuse, given }) {
        const about = { clusterName: given('cluster'), nodegroupName: given('nodegroup') };
        const codes = ['InvalidParameterException', 'InvalidRequestException'];
        await refuse('UpdateNodegroupVersion', { ...about, version: '1.35' }, codes);
        await refuse(
          'UpdateNodegroupVersion',
          { ...about, launchTemplate: { id: 'lt-00000000000000000', version: '1' } },
          codes,
        );
        await refuse('UpdateNodegroupVersion', { ...about, launchTemplate: { version: '1' } }, codes);
      },
    },
    {
      name: 'answers a repeated update with the same update, refuses a second one, and ends it',
      source: 'API reference, UpdateNodegroupVersion: clientRequestToken; model: ResourceInUseException',
      changes: true,
      needs: ['cluster', 'nodegroup'],
      async run(place) {
        const [clusterName, nodegroupName] = [place.given('cluster'), place.given('nodegroup')];
        const template = (await nodegroupOf(place)).launchTemplate as Fields;
        const launchTemplate = { id: template.id, version: template.version };
        const question = { clusterName, nodegroupName, launchTemplate, clientRequestToken: place.uniqueName };
        const answer = await place.ask('UpdateNodegroupVersion', question);
        const about = { name: clusterName, nodegroupName, updateId: text(answer, 'update.id') };
        const statusIs = async (status: string) =>
          text(await place.ask('DescribeUpdate', about), 'update.status') === status;
        place.undo(() => place.until('the end of the update', async () => !(await statusIs('InProgress')), 7200));
        same(answer, 'update.status', 'InProgress');
        same(answer, 'update.type', 'VersionUpdate');
        same(await place.ask('UpdateNodegroupVersion', question), 'update.id', about.updateId);
        const another = { clusterName, nodegroupName, launchTemplate, clientRequestToken: `${place.uniqueName}-2` };
        await place.refuse('UpdateNodegroupVersion', another, ['ResourceInUseException']);
        same(await nodegroupOf(place), 'status', 'UPDATING');
        await place.until('success', () => statusIs('Successful'), 7200);
        same(await nodegroupOf(place), 'status', 'ACTIVE');
        const updates = await place.ask('ListUpdates', { name: clusterName, nodegroupName });
        holds(list(updates, 'updateIds').includes(about.updateId), 'the update in the list', updates.updateIds);
      },
    },
    {
      name: 'refuses access entries for reserved groups and for principals that have one',
      source: 'User guide, creating access entries',
      changes: true,
      needs: ['cluster', 'role'],
      async run({ ask, refuse, given }) {
        const clusterName = given('cluster');
        const { accessEntries } = await ask('ListAccessEntries', { clusterName });
        const principalArn = text(accessEntries, '0');
        await refuse('CreateAccessEntry', { clusterName, principalArn }, ['ResourceInUseException']);
        const masters = { clusterName, principalArn: given('role'), kubernetesGroups: ['system:masters'] };
        await refuse('CreateAccessEntry', masters, ['InvalidParameterException']);
        const node = { clusterName, principalArn: given('role'), type: 'EC2_WINDOWS', kubernetesGroups: ['a'] };
        await refuse('CreateAccessEntry', node, ['InvalidParameterException']);
      },
    },
    {
      name: 'makes an access entry once, with its groups, and takes it away once',
      source: 'API reference, CreateAccessEntry and DeleteAccessEntry',
      changes: true,
      needs: ['cluster', 'role'],
      async run({ ask, refuse, given, undo }) {
        const entry = { clusterName: given('cluster'), principalArn: given('role') };
        let isThere = true;
        undo(async () => isThere && ask('DeleteAccessEntry', entry));
        const made = await ask('CreateAccessEntry', { ...entry, kubernetesGroups: ['contract-check'] });
        same(made, 'accessEntry.type', 'STANDARD');
        same(await ask('DescribeAccessEntry', entry), 'accessEntry.kubernetesGroups', ['contract-check']);
        await refuse('CreateAccessEntry', entry, ['ResourceInUseException']);
        await ask('DeleteAccessEntry', entry);
        isThere = false;
        await refuse('DeleteAccessEntry', entry, ['ResourceNotFoundException']);
      },
    },
    {
      name: 'describes an access entry, and has none for a principal that was never let in',
      source: 'API reference, DescribeAccessEntry',
      needs: ['cluster', 'role'],
      async run({ ask, refuse, given }) {
        const clusterName = given('cluster');
        const principalArn = text(await ask('ListAccessEntries', { clusterName }), 'accessEntries.0');
        const answer = await ask('DescribeAccessEntry', { clusterName, principalArn });
        same(answer, 'accessEntry.principalArn', principalArn);
        same(answer, 'accessEntry.clusterName', clusterName);
        await refuse('DescribeAccessEntry', { clusterName, principalArn: given('role') }, [
          'ResourceNotFoundException',
        ]);
      },
    },
    {
      name: 'refuses to tag what is not there',
      source: 'API reference, TagResource: NotFoundException',
      needs: ['cluster', 'nodegroup'],
      async run(place) {
        const { nodegroupArn } = await nodegroupOf(place);
        const absent = String(nodegroupArn).replace(
          /\/[^/]+\/[^/]+$/,
          '/contract-check-none/00000000-0000-0000-0000-000000000000',
        );
        await place.refuse('TagResource', { resourceArn: absent, tags: { a: 'b' } }, [
          'NotFoundException',
          'ResourceNotFoundException',
        ]);
      },
    },
  ],
};
