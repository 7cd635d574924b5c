import { describe, expect, it } from 'vitest';
import type { EksBehaviour } from '../../../simulator/services/eks/behaviour.ts';
import {
  aNodegroup,
  anAccount,
  describeNodegroup,
  describeUpdate,
  isOver,
  newAmi,
  oldAmi,
  refusalOf,
  startUpdate,
} from './an-account.ts';

describe("a node group on Amazon's own AMI", () => {
  const amiType = 'WINDOWS_CORE_2022_x86_64';
  const release = (releaseVersion: string, imageId = oldAmi) => ({ amiType, releaseVersion, imageId }) as const;
  const current = release('1.35-2026.04.18');
  const folder = '/aws/service/ami-windows-latest/Windows_Server-2022-English-Core-EKS_Optimized-1.35';
  const toRelease = (releaseVersion?: string) => ({ launchTemplate: undefined, releaseVersion });

  const onAmazonsAmi = async (behaviour: Partial<EksBehaviour> = {}) => {
    const account = await anAccount({ behaviour });
    account.ec2.addLaunchTemplate({ name: 'without-ami', data: { InstanceType: 'm5.xlarge' } });
    for (const each of [release('1.35-2026.02.16'), current, release('1.35-2026.05.16', newAmi)]) {
      account.eks.publishRelease(each);
    }
    aNodegroup(account, { launchTemplate: { name: 'without-ami', version: '1' }, amazonsAmi: current });
    return account;
  };
  const imagesOf = ({ autoScaling, eks }: Awaited<ReturnType<typeof anAccount>>) => {
    const { groupName } = eks.cluster('demo')?.nodegroups.get('win2022') ?? {};
    return [...new Set(autoScaling.group(groupName ?? '')?.instances.map(({ imageId }) => imageId))];
  };

  it('is described with its type and release, and names an AMI or gets one', async () => {
    const account = await onAmazonsAmi();
    expect(describeNodegroup(account)).toMatchObject({
      ...{ amiType, releaseVersion: '1.35-2026.04.18', version: '1.35' },
      launchTemplate: { name: 'without-ami', version: '1' },
    });
    expect(() => aNodegroup(account, { nodegroupName: 'both', amazonsAmi: current })).toThrow(/names an AMI/);
  });

  it.each([
    { case: 'that is named', releaseVersion: '1.35-2026.05.16' },
    { case: 'that is the newest when none is named', releaseVersion: undefined },
  ])('is updated to a release $case', async ({ releaseVersion }) => {
    const account = await onAmazonsAmi();
    const update = startUpdate(account, toRelease(releaseVersion));
    expect(update.params).toEqual([
      { type: 'Version', value: '1.35' },
      { type: 'ReleaseVersion', value: '1.35-2026.05.16' },
    ]);
    expect(describeNodegroup(account)).toMatchObject({ status: 'UPDATING', releaseVersion: '1.35-2026.04.18' });
    await account.until(isOver(account, update));
    expect(describeUpdate(account, update.id).status).toBe('Successful');
    expect(describeNodegroup(account)).toMatchObject({ status: 'ACTIVE', releaseVersion: '1.35-2026.05.16' });
    expect(imagesOf(account)).toEqual([newAmi]);
  });

  it('may describe the new release as soon as the update has begun', async () => {
    const account = await onAmazonsAmi({ describesNewVersionFrom: 'setup' });
    startUpdate(account, toRelease('1.35-2026.05.16'));
    await account.pass(60_000);
    expect(describeNodegroup(account)).toMatchObject({ status: 'UPDATING', releaseVersion: '1.35-2026.05.16' });
  });

  it.each([
    { case: 'a release of another Kubernetes version', input: toRelease('1.34-2026.05.16') },
    { case: 'a release that is none', input: toRelease('1.35-2026.05.17') },
    { case: 'an older release', input: toRelease('1.35-2026.02.16') },
  ])('takes no update to $case', async ({ input }) => {
    const account = await onAmazonsAmi();
    expect(refusalOf(() => startUpdate(account, input))?.code).toBe('InvalidParameterException');
    expect(describeNodegroup(account).status).toBe('ACTIVE');
  });

  it.each([
    { case: 'a version of its template', input: {} },
    { case: 'another Kubernetes version', input: { ...toRelease(), version: '1.36' } },
  ])('refuses loudly what is not simulated: $case', async ({ input }) => {
    const account = await onAmazonsAmi();
    expect(refusalOf(() => startUpdate(account, input))?.code).toBe('NotSimulated');
  });

  it.each([
    { sameRelease: 'replace', status: 'InProgress' },
    { sameRelease: 'nothing', status: 'Successful' },
  ] as const)('does with its nodes when it has the release: $sameRelease', async ({ sameRelease, status }) => {
    const account = await onAmazonsAmi({ sameRelease });
    expect(startUpdate(account, toRelease('1.35-2026.04.18')).status).toBe(status);
  });

  it('asks for no rights to launch, since the request names no template', async () => {
    const account = await onAmazonsAmi();
    const input = { clusterName: 'demo', nodegroupName: 'win2022', releaseVersion: '1.35-2026.05.16' };
    const needed = account.needs('UpdateNodegroupVersion', input).map(({ action }) => action);
    expect(needed).toEqual(['eks:UpdateNodegroupVersion']);
  });

  it.each([
    { releaseVersionParameter: true, told: ['image_id', 'release_version'] },
    { releaseVersionParameter: false, told: ['image_id'] },
  ])('has public parameters of the newest release: $told', async ({ releaseVersionParameter, told }) => {
    const { parameters } = await onAmazonsAmi({ releaseVersionParameter });
    const found = parameters.under(folder, true);
    expect(found.map(({ name }) => name)).toEqual(told.map((name) => `${folder}/${name}`));
    expect(found[0]?.value).toBe(newAmi);
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
