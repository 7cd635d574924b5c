import { describe, expect, it } from 'vitest';
import { aNodegroup, anAccount, describeNodegroup, isOver, oldAmi, refusalOf, startUpdate } from './an-account.ts';

describe("a node group on Amazon's own AMI", () => {
  it('is described with its type and release and cannot be updated here', async () => {
    const account = await anAccount();
    account.ec2.addLaunchTemplate({ name: 'without-ami', data: { InstanceType: 'm5.xlarge' } });
    const amazonsAmi = {
      amiType: 'WINDOWS_CORE_2022_x86_64',
      releaseVersion: '1.35-2026.04.18',
      imageId: oldAmi,
    } as const;
    aNodegroup(account, { launchTemplate: { name: 'without-ami', version: '1' }, amazonsAmi });

    expect(describeNodegroup(account)).toMatchObject({
      ...{ amiType: 'WINDOWS_CORE_2022_x86_64', releaseVersion: '1.35-2026.04.18' },
      launchTemplate: { name: 'without-ami', version: '1' },
    });
    expect(refusalOf(() => startUpdate(account))?.code).toBe('NotSimulated');
    expect(() => aNodegroup(account, { nodegroupName: 'both', amazonsAmi })).toThrow(/names an AMI/);
  });
});

describe('a node group with problems from before', () => {
  it('is DEGRADED until an update has succeeded', async () => {
    const account = await anAccount();
    const issues = [{ code: 'NodeCreationFailure', message: 'Instances failed to join.', resourceIds: [] }] as const;
    aNodegroup(account, { issues: issues.map((issue) => ({ ...issue, resourceIds: [] })) });
    expect(describeNodegroup(account)).toMatchObject({ status: 'DEGRADED', health: { issues } });

    await account.until(isOver(account, startUpdate(account)));
    expect(describeNodegroup(account)).toMatchObject({ status: 'ACTIVE', health: { issues: [] } });
  });
});
