import {
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  DescribeUpdateCommand,
  EKSClient,
  ListAccessEntriesCommand,
  paginateListNodegroups,
  ResourceInUseException,
  ResourceNotFoundException,
  TagResourceCommand,
  UpdateNodegroupVersionCommand,
} from '@aws-sdk/client-eks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFront } from '../../../simulator/wire/front.ts';
import { listen } from '../../../simulator/wire/http-server.ts';
import {
  aNodegroup,
  anAccount,
  describeNodegroup,
  minute,
  newAmi,
  refusalOf,
  startUpdate,
  type TestAccount,
  template,
} from './an-account.ts';

describe('EKS through the SDK', () => {
  let account: TestAccount;
  let client: EKSClient;
  let close: () => Promise<unknown>;

  beforeAll(async () => {
    account = await anAccount();
    for (const nodegroupName of ['c', 'a', 'b', 'win2022']) aNodegroup(account, { nodegroupName });
    await account.pass(minute);
    const { kernel, iam, eks } = account;
    const server = await listen({ front: createFront({ kernel, iam, services: [eks.service] }), kernel });
    // In real time, so that an update does not end between two calls.
    kernel.clock.setPace(1);
    let isClosed = false;
    const running = kernel.clock.run(() => isClosed, { idle: 'wait' });
    // Signatures are checked against the account's clock.
    const systemClockOffset = kernel.clock.now() - Date.now();
    client = new EKSClient({
      ...{ region: 'us-west-2', endpoint: `http://127.0.0.1:${server.port}`, systemClockOffset },
      credentials: iam.operatorCredentials(),
    });
    close = () => {
      isClosed = true;
      kernel.clock.after(0, () => undefined);
      client.destroy();
      return Promise.all([running, server.close()]);
    };
  });
  afterAll(() => close());

  it('lists node groups in pages', async () => {
    const pages: string[][] = [];
    for await (const { nodegroups = [] } of paginateListNodegroups({ client, pageSize: 3 }, { clusterName: 'demo' })) {
      pages.push(nodegroups);
    }

    expect(pages).toEqual([['a', 'b', 'c'], ['win2022']]);
  });

  it('gives endpoint and certificate authority of a cluster', async () => {
    const { cluster } = await client.send(new DescribeClusterCommand({ name: 'demo' }));

    expect(cluster).toMatchObject({
      name: 'demo',
      version: '1.35',
      status: 'ACTIVE',
      endpoint: 'https://127.0.0.1:6443',
    });
    expect(Buffer.from(cluster?.certificateAuthority?.data ?? '', 'base64').toString()).toBe(
      account.cluster.certificateAuthority,
    );
    expect(cluster?.createdAt).toBeInstanceOf(Date);
  });

  it('lists who is let in', async () => {
    const { accessEntries } = await client.send(new ListAccessEntriesCommand({ clusterName: 'demo' }));

    expect(accessEntries).toEqual([account.nodeRole]);
  });

  it('throws the modelled errors', async () => {
    const missing = client.send(new DescribeNodegroupCommand({ clusterName: 'demo', nodegroupName: 'none' }));
    await expect(missing).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(missing).rejects.toMatchObject({ nodegroupName: 'none', $metadata: { httpStatusCode: 404 } });
  });

  it('tags a node group', async () => {
    const of = { clusterName: 'demo', nodegroupName: 'a' };
    const { nodegroup } = await client.send(new DescribeNodegroupCommand(of));
    await client.send(new TagResourceCommand({ resourceArn: nodegroup?.nodegroupArn, tags: { team: 'shop' } }));
    const { nodegroup: tagged } = await client.send(new DescribeNodegroupCommand(of));

    expect(tagged?.tags).toEqual({ team: 'shop' });
  });

  it('starts an update and tells of it', async () => {
    const of = { clusterName: 'demo', nodegroupName: 'win2022' };
    const launchTemplate = { name: template, version: '2' };
    const { update } = await client.send(new UpdateNodegroupVersionCommand({ ...of, launchTemplate }));
    const described = await client.send(
      new DescribeUpdateCommand({ name: 'demo', updateId: update?.id, nodegroupName: 'win2022' }),
    );

    expect(described.update).toMatchObject({ id: update?.id, type: 'VersionUpdate' });
    expect(described.update?.createdAt).toBeInstanceOf(Date);
    const second = client.send(new UpdateNodegroupVersionCommand({ ...of, launchTemplate }));
    await expect(second).rejects.toBeInstanceOf(ResourceInUseException);
    await expect(second).rejects.toMatchObject({ $metadata: { httpStatusCode: 409 } });
  });

  it('does not find the update of a node group without the name of the group', async () => {
    const [updateId] = account.call<{ updateIds: string[] }>('ListUpdates', {
      name: 'demo',
      nodegroupName: 'win2022',
    }).updateIds;

    await expect(client.send(new DescribeUpdateCommand({ name: 'demo', updateId }))).rejects.toBeInstanceOf(
      ResourceNotFoundException,
    );
  });
});

describe('the health of a node group', () => {
  const meddled = async () => {
    const account = await anAccount();
    const { groupName, internalTemplate } = aNodegroup(account);
    await account.pass(minute);
    return { account, groupName, internalTemplate };
  };
  const codes = (account: TestAccount) => describeNodegroup(account).health?.issues?.map(({ code }) => code);

  it('tells of an instance refresh on its Auto Scaling group', async () => {
    const { account, groupName } = await meddled();
    const operation = account.autoScaling.service.operations.StartInstanceRefresh as unknown as {
      run: (input: object, call: object) => void;
    };
    operation.run({ AutoScalingGroupName: groupName }, { caller: { arn: 'somebody' }, requestId: '1' });

    expect(codes(account)).toEqual(['AutoScalingGroupInstanceRefreshActive']);
    expect(describeNodegroup(account).status).toBe('DEGRADED');
  });

  it('tells of a launch template version that is not its own', async () => {
    const { account, groupName, internalTemplate } = await meddled();
    const { version } = account.ec2.addLaunchTemplateVersion(
      { LaunchTemplateId: internalTemplate.id },
      { sourceVersion: '1', data: { ImageId: newAmi } },
    );
    account.autoScaling.setLaunchTemplate(groupName, {
      LaunchTemplateId: internalTemplate.id,
      Version: String(version),
    });

    expect(codes(account)).toEqual(['Ec2LaunchTemplateVersionMismatch']);
  });

  it('does not keep an update from being started', async () => {
    const { account, groupName, internalTemplate } = await meddled();
    account.autoScaling.setLaunchTemplate(groupName, { LaunchTemplateId: internalTemplate.id, Version: '$Default' });

    expect(refusalOf(() => startUpdate(account))).toBeUndefined();
  });
});
