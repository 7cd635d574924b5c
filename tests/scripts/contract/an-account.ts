import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Endpoint } from '../../../scripts/contract/endpoint.ts';
import { read, text } from '../../../scripts/contract/fields.ts';
import { createServiceClient } from '../../../scripts/contract/service-client.ts';
import type { HttpAnswer, Transport } from '../../../scripts/contract/transport.ts';
import { type Account, createAccount } from '../../../simulator/account.ts';
import { deploy } from '../../../simulator/cloudformation/deploy.ts';
import { buildAccount } from '../../../simulator/scenario/build.ts';
import { parseScenario } from '../../../simulator/scenario/load.ts';
import { zipOf } from '../../support/zip.ts';

const folder = join(import.meta.dirname, '../../../scripts/contract');
const image = 'windows-2022-core';

const scenario = parseScenario(
  stringify({
    name: 'contract',
    summary: 'What the suites need',
    startsAt: '2026-05-16T04:12:00Z',
    amis: [{ id: 'ami-0a1b2c3d4e5f60001', name: 'windows', kernelVersion: '10.0.20348.5139' }],
    images: [
      { name: image, version: '2026.4.16/1', amis: [{ region: 'us-west-2', id: 'ami-0a1b2c3d4e5f60001' }] },
      { name: image, version: '2026.5.16/1', amis: [{ region: 'us-west-2', id: 'ami-0a1b2c3d4e5f60001' }] },
    ],
    clusters: [
      {
        name: 'shop',
        nodeGroups: [
          { name: 'web', kind: 'self-managed', ami: 'ami-0a1b2c3d4e5f60001', size: 2, maxSize: 4 },
          { name: 'orders', kind: 'managed', ami: 'ami-0a1b2c3d4e5f60001', size: 2, maxSize: 4 },
        ],
      },
      {
        name: 'depot',
        nodeGroups: [{ name: 'stock', kind: 'self-managed', ami: 'ami-0a1b2c3d4e5f60001', size: 1 }],
      },
    ],
  }),
  'contract.yml',
);

export type ContractAccount = {
  readonly account: Account;
  readonly endpoint: Endpoint;
  readonly given: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
};

/** An embedded account that has all that the suites need; its time passes only while somebody waits for an answer. */
export async function aContractAccount(): Promise<ContractAccount> {
  const account = await createAccount({
    identity: { accountId: scenario.accountId, region: scenario.region, partition: 'aws' },
    startsAt: Date.parse(scenario.startsAt),
    ...{ seed: 1, pace: 'max', functions: 'process' },
  });
  await buildAccount(account, scenario);
  const pipeline = `arn:aws:imagebuilder:us-west-2:${scenario.accountId}:image-pipeline/${image}`;
  account.imageBuilder.addPipeline({ arn: pipeline, name: image, status: 'ENABLED' });
  const zip = zipOf({ 'index.mjs': readFileSync(join(folder, 'echo.mjs'), 'utf8') });
  const template = parse(readFileSync(join(folder, 'stack.yml'), 'utf8'));
  const parameters = { CodeBucket: 'code', CodeKey: 'echo.zip' };
  const stack = await deploy({ account, template, stackName: 'contract', parameters, artifacts: () => zip });
  const endpoint = endpointOf(account);
  const functions = await createServiceClient('lambda', endpoint);
  await functions('Invoke', { FunctionName: stack.outputs.function, Payload: '{}' });
  const client = await createServiceClient('autoscaling', endpoint);
  const { output } = await client('DescribeAutoScalingGroups', { AutoScalingGroupNames: ['web'] });
  const web = read(output, 'AutoScalingGroups.0');
  return {
    account,
    endpoint,
    given: {
      ...stack.outputs,
      ...{ group: 'web', ami: 'ami-0a1b2c3d4e5f60001', template: text(web, 'LaunchTemplate.LaunchTemplateId') },
      ...{ instance: text(web, 'Instances.0.InstanceId'), cluster: 'shop', nodegroup: 'orders' },
      pipeline,
      image: `arn:aws:imagebuilder:us-west-2:${scenario.accountId}:image/${image}/2026.5.16/1`,
    },
    close: account.close,
  };
}

/** The account's front without a network between. */
function endpointOf(account: Account): Endpoint {
  const { clock } = account.kernel;
  const transport: Transport = async (request) => {
    let answer: HttpAnswer | undefined;
    const asked = account.front(request).then(({ status, headers, body }) => {
      answer = { status, headers, body: body as Buffer };
    });
    await clock.run(() => answer !== undefined);
    await asked;
    return answer as HttpAnswer;
  };
  return {
    ...{ host: 'localhost', region: 'us-west-2', transport, now: clock.now },
    credentials: async () => account.iam.operatorCredentials(),
    async pass(seconds) {
      let isOver = false;
      clock.after(seconds * 1000, () => {
        isOver = true;
      });
      await clock.run(() => isOver);
    },
  };
}
