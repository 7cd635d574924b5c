import { EC2Client } from '@aws-sdk/client-ec2';
import { once } from './aws-call.ts';
import { clientSettings } from './client-settings.ts';

/** The environment's one EC2 client, shared by the adapters of EC2's separate subjects. */
export const ec2 = once(() => new EC2Client(clientSettings()));
