import { EKSClient } from '@aws-sdk/client-eks';
import { once } from './aws-call.ts';
import { clientSettings } from './client-settings.ts';

/** The environment's one EKS client, shared by the adapters of its separate subjects. */
export const eks = once(() => new EKSClient(clientSettings()));
