import { readFunctionCode } from '../../../simulator/lambda/function-code.ts';
import { type StackFunction, zipOf } from './stack.ts';

/** IAM's prefix for the services whose clients functions use. */
const prefixes: Readonly<Record<string, string>> = {
  'auto-scaling': 'autoscaling',
  ec2: 'ec2',
  eks: 'eks',
  eventbridge: 'events',
  imagebuilder: 'imagebuilder',
  s3: 's3',
  sfn: 'states',
  sns: 'sns',
  sts: 'sts',
};
/** Operations whose action has another name. */
const renamed: Readonly<Record<string, string>> = {
  's3:ListObjectsV2': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
};

const commandFile = /@aws-sdk\/client-([a-z0-9-]+)\/dist-es\/commands\/(\w+)Command\.js$/;

/**
 * The IAM actions of the AWS calls that a function's bundle contains.
 *
 * What no handler reaches is shaken out of the bundle, and the source map names every file that something was taken from.
 */
export async function actionsIn(stackFunction: StackFunction): Promise<Set<string>> {
  const actions = (await sourcesOf(stackFunction)).flatMap((source) => {
    const [, client = '', operation] = commandFile.exec(source) ?? [];
    if (operation === undefined) return [];
    const action = `${prefixes[client] ?? client}:${operation}`;
    return [renamed[action] ?? action];
  });
  return new Set(actions);
}

/** Names of environment variables that a bundle mentions. */
export async function variablesIn(stackFunction: StackFunction, names: readonly string[]): Promise<string[]> {
  const { files } = await readFunctionCode(zipOf(stackFunction));
  const code = files.get(bundlePath(stackFunction)) ?? '';
  return names.filter((name) => new RegExp(`["'\`.]${name}\\b`).test(code));
}

async function sourcesOf(stackFunction: StackFunction): Promise<string[]> {
  const { files } = await readFunctionCode(zipOf(stackFunction));
  const map = files.get(`${bundlePath(stackFunction)}.map`);
  if (map === undefined) throw new Error(`${stackFunction.step} has no source map`);
  return (JSON.parse(map) as { sources: string[] }).sources;
}

const bundlePath = ({ step }: StackFunction): string => `functions/handlers/${step}.mjs`;
