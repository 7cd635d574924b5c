import type { Kernel } from '../kernel/kernel.ts';
import { type Caller, type Service, ServiceError } from '../kernel/service.ts';
import type { MetricStore } from './cloudwatch/metric-store.ts';
import { type Authority, servicePrincipal } from './kms/authority.ts';
import type { Kms } from './kms.ts';
import { embeddedMetrics } from './logs/embedded-metrics.ts';
import { createLogOperations } from './logs/operations.ts';

export type LogGroupSpec = {
  readonly logGroupName: string;
  readonly retentionInDays?: number;
  readonly kmsKey?: string;
};
export type LogGroup = LogGroupSpec & { readonly arn: string };
export type LogLine = { readonly timestamp: number; readonly stream: string; readonly message: string };

export type WriteRequest = {
  /** Its name, or its ARN as the logging configurations of other services have it. */
  readonly logGroupName: string;
  readonly stream: string;
  readonly message: string;
  /** The role in whose name Lambda or Step Functions writes; without one the account itself does. */
  readonly caller?: Caller;
};

/** The log groups of the account. */
export type Logs = {
  readonly service: Service;
  readonly createLogGroup: (spec: LogGroupSpec) => LogGroup;
  readonly deleteLogGroup: (logGroupName: string) => void;
  readonly logGroup: (logGroupName: string) => LogGroup | undefined;
  readonly logGroups: () => readonly LogGroup[];
  /**
   * Puts one line, and the metrics embedded in it. False when the group is missing or the role may not write: the
   * line is lost, and whoever wrote it never learns.
   */
  readonly write: (request: WriteRequest) => boolean;
  /** What retention has not yet taken, oldest first. */
  readonly lines: (logGroupName: string) => readonly LogLine[];
};

type Dependencies = {
  readonly kernel: Kernel;
  readonly iam: Pick<Authority, 'authorize'>;
  readonly kms: Pick<Kms, 'refusal'>;
  readonly metrics: Pick<MetricStore, 'record'>;
};

/** Source: CloudWatch Logs API Reference, PutRetentionPolicy. */
const retentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export function createLogs({ kernel, iam, kms, metrics }: Dependencies): Logs {
  const { accountId, region, partition } = kernel.identity;
  const groups = new Map<string, { readonly group: LogGroup; lines: LogLine[] }>();

  const mayWrite = ({ arn }: LogGroup, stream: string, caller: Caller | undefined) => {
    const resource = `${arn}:log-stream:${stream}`;
    const rights = ['logs:CreateLogStream', 'logs:PutLogEvents'];
    return caller === undefined || rights.every((action) => iam.authorize(caller, { action, resource }).allowed);
  };
  const checkKey = ({ logGroupName, kmsKey }: LogGroupSpec) => {
    const arn = `arn:${partition}:logs:${region}:${accountId}:log-group:${logGroupName}`;
    const refusal = kms.refusal({
      caller: servicePrincipal(`logs.${region}.amazonaws.com`),
      key: kmsKey,
      actions: ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:Decrypt'],
      via: 'logs',
      context: { 'kms:EncryptionContext:aws:logs:arn': arn },
    });
    if (refusal !== undefined)
      throw new ServiceError('InvalidParameterException', `The specified KMS Key cannot be used: ${refusal}`);
  };

  const logs: Omit<Logs, 'service'> = {
    createLogGroup(spec) {
      const { logGroupName, retentionInDays } = spec;
      if (groups.has(logGroupName))
        throw new ServiceError('ResourceAlreadyExistsException', `The log group ${logGroupName} already exists`);
      if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(logGroupName))
        throw new ServiceError('InvalidParameterException', `Invalid log group name ${logGroupName}`);
      if (retentionInDays !== undefined && !retentions.includes(retentionInDays)) {
        throw new ServiceError(
          'InvalidParameterException',
          `RetentionInDays ${retentionInDays} is not one of ${retentions.join(', ')}`,
        );
      }
      checkKey(spec);
      const group = { ...spec, arn: `arn:${partition}:logs:${region}:${accountId}:log-group:${logGroupName}` };
      groups.set(logGroupName, { group, lines: [] });
      return group;
    },
    deleteLogGroup: (logGroupName) => {
      groups.delete(logGroupName);
    },
    logGroup: (logGroupName) => groups.get(logGroupName)?.group,
    logGroups: () => [...groups.values()].map(({ group }) => group),
    write({ logGroupName, stream, message, caller }) {
      const held = groups.get(logGroupName.startsWith('arn:') ? (logGroupName.split(':')[6] ?? '') : logGroupName);
      if (held === undefined || !mayWrite(held.group, stream, caller)) return false;
      held.lines.push({ timestamp: kernel.clock.now(), stream, message });
      for (const datum of embeddedMetrics(message)) metrics.record(datum);
      return true;
    },
    lines(logGroupName) {
      const held = groups.get(logGroupName);
      if (held === undefined) return [];
      const { retentionInDays = Number.POSITIVE_INFINITY } = held.group;
      const oldest = kernel.clock.now() - retentionInDays * 86_400_000;
      held.lines = held.lines.filter(({ timestamp }) => timestamp >= oldest);
      return held.lines;
    },
  };
  return { ...logs, service: { model: 'logs', name: 'Logs', operations: createLogOperations(logs, kernel) } };
}
