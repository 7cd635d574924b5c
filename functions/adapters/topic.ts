import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { awsCall, once } from './aws-call.ts';
import { clientSettings } from './client-settings.ts';

const client = once(() => new SNSClient(clientSettings()));

export type Notification = { readonly subject: string; readonly text: string };

/** Tells people: publishes to the stack's topic. Publishing twice tells them twice. */
export const notifyThrough =
  (topicArn: () => string) =>
  async ({ subject, text }: Notification): Promise<void> => {
    await awsCall('sns:Publish', topicArn(), () =>
      client().send(new PublishCommand({ TopicArn: topicArn(), Subject: subject, Message: text })),
    );
  };
