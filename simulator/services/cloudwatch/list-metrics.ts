import { onEverything } from '../../iam/dependent-actions.ts';
import { type Operation, ServiceError } from '../../kernel/service.ts';
import { paginate } from '../ec2/paging.ts';
import type { Metric, MetricStore } from './metric-store.ts';

type ListMetricsInput = {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value?: string }[];
  readonly NextToken?: string;
  readonly RecentlyActive?: string;
  readonly IncludeLinkedAccounts?: boolean;
  readonly OwningAccount?: string;
};

/** ListMetrics: what has data, by namespace, name and dimensions. */
export const createListMetrics = (metrics: Pick<MetricStore, 'all'>): Operation<ListMetricsInput> => ({
  needs: () => [onEverything('cloudwatch:ListMetrics')],
  run: (input) => listed(metrics.all(), input),
});

/** ListMetrics answers 500 metrics a page. */
function listed(all: readonly Metric[], input: ListMetricsInput) {
  const { Namespace, MetricName, Dimensions = [], NextToken } = input;
  const unsimulated = input.RecentlyActive ?? input.IncludeLinkedAccounts ?? input.OwningAccount;
  if (unsimulated !== undefined)
    throw new ServiceError('InvalidParameterValue', 'RecentlyActive and linked accounts are not simulated.');
  const has = (dimensions: Readonly<Record<string, string>>) =>
    Dimensions.every(({ Name, Value }) => Name in dimensions && (Value === undefined || dimensions[Name] === Value));
  const found = all.filter(
    ({ namespace, metricName, dimensions = {} }) =>
      (Namespace === undefined || namespace === Namespace) &&
      (MetricName === undefined || metricName === MetricName) &&
      has(dimensions),
  );
  const invalidToken = () => new ServiceError('InvalidParameterValue', 'The NextToken is not valid.');
  const page = paginate(found, { token: NextToken, size: 500, invalidToken });
  return {
    Metrics: page.items.map(({ namespace, metricName, dimensions = {} }) => ({
      ...{ Namespace: namespace, MetricName: metricName },
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
    ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
  };
}
