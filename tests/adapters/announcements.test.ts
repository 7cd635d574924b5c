import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { announce } from '../../functions/adapters/announcements.ts';
import { admittedNode } from '../../functions/domain/announcement.ts';
import { aKey, now } from '../support/builders.ts';

const events = mockClient(EventBridgeClient);
const admitted = admittedNode({ ...aKey(), instanceId: 'i-0c' }, { nodeName: 'node-c' }, now);

beforeEach(() => events.reset());

describe('an announcement', () => {
  it('is one event of ours on the default bus', async () => {
    events.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: 'one' }] });
    await announce(admitted);
    const [call] = events.commandCalls(PutEventsCommand);
    expect(call?.args[0].input.Entries).toEqual([
      { Source: 'reglaze', DetailType: 'Node Admitted', Time: now, Detail: JSON.stringify(admitted.detail) },
    ]);
  });

  it.each([
    { code: 'ThrottlingException', name: 'AwsUnavailable' },
    { code: 'InternalFailure', name: 'AwsUnavailable' },
    { code: 'NotAuthorizedForSourceException', name: 'AccessDenied' },
  ])('that EventBridge answers 200 to and does not take ($code) throws $name', async ({ code, name }) => {
    events.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: code, ErrorMessage: 'why' }] });
    await expect(announce(admitted)).rejects.toMatchObject({ name, message: expect.stringContaining(code) });
  });
});
