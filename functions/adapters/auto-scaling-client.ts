import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { once } from './aws-call.ts';
import { clientSettings } from './client-settings.ts';

/** The environment's one Auto Scaling client, shared by the adapters of its separate subjects. */
export const autoScaling = once(() => new AutoScalingClient(clientSettings()));
