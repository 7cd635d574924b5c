import { onResource } from '../iam/dependent-actions.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type Operation, type Permission, type Service, ServiceError } from '../kernel/service.ts';
import type { Kms } from './kms.ts';
import { createParameters, type Parameters, type ParameterType, type ParameterVersion } from './ssm/parameters.ts';

export type Ssm = {
  readonly service: Service;
  /** Also for parameters of AWS, such as those below `/aws/service/ami-windows-latest/`. */
  readonly parameters: Parameters;
};

type Dependencies = { readonly kernel: Kernel; readonly kms: Pick<Kms, 'key'> };

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
export function createSsm({ kernel, kms }: Dependencies): Ssm {
  const parameters = createParameters(kernel);
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
    run(input) {
      refuseUnsimulated(input);
      const { Name, Value, Type, Overwrite, AllowedPattern, KeyId, DataType } = input;
      const { version } = parameters.put({
        name: Name,
        value: Value,
        ...(Type !== undefined && { type: Type }),
        ...(Overwrite !== undefined && { overwrite: Overwrite }),
        ...(AllowedPattern !== undefined && { allowedPattern: AllowedPattern }),
        ...(KeyId !== undefined && { kmsKey: KeyId }),
        ...(DataType === 'text' && { dataType: DataType }),
      });
      return { Version: version, Tier: 'Standard' };
    },
  };

  const operations = {
    GetParameter: getParameter,
    GetParameters: getParameters,
    GetParametersByPath: getByPath,
    PutParameter: putParameter,
  };
  return { parameters, service: { model: 'ssm', name: 'Ssm', operations } };
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

/** An `aws:ec2:image` parameter is validated against EC2 and turns valid later, which is not simulated for callers. */
function refuseUnsimulated({ Tier = 'Standard', Policies, Tags, DataType = 'text' }: PutInput): void {
  const refused = Object.entries({
    Tier: Tier !== 'Standard',
    Policies: Policies !== undefined,
    Tags: Tags !== undefined,
    DataType: DataType !== 'text',
  }).find(([, isGiven]) => isGiven);
  if (refused)
    throw new ServiceError('ValidationException', `PutParameter: ${refused[0]} with this value is not simulated.`);
}
