import { onResource } from '../iam/dependent-actions.ts';
import type { Iam } from '../iam/iam.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type Operation, type Permission, type Service, ServiceError } from '../kernel/service.ts';
import type { Kms } from './kms.ts';
import { createAdministration } from './ssm/administration.ts';
import { defaultSsmBehaviour, type SsmBehaviour } from './ssm/behaviour.ts';
import { type Change, createImageValidation, type Surroundings } from './ssm/image-validation.ts';
import {
  createParameters,
  type Parameters,
  type ParameterType,
  type ParameterVersion,
  type PutParameter,
} from './ssm/parameters.ts';

export type Ssm = {
  readonly service: Service;
  /** Also for parameters of AWS, such as those below `/aws/service/ami-windows-latest/`. */
  readonly parameters: Parameters;
  /** Lets it look at AMIs and tell of changes: EC2 and the event bus come into the account after it. */
  readonly connect: (surroundings: Surroundings) => void;
};

type Dependencies = {
  readonly kernel: Kernel;
  readonly kms: Pick<Kms, 'key'>;
  readonly iam: Pick<Iam, 'authorize'>;
  readonly behaviour?: Partial<SsmBehaviour> | undefined;
};

type GetParameterInput = { readonly Name: string; readonly WithDecryption?: boolean };
type GetParametersInput = { readonly Names: readonly string[]; readonly WithDecryption?: boolean };
type ByPathInput = {
  readonly Path: string;
  readonly Recursive?: boolean;
  readonly ParameterFilters?: unknown;
  readonly WithDecryption?: boolean;
  readonly MaxResults?: number;
  readonly NextToken?: string;
};
type PutInput = {
  readonly Name: string;
  readonly Value: string;
  readonly Type?: ParameterType;
  readonly KeyId?: string;
  readonly Overwrite?: boolean;
  readonly AllowedPattern?: string;
  readonly Tier?: string;
  readonly Policies?: string;
  readonly Tags?: unknown;
  readonly DataType?: string;
};

/** Systems Manager's Parameter Store. */
export function createSsm({ kernel, kms, iam, behaviour }: Dependencies): Ssm {
  const parameters = createParameters(kernel);
  let surroundings: Surroundings | undefined;
  const validation = createImageValidation(
    { kernel, iam, arn: parameters.arn },
    { ...defaultSsmBehaviour, ...behaviour },
    () => surroundings,
  );
  const find = (reference: string) => found(() => parameters.get(reference));

  /** Reading the value of a secure string is a call of KMS in the caller's name. */
  const decryption = (
    versions: readonly (ParameterVersion | undefined)[],
    wanted: boolean | undefined,
  ): readonly Permission[] =>
    versions.flatMap((version) => {
      const key = version?.type === 'SecureString' && wanted ? kms.key(version.kmsKey ?? awsKey) : undefined;
      if (key?.managedBy !== 'customer') return [];
      const { region, accountId } = kernel.identity;
      const context = { 'kms:ViaService': `ssm.${region}.amazonaws.com`, 'kms:CallerAccount': accountId };
      return [onResource('kms:Decrypt', key.arn, context)];
    });
  const reply = (version: ParameterVersion, selector: string | undefined, decrypted: boolean | undefined) => ({
    Name: version.name,
    Type: version.type,
    Value: version.type === 'SecureString' && !decrypted ? cipherText(version, kernel) : version.value,
    Version: version.version,
    ...(selector !== undefined && { Selector: `:${selector}` }),
    LastModifiedDate: new Date(version.lastModified),
    ARN: parameters.arn(version.name),
    DataType: version.dataType,
  });

  const getParameter: Operation<GetParameterInput> = {
    needs: ({ Name, WithDecryption }) => [
      onResource('ssm:GetParameter', parameters.arn(Name)),
      ...decryption([find(Name)], WithDecryption),
    ],
    run: ({ Name, WithDecryption }) => ({ Parameter: reply(parameters.get(Name), selectorOf(Name), WithDecryption) }),
  };
  const getParameters: Operation<GetParametersInput> = {
    needs: ({ Names, WithDecryption }) => [
      ...Names.map((name) => onResource('ssm:GetParameters', parameters.arn(name))),
      ...decryption(Names.map(find), WithDecryption),
    ],
    run({ Names, WithDecryption }) {
      const versions = Names.map((name) => ({ name, version: find(name) }));
      return {
        Parameters: versions.flatMap(({ name, version }) =>
          version === undefined ? [] : [reply(version, selectorOf(name), WithDecryption)],
        ),
        InvalidParameters: versions.filter(({ version }) => version === undefined).map(({ name }) => name),
      };
    },
  };
  const getByPath: Operation<ByPathInput> = {
    needs: ({ Path, Recursive = false, WithDecryption }) => [
      onResource('ssm:GetParametersByPath', parameters.arn(Path)),
      ...decryption(parameters.under(Path, Recursive), WithDecryption),
    ],
    run({ Path, Recursive = false, ParameterFilters, WithDecryption, MaxResults = 10, NextToken }) {
      if (ParameterFilters !== undefined) throw new ServiceError('InvalidFilterKey', 'Filters are not simulated.');
      if (!Path.startsWith('/'))
        throw new ServiceError('ValidationException', 'The parameter path must begin with a slash (/).');
      const all = parameters.under(Path, Recursive);
      const start = NextToken === undefined ? 0 : Number(NextToken);
      if (!Number.isInteger(start) || start < 0)
        throw new ServiceError('InvalidNextToken', 'The specified token is not valid.');
      const end = start + MaxResults;
      return {
        Parameters: all.slice(start, end).map((version) => reply(version, undefined, WithDecryption)),
        ...(end < all.length && { NextToken: String(end) }),
      };
    },
  };
  const putParameter: Operation<PutInput> = {
    needs: ({ Name }) => [onResource('ssm:PutParameter', parameters.arn(Name))],
    run(input, { caller }) {
      refuseUnsimulated(input);
      const { Name, Value } = input;
      refuseName(Name);
      validation.refuseWhilePending(Name);
      const operation = parameters.exists(Name) ? 'Update' : 'Create';
      const { version, take } = parameters.reserve(versionOf(input));
      const change: Change = { operation, name: Name, type: version.type };
      if (version.dataType === 'aws:ec2:image') {
        validation.begin(change, Value, caller, take);
      } else {
        take();
        validation.announce(change);
      }
      return { Version: version.version, Tier: 'Standard' };
    },
  };

  const operations = {
    GetParameter: getParameter,
    GetParameters: getParameters,
    GetParametersByPath: getByPath,
    PutParameter: putParameter,
    ...createAdministration({ parameters, announce: (change) => validation.announce(change) }),
  };
  return {
    parameters,
    connect: (account) => {
      surroundings = account;
    },
    service: { model: 'ssm', name: 'Ssm', operations },
  };
}

function versionOf({ Name, Value, Type, Overwrite, AllowedPattern, KeyId, DataType }: PutInput): PutParameter {
  return {
    name: Name,
    value: Value,
    ...(Type !== undefined && { type: Type }),
    ...(Overwrite !== undefined && { overwrite: Overwrite }),
    ...(AllowedPattern !== undefined && { allowedPattern: AllowedPattern }),
    ...(KeyId !== undefined && { kmsKey: KeyId }),
    ...((DataType === 'text' || DataType === 'aws:ec2:image') && { dataType: DataType }),
  };
}

const awsKey = 'alias/aws/ssm';

function found<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

function selectorOf(reference: string): string | undefined {
  return reference.startsWith('arn:') ? undefined : reference.split(':')[1];
}

/** What is shown of a secure string to who does not ask for decryption: base64 that does not hold the value. */
function cipherText({ name, version }: ParameterVersion, { random }: Kernel): string {
  return Buffer.from(random.hex(96, 'ssm-cipher-text', name, version), 'hex').toString('base64');
}

/** PutParameter: letters, digits, `.-_` and `/`, 1011 characters, not below names of AWS's own. */
function refuseName(name: string): void {
  const parts = name.replace(/^\//, '').split('/');
  if (/^(aws|ssm)/i.test(parts[0] ?? '')) {
    throw new ServiceError('ValidationException', 'A parameter name cannot be prefixed with "aws" or "ssm".');
  }
  if (name.length <= 1011 && parts.every((part) => /^[a-zA-Z0-9_.-]+$/.test(part))) return;
  throw new ServiceError(
    'ValidationException',
    'A parameter name has at most 1011 characters and consists of letters, digits, periods, hyphens and underscores, in ' +
      'parts that are divided by slashes.',
  );
}

function refuseUnsimulated({ Tier = 'Standard', Policies, Tags, DataType = 'text' }: PutInput): void {
  const refused = Object.entries({
    Tier: Tier !== 'Standard',
    Policies: Policies !== undefined,
    Tags: Tags !== undefined,
    DataType: DataType !== 'text' && DataType !== 'aws:ec2:image',
  }).find(([, isGiven]) => isGiven);
  if (refused)
    throw new ServiceError('ValidationException', `PutParameter: ${refused[0]} with this value is not simulated.`);
}
