import { onEverything, onResource } from '../../iam/dependent-actions.ts';
import { type Operation, type Service, ServiceError } from '../../kernel/service.ts';
import { paginate } from '../ec2/paging.ts';
import type { Change } from './image-validation.ts';
import type { Parameters, ParameterVersion } from './parameters.ts';

type Dependencies = {
  readonly parameters: Parameters;
  readonly announce: (change: Change) => void;
};

type Filter = { readonly Key: string; readonly Option?: string; readonly Values?: readonly string[] };
type DescribeInput = {
  readonly Filters?: unknown;
  readonly ParameterFilters?: readonly Filter[];
  readonly MaxResults?: number;
  readonly NextToken?: string;
  readonly Shared?: boolean;
};

/** DeleteParameter, DeleteParameters and DescribeParameters: what people do around the values. */
export function createAdministration({ parameters, announce }: Dependencies): Service['operations'] {
  const remove = (name: string): boolean => {
    const removed = parameters.remove(name);
    if (removed !== undefined) announce({ operation: 'Delete', name: removed.name, type: removed.type });
    return removed !== undefined;
  };
  const deleteParameter: Operation<{ readonly Name: string }> = {
    needs: ({ Name }) => [onResource('ssm:DeleteParameter', parameters.arn(Name))],
    run({ Name }) {
      if (!remove(Name)) throw new ServiceError('ParameterNotFound', `Parameter ${Name} not found.`);
      return {};
    },
  };
  const deleteParameters: Operation<{ readonly Names: readonly string[] }> = {
    needs: ({ Names }) => Names.map((name) => onResource('ssm:DeleteParameters', parameters.arn(name))),
    run({ Names }) {
      const { true: DeletedParameters = [], false: InvalidParameters = [] } = Object.groupBy(Names, (name) =>
        remove(name) ? 'true' : 'false',
      );
      return { DeletedParameters, InvalidParameters };
    },
  };
  const describeParameters: Operation<DescribeInput> = {
    needs: () => [onEverything('ssm:DescribeParameters')],
    run({ Filters, ParameterFilters = [], MaxResults = 50, NextToken, Shared }) {
      if (Filters !== undefined || Shared === true)
        throw new ServiceError('ValidationException', 'Filters and Shared of DescribeParameters are not simulated.');
      const all = parameters.all().filter((version) => ParameterFilters.every((filter) => fits(filter, version)));
      const invalidToken = () => new ServiceError('InvalidNextToken', 'The specified token is not valid.');
      const page = paginate(all, { token: NextToken, size: MaxResults, invalidToken });
      return {
        Parameters: page.items.map((version) => describe(version, parameters.arn(version.name))),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
  };
  return {
    ...{ DeleteParameter: deleteParameter, DeleteParameters: deleteParameters },
    DescribeParameters: describeParameters,
  };
}

const keys: Readonly<Record<string, (version: ParameterVersion) => string>> = {
  Name: ({ name }) => name,
  Type: ({ type }) => type,
  DataType: ({ dataType }) => dataType,
};

const options: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  Equals: (value, wanted) => value === wanted,
  BeginsWith: (value, wanted) => value.startsWith(wanted),
  Contains: (value, wanted) => value.includes(wanted),
};

/** Source: Systems Manager API Reference, ParameterStringFilter. */
function fits({ Key, Option = 'Equals', Values = [] }: Filter, version: ParameterVersion): boolean {
  const value = keys[Key];
  if (value === undefined) throw new ServiceError('InvalidFilterKey', `The filter key ${Key} is not simulated.`);
  const option = options[Option];
  if (option === undefined)
    throw new ServiceError('InvalidFilterOption', `The filter option ${Option} is not valid for ${Key}.`);
  return Values.some((wanted) => option(value(version), wanted));
}

function describe({ name, type, version, lastModified, dataType, kmsKey }: ParameterVersion, arn: string) {
  return {
    ...{ Name: name, ARN: arn, Type: type, Version: version, DataType: dataType, Tier: 'Standard', Policies: [] },
    LastModifiedDate: new Date(lastModified),
    ...(kmsKey !== undefined && { KeyId: kmsKey }),
  };
}
