import { describe, expect, it } from 'vitest';
import { ConnectionLost } from '../../../simulator/kernel/wire.ts';
import { aKernel } from '../../support/kernel.ts';
import { anAccount } from './account.ts';
import { deployed, queue, role, workerFunction } from './templates.ts';

type ProviderEvent = {
  readonly RequestType: string;
  readonly ResponseURL: string;
  readonly RequestId: string;
  readonly ResourceProperties: object;
};
type Reply = (event: ProviderEvent) => string | undefined;

const says =
  (status: string, more: object = {}): Reply =>
  ({ RequestType, ResponseURL, ResourceProperties, ...about }) =>
    JSON.stringify({ Status: status, PhysicalResourceId: 'the-thing', ...about, ...more });

/** An account whose only function puts an answer to the URL of the event that it gets. */
function answering(reply: Reply) {
  const kernel = aKernel();
  const outside = () => Promise.reject(new ConnectionLost('Not to the inbox.'));
  const account = anAccount({
    kernel,
    work(payload) {
      const event = payload as ProviderEvent;
      const body = reply(event);
      if (body === undefined) return;
      const { pathname, search } = new URL(event.ResponseURL);
      void account.responses.infrontOf(outside)({
        ...{ method: 'PUT', path: `${pathname}${search}`, headers: {}, body: Buffer.from(body) },
      });
    },
  });
  return account;
}

const resources = (properties: object = {}) => ({
  WorkerRole: role('lambda.amazonaws.com'),
  Worker: workerFunction(),
  Thing: {
    Type: 'AWS::CloudFormation::CustomResource',
    Properties: { ServiceToken: { 'Fn::GetAtt': ['Worker', 'Arn'] }, Size: 3, ...properties },
  },
  Behind: queue({ QueueName: { 'Fn::GetAtt': ['Thing', 'QueueName'] } }, { DependsOn: 'Thing' }),
});

const requestsTo = ({ invocations }: ReturnType<typeof anAccount>) =>
  invocations.map(({ payload }) => payload as ProviderEvent);

describe('a custom resource', () => {
  it('is what its provider says it is, and hands it every property as a text', async () => {
    const account = answering(says('SUCCESS', { Data: { QueueName: 'from-the-provider' } }));
    const { stack } = await deployed(resources(), { account });

    expect(stack.resource('Thing')?.ref).toBe('the-thing');
    expect(account.sqs.queue('arn:aws:sqs:us-west-2:111122223333:from-the-provider')).toBeDefined();
    expect(requestsTo(account)).toMatchObject([{ RequestType: 'Create', ResourceProperties: { Size: '3' } }]);
  });

  it('is told of its end before what it needs is deleted, and after what needs it', async () => {
    const seen: (boolean | undefined)[] = [];
    const account = answering((event) => {
      const isThere = account.sqs.queue('arn:aws:sqs:us-west-2:111122223333:q') !== undefined;
      if (event.RequestType === 'Delete') seen.push(isThere, account.lambda.functionByArn(workerArn) !== undefined);
      return says('SUCCESS', { Data: { QueueName: 'q' } })(event);
    });
    const workerArn = 'arn:aws:lambda:us-west-2:111122223333:function:worker';
    const { stack } = await deployed(resources(), { account });
    let isOver = false;
    const gone = stack.delete().then(() => {
      isOver = true;
    });
    await account.kernel.clock.run(() => isOver);
    await gone;

    expect(seen).toEqual([false, true]);
    expect(requestsTo(account).at(-1)).toMatchObject({ RequestType: 'Delete', PhysicalResourceId: 'the-thing' });
    expect(account.lambda.functionByArn(workerArn)).toBeUndefined();
  });

  it.each<{ case: string; reply: Reply; why: RegExp }>([
    { case: 'its provider refuses', reply: says('FAILED', { Reason: 'no room' }), why: /no room/ },
    { case: 'no answer comes in time', reply: () => undefined, why: /no answer within 20 seconds/ },
    { case: 'the answer is no JSON', reply: () => 'fine', why: /not one of a provider: fine/ },
    { case: 'the answer is for another request', reply: says('SUCCESS', { RequestId: 'x' }), why: /another request/ },
  ])('is not made when $case', async ({ reply, why }) => {
    const account = answering(reply);

    await expect(deployed(resources({ ServiceTimeout: 20 }), { account })).rejects.toThrow(why);
    expect(account.iam.roles()).toEqual([]);
  });

  it('stays, with the rest of its stack, when its provider cannot delete it', async () => {
    const account = answering((event) =>
      says(event.RequestType === 'Delete' ? 'FAILED' : 'SUCCESS', { Data: { QueueName: 'q' } })(event),
    );
    const { stack } = await deployed(resources(), { account });
    let failure: unknown;
    const gone = stack.delete().catch((error) => {
      failure = error;
    });
    await account.kernel.clock.run(() => failure !== undefined);
    await gone;

    expect(String(failure)).toMatch(/Thing could not be deleted/);
    expect(account.lambda.functionByArn('arn:aws:lambda:us-west-2:111122223333:function:worker')).toBeDefined();
  });

  it('takes an answer once, and from nobody who does not know the URL', async () => {
    const account = answering(says('SUCCESS', { Data: { QueueName: 'q' } }));
    await deployed(resources(), { account });
    const { pathname, search } = new URL(requestsTo(account)[0]?.ResponseURL ?? '');
    const front = account.responses.infrontOf(() => Promise.reject(new Error('not reached')));
    const again = front({ method: 'PUT', path: `${pathname}${search}`, headers: {}, body: Buffer.from('{}') });
    const guessed = front({
      method: 'PUT',
      path: `${pathname}?X-Amz-Signature=00`,
      headers: {},
      body: Buffer.from('{}'),
    });
    await account.kernel.clock.run(() => true);
    account.kernel.clock.after(1, () => {});
    await account.kernel.clock.run(() => false);

    expect([(await again).status, (await guessed).status]).toEqual([403, 403]);
  });
});
