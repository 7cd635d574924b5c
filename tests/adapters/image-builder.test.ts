import { readFileSync } from 'node:fs';
import { GetImageCommand, ImagebuilderClient } from '@aws-sdk/client-imagebuilder';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { findImageBuild, getImageBuild } from '../../functions/adapters/image-builder.ts';
import { imageArn } from '../support/builders.ts';

const aws = mockClient(ImagebuilderClient);
beforeEach(() => aws.reset());

const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(`../support/samples/${name}.json`, import.meta.url), 'utf8'));

describe('an image build', () => {
  it('is read as Image Builder tells it', async () => {
    aws.on(GetImageCommand).resolves(sample('get-image'));
    expect(await getImageBuild(imageArn)).toMatchObject({
      arn: 'arn:aws:imagebuilder:us-west-2:111122223333:image/eks-win2022-recipe/1.0.0/7',
      type: 'AMI',
      platform: 'Windows',
      status: 'AVAILABLE',
      osVersion: 'Microsoft Windows Server 2022',
      amis: [{ region: 'us-west-2', amiId: 'ami-0123456789abcdef0' }, { region: 'us-east-1' }],
    });
  });

  it('that failed says why', async () => {
    aws.on(GetImageCommand).resolves(sample('get-image-failed'));
    expect(await getImageBuild(imageArn)).toMatchObject({
      status: 'FAILED',
      statusReason: 'Workflow step failed',
      amis: [],
    });
  });

  it.each(['ResourceNotFoundException', 'InvalidRequestException'])(
    'that is missing is missing by %s',
    async (name) => {
      aws.on(GetImageCommand).rejects(Object.assign(new Error('text'), { name }));
      expect(await findImageBuild(imageArn)).toBeUndefined();
      await expect(getImageBuild(imageArn)).rejects.toMatchObject({
        name: 'ImageNotFound',
        message: expect.stringContaining(imageArn),
      });
    },
  );
});
