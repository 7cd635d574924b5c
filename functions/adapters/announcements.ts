import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { type Announcement, announcementSource } from '../domain/announcement.ts';
import { AccessDenied, AwsUnavailable } from '../domain/errors.ts';
import { awsCall, once } from './aws-call.ts';
import { clientSettings } from './client-settings.ts';

const client = once(() => new EventBridgeClient(clientSettings()));

/**
 * Error codes of single entries that are no failure of the moment. Source: EventBridge API Reference,
 * PutEventsResultEntry.
 */
const lasting = new Set([
  'NotAuthorizedForSourceException',
  'AccessDeniedException',
  'MalformedDetail',
  'InvalidArgument',
]);

/** Puts one event on the account's default bus. Announcing twice tells the rules twice. */
export type Announce = (announcement: Announcement) => Promise<void>;

/**
 * EventBridge answers 200 for events that it did not take, and says so per entry.
 *
 * @throws {AwsUnavailable} It did not take the event now.
 * @throws {AccessDenied} It never will, or the role lacks `events:PutEvents`.
 */
export const announce: Announce = async ({ type, at, detail }) => {
  const subject = `${type} of ${detail.instanceId}`;
  const { FailedEntryCount = 0, Entries = [] } = await awsCall('events:PutEvents', subject, () =>
    client().send(
      new PutEventsCommand({
        Entries: [{ Source: announcementSource, DetailType: type, Time: at, Detail: JSON.stringify(detail) }],
      }),
    ),
  );
  if (FailedEntryCount === 0) return;
  const [{ ErrorCode = 'no code', ErrorMessage = 'no message' } = {}] = Entries;
  const message = `events:PutEvents on ${subject} was not taken: ${ErrorCode}: ${ErrorMessage}`;
  throw lasting.has(ErrorCode) ? new AccessDenied(message) : new AwsUnavailable(message);
};
