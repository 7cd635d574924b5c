import { describe, expect, it } from 'vitest';
import { createIam } from '../../../simulator/iam/iam.ts';
import { createKms } from '../../../simulator/services/kms.ts';
import { defaultSsmBehaviour, type SsmBehaviour } from '../../../simulator/services/ssm/behaviour.ts';
import { createSsm } from '../../../simulator/services/ssm.ts';
import { aKernel } from '../../support/kernel.ts';
import { allowing, aRole, call } from './calling.ts';

function aStore(behaviour?: Partial<SsmBehaviour>) {
  const kernel = aKernel();
  const iam = createIam({ kernel });
  const kms = createKms({ kernel, iam });
  const ssm = createSsm({ kernel, kms, iam, behaviour });
  const run = (operation: string, input: object, caller?: Parameters<typeof call>[4]) =>
    call(iam, ssm.service, operation, input, caller);
  return { kernel, iam, kms, ssm, run };
}

describe('parameters', () => {
  it('count their versions and keep the old ones', async () => {
    const { run } = aStore();
    await run('PutParameter', { Name: '/a/b', Value: '1', Type: 'String' });
    expect(await run('PutParameter', { Name: '/a/b', Value: '2', Overwrite: true })).toEqual({
      Version: 2,
      Tier: 'Standard',
    });
    expect(await run('GetParameter', { Name: '/a/b' })).toMatchObject({
      Parameter: { Value: '2', Version: 2, Type: 'String' },
    });
    expect(await run('GetParameter', { Name: '/a/b:1' })).toMatchObject({ Parameter: { Value: '1', Selector: ':1' } });
  });

  it.each([
    { case: 'a missing parameter', operation: 'GetParameter', input: { Name: '/x' }, code: 'ParameterNotFound' },
    { case: 'a missing version', operation: 'GetParameter', input: { Name: '/a:9' }, code: 'ParameterVersionNotFound' },
    {
      case: 'overwriting without saying so',
      operation: 'PutParameter',
      input: { Name: '/a', Value: '2' },
      code: 'ParameterAlreadyExists',
    },
    {
      case: 'a value over 4 KB',
      operation: 'PutParameter',
      input: { Name: '/b', Type: 'String', Value: 'x'.repeat(4097) },
      code: 'ValidationException',
    },
    {
      case: 'a value against the pattern',
      operation: 'PutParameter',
      input: { Name: '/b', Type: 'String', Value: 'x', AllowedPattern: '^\\d+$' },
      code: 'ParameterPatternMismatchException',
    },
    {
      case: 'the advanced tier',
      operation: 'PutParameter',
      input: { Name: '/b', Type: 'String', Value: 'x', Tier: 'Advanced' },
      code: 'ValidationException',
    },
    {
      case: 'filters',
      operation: 'GetParametersByPath',
      input: { Path: '/', ParameterFilters: [] },
      code: 'InvalidFilterKey',
    },
  ])('refuse $case', async ({ operation, input, code }) => {
    const { ssm, run } = aStore();
    ssm.parameters.put({ name: '/a', value: '1', type: 'String' });
    await expect(run(operation, input)).rejects.toMatchObject({ code });
  });

  it('are listed below a path, page by page', async () => {
    const { ssm, run } = aStore();
    for (const name of ['/p/1', '/p/2', '/p/3', '/p/deep/4', '/q/5'])
      ssm.parameters.put({ name, value: 'x', type: 'String' });
    const names = async (input: object) => {
      const reply = await run('GetParametersByPath', input);
      return { names: (reply.Parameters as { Name: string }[]).map(({ Name }) => Name), next: reply.NextToken };
    };
    expect(await names({ Path: '/p', MaxResults: 2 })).toEqual({ names: ['/p/1', '/p/2'], next: '2' });
    expect(await names({ Path: '/p', MaxResults: 2, NextToken: '2' })).toEqual({ names: ['/p/3'], next: undefined });
    expect((await names({ Path: '/p/', Recursive: true })).names).toContain('/p/deep/4');
  });

  it('tell which names of several do not exist', async () => {
    const { ssm, run } = aStore();
    ssm.parameters.put({ name: '/a', value: '1', type: 'String' });
    expect(await run('GetParameters', { Names: ['/a', '/x'] })).toMatchObject({
      Parameters: [{ Name: '/a' }],
      InvalidParameters: ['/x'],
    });
  });

  it('of AWS have no account in their ARN', async () => {
    const { iam, ssm, run } = aStore();
    const name = '/aws/service/ami-windows-latest/x/image_id';
    ssm.parameters.put({ name, value: 'ami-1', type: 'String', dataType: 'aws:ec2:image' });
    const reader = aRole(iam, 'reader', [allowing('ssm:GetParameter', `arn:aws:ssm:us-west-2::parameter${name}`)]);
    expect(await run('GetParameter', { Name: name }, reader)).toMatchObject({ Parameter: { Value: 'ami-1' } });
  });

  it('that are secure show their value only to who may decrypt', async () => {
    const { iam, kms, ssm, run } = aStore();
    const root = {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:root' },
      Action: 'kms:*',
      Resource: '*',
    };
    const key = kms.createKey({ name: 'k', policy: { Version: '2012-10-17', Statement: [root] } });
    ssm.parameters.put({ name: '/secret', value: 'hidden', type: 'SecureString', kmsKey: key.keyId });
    const reader = aRole(iam, 'reader', [
      allowing('ssm:GetParameter', 'arn:aws:ssm:us-west-2:111122223333:parameter/secret'),
    ]);
    const cipher = (await run('GetParameter', { Name: '/secret' }, reader)).Parameter as { Value: string };
    expect(Buffer.from(cipher.Value, 'base64').toString()).not.toContain('hidden');
    await expect(run('GetParameter', { Name: '/secret', WithDecryption: true }, reader)).rejects.toMatchObject({
      message: expect.stringContaining('kms:Decrypt'),
    });
    expect(await run('GetParameter', { Name: '/secret', WithDecryption: true })).toMatchObject({
      Parameter: { Value: 'hidden' },
    });
  });
});

describe('parameters that name an AMI', () => {
  const Name = '/golden/ami';
  const image = { Name, Type: 'String', DataType: 'aws:ec2:image' };

  function anImageStore(behaviour?: Partial<SsmBehaviour>) {
    const store = aStore(behaviour);
    const events: { readonly detail: object }[] = [];
    const states: Record<string, string> = { 'ami-1': 'available', 'ami-2': 'available', 'ami-3': 'disabled' };
    store.ssm.connect({ events: { put: (event) => events.push(event) }, imageState: (imageId) => states[imageId] });
    const validated = () => {
      const until =
        store.kernel.clock.now() + (behaviour?.imageValidatedAfter ?? defaultSsmBehaviour.imageValidatedAfter);
      store.kernel.clock.after(until - store.kernel.clock.now(), () => {});
      return store.kernel.clock.run(() => store.kernel.clock.now() >= until);
    };
    return { ...store, events, validated };
  }

  it('have a version number at once and their value after the validation', async () => {
    const { run, validated, events } = anImageStore();
    expect(await run('PutParameter', { ...image, Value: 'ami-1' })).toEqual({ Version: 1, Tier: 'Standard' });
    await expect(run('GetParameter', { Name })).rejects.toMatchObject({ code: 'ParameterNotFound' });
    await validated();
    expect(await run('GetParameter', { Name })).toMatchObject({
      Parameter: { Value: 'ami-1', Version: 1, Type: 'String', DataType: 'aws:ec2:image' },
    });
    expect(events).toMatchObject([
      {
        source: 'aws.ssm',
        'detail-type': 'Parameter Store Change',
        resources: ['arn:aws:ssm:us-west-2:111122223333:parameter/golden/ami'],
        detail: { operation: 'Create', name: Name, type: 'String', dataType: 'aws:ec2:image' },
      },
    ]);
    expect(events[0]?.detail).not.toHaveProperty('exception');
  });

  it.each([
    { case: 'does not exist', Value: 'ami-9' },
    { case: 'is no AMI id', Value: 'anything' },
    { case: 'is disabled', Value: 'ami-3' },
  ])('keep their value when the new one $case, and say so in an event only', async ({ Value }) => {
    const { run, validated, events } = anImageStore();
    await run('PutParameter', { ...image, Value: 'ami-1' });
    await validated();
    expect(await run('PutParameter', { Name, Value, Overwrite: true })).toMatchObject({ Version: 2 });
    await validated();
    expect(await run('GetParameter', { Name })).toMatchObject({ Parameter: { Value: 'ami-1', Version: 1 } });
    expect(events.at(-1)?.detail).toMatchObject({ operation: 'Update', exception: 'Unable to Describe Resource' });
  });

  it('are looked at with the rights of the caller', async () => {
    const { iam, run, validated } = anImageStore();
    const arn = `arn:aws:ssm:us-west-2:111122223333:parameter${Name}`;
    const blind = aRole(iam, 'blind', [allowing('ssm:PutParameter', arn)]);
    const seeing = aRole(iam, 'seeing', [allowing('ssm:PutParameter', arn), allowing('ec2:DescribeImages', '*')]);
    await run('PutParameter', { ...image, Value: 'ami-1' }, blind);
    await validated();
    await expect(run('GetParameter', { Name })).rejects.toMatchObject({ code: 'ParameterNotFound' });
    await run('PutParameter', { ...image, Value: 'ami-1' }, seeing);
    await validated();
    expect(await run('GetParameter', { Name })).toMatchObject({ Parameter: { Value: 'ami-1' } });
  });

  it.each<SsmBehaviour['validationInProcess']>(['TooManyUpdates', 'ValidationException'])(
    'take no second value while the first is looked at: %s',
    async (validationInProcess) => {
      const { run, validated } = anImageStore({ validationInProcess, imageValidatedAfter: 90_000 });
      await run('PutParameter', { ...image, Value: 'ami-1' });
      const second = { ...image, Value: 'ami-2', Overwrite: true };
      await expect(run('PutParameter', second)).rejects.toMatchObject({ code: validationInProcess });
      await validated();
      expect(await run('PutParameter', second)).toMatchObject({ Version: 2 });
    },
  );

  it.each([
    { case: 'another data type', change: { DataType: 'text' }, code: 'ValidationException' },
    { case: 'another type', change: { Type: 'StringList' }, code: 'HierarchyTypeMismatchException' },
  ])('cannot be given $case', async ({ change, code }) => {
    const { run, validated } = anImageStore();
    await run('PutParameter', { ...image, Value: 'ami-1' });
    await validated();
    const input = { Name, Value: 'ami-1', Overwrite: true, ...change };
    await expect(run('PutParameter', input)).rejects.toMatchObject({ code });
  });

  it.each([
    { case: 'a list', input: { ...image, Type: 'StringList' } },
    { case: 'a data type that is not known', input: { ...image, DataType: 'aws:ssm:integration' } },
    { case: 'a name of AWS', input: { ...image, Name: '/aws/golden' } },
    { case: 'a name with blanks', input: { ...image, Name: '/golden ami' } },
  ])('cannot be made as $case', async ({ input }) => {
    const { run } = anImageStore();
    await expect(run('PutParameter', { ...input, Value: 'ami-1' })).rejects.toMatchObject({
      code: 'ValidationException',
    });
  });

  it('that were a text cannot become one', async () => {
    const { run } = anImageStore();
    await run('PutParameter', { Name, Type: 'String', Value: 'ami-1' });
    const input = { ...image, Value: 'ami-1', Overwrite: true };
    await expect(run('PutParameter', input)).rejects.toMatchObject({ code: 'ValidationException' });
  });
});
