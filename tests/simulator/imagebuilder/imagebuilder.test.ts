import { readFileSync } from 'node:fs';
import type { Image, ImageStatus } from '@aws-sdk/client-imagebuilder';
import { describe, expect, it } from 'vitest';
import imagebuilderModel from '../../../simulator/models/imagebuilder.json' with { type: 'json' };
import type { ImageBuilderBehaviour } from '../../../simulator/services/imagebuilder/catalogue.ts';
import { createImageBuilder } from '../../../simulator/services/imagebuilder/imagebuilder.ts';
import { aKernel } from '../../support/kernel.ts';
import { refusalOf, run } from '../autoscaling/an-account.ts';

const NAME = 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core';
const PIPELINE = 'arn:aws:imagebuilder:us-west-2:111122223333:image-pipeline/windows-2022-core';

const anImage = (version: string, build: number, status: ImageStatus, overrides: Partial<Image> = {}): Image => ({
  arn: `${NAME}/${version}/${build}`,
  type: 'AMI',
  name: 'windows-2022-core',
  version: `${version}/${build}`,
  platform: 'Windows',
  state: { status },
  dateCreated: '2026-05-16T02:30:05.123Z',
  outputResources: { amis: [{ region: 'us-west-2', image: 'ami-00000000000000001', accountId: '111122223333' }] },
  ...overrides,
});

function anImageBuilder(behaviour: Partial<ImageBuilderBehaviour> = {}) {
  const events: Record<string, unknown>[] = [];
  const imageBuilder = createImageBuilder({
    kernel: aKernel(),
    events: { put: (event) => events.push(event) },
    behaviour,
  });
  for (const image of [
    anImage('1.0.0', 1, 'AVAILABLE'),
    anImage('1.0.0', 2, 'AVAILABLE', { sourcePipelineArn: PIPELINE }),
    anImage('1.0.0', 3, 'FAILED', { sourcePipelineArn: PIPELINE }),
    anImage('1.10.0', 1, 'AVAILABLE'),
    anImage('1.9.0', 1, 'AVAILABLE'),
    anImage('2.0.0', 1, 'DEPRECATED'),
    anImage('2.0.1', 1, 'TESTING'),
  ]) {
    imageBuilder.addImage(image);
  }
  imageBuilder.addPipeline({ arn: PIPELINE, name: 'windows-2022-core', status: 'ENABLED' });
  const call = <Output>(operation: string, input: object) => run<Output>(imageBuilder.service, operation, input);
  const get = (imageBuildVersionArn: string) => call<{ image: Image }>('GetImage', { imageBuildVersionArn });
  return { imageBuilder, events, call, get };
}

describe('GetImage', () => {
  it.each([
    { asked: '1.0.0/3', found: '1.0.0/3' },
    { asked: '2.0.1/1', found: '2.0.1/1' },
    { asked: '1.0.0', found: '1.0.0/2' },
    { asked: '1.0.x', found: '1.0.0/2' },
    { asked: '1.x.x', found: '1.10.0/1' },
    { asked: 'x.x.x', found: '1.10.0/1' },
  ])('of $asked is $found', ({ asked, found }) => {
    expect(anImageBuilder().get(`${NAME}/${asked}`).image.arn).toBe(`${NAME}/${found}`);
  });

  it('names the wildcards under which newer ones are found', () => {
    expect(anImageBuilder().get(`${NAME}/1.0.0/2`)).toMatchObject({
      requestId: 'request-1',
      latestVersionReferences: {
        latestVersionArn: `${NAME}/x.x.x`,
        latestMajorVersionArn: `${NAME}/1.x.x`,
        latestMinorVersionArn: `${NAME}/1.0.x`,
        latestPatchVersionArn: `${NAME}/1.0.0`,
      },
    });
  });

  it.each([{ missingImage: 'ResourceNotFoundException' }, { missingImage: 'InvalidRequestException' }] as const)(
    'of what is missing, or not AVAILABLE, is refused with $missingImage',
    ({ missingImage }) => {
      const { get } = anImageBuilder({ missingImage });
      for (const asked of ['3.0.0/1', '2.0.0', '2.x.x', '1.0.0/9']) {
        expect(refusalOf(() => get(`${NAME}/${asked}`))?.code).toBe(missingImage);
      }
    },
  );
});

describe('an image that is published', () => {
  const sample = (name: string) =>
    JSON.parse(readFileSync(new URL(`./samples/${name}.json`, import.meta.url), 'utf8')) as Record<string, unknown>;

  it.each([
    { sample: 'state-change-available', from: 'INTEGRATING', to: 'AVAILABLE', more: {} },
    { sample: 'state-change-failed', from: 'TESTING', to: 'FAILED', more: { reason: 'step failed' } },
  ] as const)('as $to raises the documented event and has that state', ({ sample: name, from, to, more }) => {
    const { imageBuilder, events, get } = anImageBuilder();
    imageBuilder.addImage(anImage('3.0.0', 1, from));
    imageBuilder.publish(`${NAME}/3.0.0/1`, to, more);
    expect(events).toEqual([sample(name)]);
    expect(get(`${NAME}/3.0.0/1`).image.state).toEqual({ status: to, ...more });
  });

  it('must exist', () => {
    const { imageBuilder, events } = anImageBuilder();
    expect(() => imageBuilder.publish(`${NAME}/9.9.9/1`, 'AVAILABLE')).toThrow(/no image .*9\.9\.9/);
    expect(() => imageBuilder.addImage(anImage('x.x.x', 1, 'AVAILABLE', { arn: `${NAME}/x.x.x` }))).toThrow(TypeError);
    expect(events).toEqual([]);
  });
});

describe('lists of images', () => {
  const rows = (output: Record<string, unknown>) =>
    ((output.imageVersionList ?? output.imageSummaryList) as { arn: string }[]).map(({ arn }) =>
      arn.slice(NAME.length + 1),
    );

  it.each([
    { operation: 'ListImages', input: {}, found: ['1.0.0', '1.10.0', '1.9.0', '2.0.1'] },
    {
      operation: 'ListImages',
      input: { includeDeprecated: true },
      found: ['1.0.0', '1.10.0', '1.9.0', '2.0.0', '2.0.1'],
    },
    { operation: 'ListImages', input: { filters: [{ name: 'version', values: ['1.9.0'] }] }, found: ['1.9.0'] },
    {
      operation: 'ListImageBuildVersions',
      input: { imageVersionArn: `${NAME}/1.0.0` },
      found: ['1.0.0/1', '1.0.0/2', '1.0.0/3'],
    },
    { operation: 'ListImagePipelineImages', input: { imagePipelineArn: PIPELINE }, found: ['1.0.0/2', '1.0.0/3'] },
  ])('$operation with $input has $found', ({ operation, input, found }) => {
    expect(rows(anImageBuilder().call(operation, input))).toEqual(found);
  });

  it('lose nothing between pages', () => {
    const { call } = anImageBuilder();
    const first = call<Record<string, unknown>>('ListImageBuildVersions', { maxResults: 4 });
    const second = call<Record<string, unknown>>('ListImageBuildVersions', {
      maxResults: 4,
      nextToken: first.nextToken,
    });
    expect([...rows(first), ...rows(second)]).toHaveLength(7);
    expect(new Set([...rows(first), ...rows(second)]).size).toBe(7);
    expect(second.nextToken).toBeUndefined();
    expect(refusalOf(() => call('ListImages', { nextToken: 'forged' }))?.code).toBe('InvalidPaginationTokenException');
  });
});

describe('what Image Builder refuses', () => {
  it.each([
    {
      operation: 'ListImagePipelineImages',
      input: { imagePipelineArn: `${PIPELINE}-2` },
      code: 'ResourceNotFoundException',
    },
    { operation: 'GetImagePipeline', input: { imagePipelineArn: `${PIPELINE}-2` }, code: 'ResourceNotFoundException' },
    { operation: 'GetImageRecipe', input: { imageRecipeArn: 'arn' }, code: 'ResourceNotFoundException' },
    { operation: 'GetComponent', input: { componentBuildVersionArn: 'arn' }, code: 'ResourceNotFoundException' },
    { operation: 'StartImagePipelineExecution', input: { imagePipelineArn: PIPELINE }, code: 'NotSimulated' },
    { operation: 'ListLifecycleExecutions', input: { resourceArn: 'arn' }, code: 'NotSimulated' },
    { operation: 'ListImages', input: { owner: 'Amazon' }, code: 'NotSimulated' },
    { operation: 'ListImages', input: { filters: [{ name: 'colour', values: ['red'] }] }, code: 'NotSimulated' },
  ])('$operation with $input, with $code', ({ operation, input, code }) => {
    expect(refusalOf(() => anImageBuilder().call(operation, input))?.code).toBe(code);
  });

  it('is no operation of its model', () => {
    const operations = Object.keys(anImageBuilder().imageBuilder.service.operations);
    expect(operations.toSorted()).toEqual(Object.keys(imagebuilderModel.operations).toSorted());
  });
});
