import * as v from 'valibot';
import { InvalidConfiguration } from '../domain/errors.ts';
import { parseAddresses } from '../domain/test-pod.ts';

const arn = (service: string) => v.pipe(v.string(), v.regex(new RegExp(`^arn:[^:]+:${service}:[^:]*:\\d{12}:.+$`)));

const variables = {
  RUN_BUCKET: v.pipe(v.string(), v.minLength(3)),
  TOPIC_ARN: arn('sns'),
  READER_ROLE_ARN: arn('iam'),
  MOVER_ROLE_ARN: arn('iam'),
  PATCH_FLEET_ARN: arn('states'),
  ROLL_NODE_GROUP_ARN: arn('states'),
  ADMIT_NODE_ARN: arn('states'),
  DRAIN_NODE_ARN: arn('states'),
  SETTLE_ARN: arn('states'),
  /** May be empty. */
  SMOKE_TEST_ADDRESSES: v.pipe(
    v.string(),
    v.check((text) => parseAddresses(text) !== undefined, 'host:port pairs'),
  ),
  SMOKE_TEST_REPOSITORY: v.pipe(v.string(), v.regex(/^[a-z0-9.:/_-]+$/)),
} as const;

type Variable = keyof typeof variables;

/**
 * The value of one variable of the function's environment.
 *
 * Read when a step first needs it, so that a function demands only what it uses.
 *
 * @throws {InvalidConfiguration} It is missing or malformed: the deployment is at fault, not the input.
 */
export function environment(name: Variable): string {
  const parsed = v.safeParse(variables[name], process.env[name]);
  if (parsed.success) return parsed.output;
  const found = process.env[name] === undefined ? 'is missing' : `is "${process.env[name]}", which is no valid value`;
  throw new InvalidConfiguration(`The environment variable ${name} ${found}. Deploy the stack again.`);
}
