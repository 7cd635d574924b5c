import type { Kernel } from '../../kernel/kernel.ts';
import type { Ec2Behaviour } from './behaviour.ts';
import type { Idempotency } from './idempotency.ts';
import type { Images } from './images.ts';
import type { Instances } from './instances.ts';
import type { LaunchTemplates } from './launch-templates.ts';
import type { Subnets } from './subnets.ts';

/** All that EC2 knows, as its operations share it. */
export type Ec2State = {
  readonly kernel: Kernel;
  readonly behaviour: Ec2Behaviour;
  readonly idempotency: Idempotency;
  readonly images: Images;
  readonly instances: Instances;
  readonly templates: LaunchTemplates;
  readonly subnets: Subnets;
};
