import { describe, expect, it } from 'vitest';
import type { Permission } from '../../../simulator/kernel/service.ts';
import autoscalingModel from '../../../simulator/models/autoscaling.json' with { type: 'json' };
import { type Account, aGroup, anAccount, MINUTE, refusalOf, startRefresh } from './an-account.ts';

const named = { AutoScalingGroupName: 'nodes' };
const describeGroups = (account: Account, input = {}) =>
  account.call<{ AutoScalingGroups: Record<string, unknown>[]; NextToken?: string }>(
    'DescribeAutoScalingGroups',
    input,
  );
const needs = (account: Account, operation: string, input: object) =>
  (account.autoScaling.service.operations[operation] as unknown as { needs: (input: object) => Permission[] }).needs(
    input,
  );

describe('the operations of Auto Scaling', () => {
  it('are those of the model', () => {
    const operations = Object.keys(anAccount().autoScaling.service.operations);
    expect(operations.toSorted()).toEqual(Object.keys(autoscalingModel.operations).toSorted());
  });

  it('answer for an unknown group with a ValidationError', () => {
    const account = anAccount();
    const unnamed = [
      'DescribeAutoScalingGroups',
      'DescribeAutoScalingInstances',
      'DescribeTags',
      'TerminateInstanceInAutoScalingGroup',
      'CreateOrUpdateTags',
      'DeleteTags',
    ];
    const operations = Object.keys(account.autoScaling.service.operations).filter(
      (operation) => !unnamed.includes(operation),
    );
    for (const operation of operations) {
      expect([operation, refusalOf(() => account.call(operation, { AutoScalingGroupName: 'nobody' }))?.code]).toEqual([
        operation,
        'ValidationError',
      ]);
    }
  });
});

describe('the description of groups', () => {
  it('leaves out names that do not exist, and instances on request', () => {
    const account = anAccount();
    aGroup(account);
    expect(describeGroups(account, { AutoScalingGroupNames: ['nodes', 'nobody'] }).AutoScalingGroups).toHaveLength(1);
    expect(describeGroups(account, { IncludeInstances: false }).AutoScalingGroups[0]).toMatchObject({ Instances: [] });
  });

  it('gives an instance the number of its version and its image', () => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 1, launchTemplate: { LaunchTemplateName: 'win2022', Version: '$Latest' } });
    expect(describeGroups(account).AutoScalingGroups[0]).toMatchObject({
      LaunchTemplate: { LaunchTemplateId: account.templateId, LaunchTemplateName: 'win2022', Version: '$Latest' },
      Instances: [
        {
          LaunchTemplate: { Version: '2' },
          LifecycleState: 'InService',
          HealthStatus: 'Healthy',
          ProtectedFromScaleIn: false,
        },
      ],
    });
    expect(account.call('DescribeAutoScalingInstances', {})).toMatchObject({
      AutoScalingInstances: [{ HealthStatus: 'HEALTHY' }],
    });
  });

  it.each([
    { filters: [{ Name: 'tag:team', Values: ['core'] }], found: ['a'] },
    { filters: [{ Name: 'tag-key', Values: ['team'] }], found: ['a', 'b'] },
    { filters: [{ Name: 'tag-value', Values: ['edge'] }], found: ['b'] },
    {
      filters: [
        { Name: 'tag-key', Values: ['team'] },
        { Name: 'tag:team', Values: ['edge', 'web'] },
      ],
      found: ['b'],
    },
    { filters: [{ Name: 'tag-key', Values: ['none'] }], found: [] },
  ])('finds $found by $filters', ({ filters, found }) => {
    const account = anAccount();
    aGroup(account, { name: 'a', tags: [{ key: 'team', value: 'core' }] });
    aGroup(account, { name: 'b', tags: [{ key: 'team', value: 'edge' }] });
    aGroup(account, { name: 'c' });
    expect(
      describeGroups(account, { Filters: filters }).AutoScalingGroups.map((group) => group.AutoScalingGroupName),
    ).toEqual(found);
  });

  it('loses nothing between pages, and refuses tokens that it did not give', () => {
    const account = anAccount();
    const names = Array.from({ length: 7 }, (_, index) => `group-${index}`);
    for (const name of names) aGroup(account, { name, desiredCapacity: 0 });
    const seen: unknown[] = [];
    let token: string | undefined;
    do {
      const page = describeGroups(account, { MaxRecords: 3, NextToken: token });
      seen.push(...page.AutoScalingGroups.map((group) => group.AutoScalingGroupName));
      token = page.NextToken;
    } while (token !== undefined);
    expect(seen).toEqual(names);
    expect(refusalOf(() => describeGroups(account, { NextToken: 'forged' }))?.code).toBe('InvalidNextToken');
    expect(refusalOf(() => describeGroups(account, { MaxRecords: 101 }))?.code).toBe('ValidationError');
  });
});

describe('updating a group', () => {
  it.each([
    { input: { MinSize: 6 }, desired: 6 },
    { input: { MaxSize: 2 }, desired: 2 },
    { input: { DesiredCapacity: 5 }, desired: 5 },
    { input: { DefaultInstanceWarmup: 90 }, desired: 4 },
  ])('with $input leaves a desired capacity of $desired', ({ input, desired }) => {
    const account = anAccount();
    aGroup(account);
    account.call('UpdateAutoScalingGroup', { ...named, ...input });
    expect(describeGroups(account).AutoScalingGroups[0]).toMatchObject({ ...input, DesiredCapacity: desired });
  });

  it.each([
    { input: { MinSize: 9, MaxSize: 8 }, code: 'ValidationError' },
    { input: { DesiredCapacity: 21 }, code: 'ValidationError' },
    { input: { VPCZoneIdentifier: 'subnet-0none' }, code: 'ValidationError' },
    { input: { LaunchTemplate: { LaunchTemplateName: 'nothing', Version: '1' } }, code: 'ValidationError' },
    { input: { MaxInstanceLifetime: 86_400 }, code: 'NotSimulated' },
    { input: { MaxInstanceLifetime: 86_400 }, code: 'NotSimulated' },
    { input: { HealthCheckType: 'ELB' }, code: 'NotSimulated' },
    { input: { LaunchConfigurationName: 'legacy' }, code: 'NotSimulated' },
  ])('with $input is refused as $code and changes nothing', ({ input, code }) => {
    const account = anAccount();
    aGroup(account);
    const before = describeGroups(account);
    expect(refusalOf(() => account.call('UpdateAutoScalingGroup', { ...named, MinSize: 1, ...input }))?.code).toBe(
      code,
    );
    expect(describeGroups(account)).toEqual(before);
  });

  it('exchanges the template inside a mixed instances policy and keeps the rest of it', () => {
    const account = anAccount();
    const Overrides = [{ InstanceType: 'm5.large' }];
    const policyWith = (Version: string) => ({
      LaunchTemplate: { LaunchTemplateSpecification: { LaunchTemplateId: account.templateId, Version }, Overrides },
    });
    aGroup(account, { launchTemplate: undefined, mixedInstancesPolicy: policyWith('1') });
    account.autoScaling.setLaunchTemplate('nodes', { LaunchTemplateId: account.templateId, Version: '2' });
    expect(account.autoScaling.group('nodes')?.mixedInstancesPolicy).toMatchObject(policyWith('2'));
  });

  it('does not touch instances that run', async () => {
    const account = anAccount();
    aGroup(account);
    account.autoScaling.setLaunchTemplate('nodes', { LaunchTemplateId: account.templateId, Version: '2' });
    await account.pass(10 * MINUTE);
    expect(account.log('instance.launching')).toEqual([]);
  });
});

describe('tags of groups', () => {
  it('are made, changed, described and taken away', () => {
    const account = anAccount();
    aGroup(account);
    const tag = { ResourceId: 'nodes', ResourceType: 'auto-scaling-group', Key: 'team' };
    account.call('CreateOrUpdateTags', { Tags: [{ ...tag, Value: 'core', PropagateAtLaunch: true }] });
    account.call('CreateOrUpdateTags', { Tags: [{ ...tag, Value: 'edge', PropagateAtLaunch: true }] });
    const tags = (Filters: object[] = []) => account.call('DescribeTags', { Filters });
    expect(tags()).toEqual({ Tags: [{ ...tag, Value: 'edge', PropagateAtLaunch: true }] });
    expect(tags([{ Name: 'value', Values: ['core'] }])).toEqual({ Tags: [] });
    account.call('DeleteTags', { Tags: [{ ...tag, Value: 'core' }] });
    expect(account.autoScaling.group('nodes')?.tags).toEqual({ team: 'edge' });
    account.call('DeleteTags', { Tags: [tag] });
    expect(account.autoScaling.group('nodes')?.tags).toEqual({});
  });
});

describe('what a caller needs', () => {
  it('is the operation on the group, with the tags of the group under both keys', () => {
    const account = anAccount();
    const { arn } = aGroup(account, { tags: [{ key: 'team', value: 'core' }] });
    expect(arn).toMatch(
      /^arn:aws:autoscaling:us-west-2:111122223333:autoScalingGroup:[0-9a-f-]{36}:autoScalingGroupName\/nodes$/,
    );
    expect(needs(account, 'SetDesiredCapacity', named)).toEqual([
      {
        action: 'autoscaling:SetDesiredCapacity',
        resource: arn,
        context: { 'aws:ResourceTag/team': 'core', 'autoscaling:ResourceTag/team': 'core' },
      },
    ]);
    expect(needs(account, 'DescribeAutoScalingGroups', {})).toMatchObject([{ resource: '*' }]);
  });

  it('is also the right to launch from the template, when a refresh or an update names one', () => {
    const account = anAccount();
    aGroup(account);
    const LaunchTemplate = { LaunchTemplateId: account.templateId, Version: '2' };
    for (const [operation, input] of [
      ['StartInstanceRefresh', { ...named, DesiredConfiguration: { LaunchTemplate } }],
      ['UpdateAutoScalingGroup', { ...named, LaunchTemplate }],
    ] as const) {
      const actions = needs(account, operation, input).map(({ action }) => action);
      expect(actions[0]).toBe(`autoscaling:${operation}`);
      expect(actions).toContain('ec2:RunInstances');
    }
    expect(needs(account, 'StartInstanceRefresh', named)).toHaveLength(1);
  });

  it('lets policies test the sizes that an update names, and no others', () => {
    const account = anAccount();
    aGroup(account);
    const contextOf = (input: object) => needs(account, 'UpdateAutoScalingGroup', { ...named, ...input })[0]?.context;

    expect(contextOf({ MinSize: 0, MaxSize: 9 })).toMatchObject({
      'autoscaling:MinSize': '0',
      'autoscaling:MaxSize': '9',
    });
    expect(contextOf({ DesiredCapacity: 2 })).not.toHaveProperty(['autoscaling:MinSize']);
    expect(contextOf({ DesiredCapacity: 2 })).not.toHaveProperty(['autoscaling:MaxSize']);
  });

  it('does not fail for a template that is missing: that is the error of the operation', () => {
    const account = anAccount();
    aGroup(account);
    const DesiredConfiguration = { LaunchTemplate: { LaunchTemplateName: 'nothing', Version: '1' } };
    expect(needs(account, 'StartInstanceRefresh', { ...named, DesiredConfiguration })).toHaveLength(1);
    expect(refusalOf(() => account.call('StartInstanceRefresh', { ...named, DesiredConfiguration }))?.code).toBe(
      'ValidationError',
    );
  });
});

describe('warm pools', () => {
  it('are truthfully none', () => {
    const account = anAccount();
    aGroup(account);
    expect(account.call('DescribeWarmPool', named)).toEqual({ Instances: [] });
    startRefresh(account);
    expect(account.call('DescribeInstanceRefreshes', named)).not.toHaveProperty('InstanceRefreshes.0.ProgressDetails');
  });
});
