import { type Reason, reason } from './errors.ts';

/** What a disruption budget demands, as its controller has last written it. */
export type BudgetNumbers = {
  /** Pods that it covers. */
  readonly expected: number;
  /** Pods that have to be healthy at any time. */
  readonly needed: number;
};

/** A pod that a budget covers, with whatever makes it again. */
export type CoveredPod = { readonly workload: string; readonly nodeName: string };

/** A budget that allows no eviction however healthy its pods are, and its pods. */
export type ImpossibleBudget = BudgetNumbers & { readonly budget: string; readonly pods: readonly CoveredPod[] };

/**
 * Two budgets, and the pods that both of them cover: the eviction API answers every request for one with an error
 * (https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/: 500, several budgets for one pod).
 */
export type DoubledPods = { readonly budgets: readonly string[]; readonly pods: readonly CoveredPod[] };

/** What a plan sees of the budgets of a cluster, or why it does not see them. */
export type BudgetsView =
  | {
      readonly impossible: readonly ImpossibleBudget[];
      readonly doubled: readonly DoubledPods[];
      /** How many such budgets, and pairs that may share pods, were not looked at. */
      readonly unread: number;
    }
  | { readonly unseen: string };

/** True for a budget that needs all of its pods: the eviction API refuses every one of them until somebody changes it. */
export const isImpossible = ({ expected, needed }: BudgetNumbers): boolean => expected > 0 && needed >= expected;

/** How many budgets, and workloads of a budget, are told by name; of the others it is told how many they are. */
const named = 5;

function list(items: readonly string[]): string {
  const others = items.length - named;
  return `${items.slice(0, named).join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}

/** `Deployment/web (2)` for each workload, by name. */
function workloadsOf(pods: readonly CoveredPod[]): string {
  const perWorkload = Map.groupBy(pods, ({ workload }) => workload);
  return list([...perWorkload].map(([workload, own]) => `${workload} (${own.length})`).toSorted());
}

const impossibleWarning = ({ budget, expected, needed }: ImpossibleBudget, own: readonly CoveredPod[]): Reason =>
  reason(
    'ImpossibleBudget',
    `The budget ${budget} lets no pod be evicted, however healthy its pods are: it needs ${needed} of ${expected}. On nodes ` +
      `of this group are pods of ${workloadsOf(own)}. Let it allow a disruption, or run more replicas.`,
  );

const doubledWarning = ({ budgets }: DoubledPods, own: readonly CoveredPod[]): Reason =>
  reason(
    'SeveralBudgets',
    `The budgets ${budgets.join(' and ')} cover the same pods, on nodes of this group those of ${workloadsOf(own)}. Such ` +
      'a pod is never evicted: the eviction API answers with an error, whatever the budgets allow. Let one budget cover each pod.',
  );

/**
 * What is to be told, before anything is touched, of the budgets that will keep a group's nodes from being emptied.
 *
 * @param nodeNames the nodes of the group.
 */
export function budgetWarnings(view: BudgetsView | undefined, nodeNames: ReadonlySet<string>): Reason[] {
  if (view === undefined) return [];
  if ('unseen' in view) return [reason('BudgetsUnseen', view.unseen)];
  const ownOf = ({ pods }: { readonly pods: readonly CoveredPod[] }) =>
    pods.filter(({ nodeName }) => nodeNames.has(nodeName));
  const warn = <Found extends { readonly pods: readonly CoveredPod[] }>(
    all: readonly Found[],
    warningOf: (found: Found, own: readonly CoveredPod[]) => Reason,
  ) => all.flatMap((found) => (ownOf(found).length === 0 ? [] : [warningOf(found, ownOf(found))]));
  const warnings = [...warn(view.doubled, doubledWarning), ...warn(view.impossible, impossibleWarning)];
  const more = warnings.length - named + view.unread;
  if (more <= 0) return warnings;
  const cause = `There may be ${more} more budgets that let no pod be evicted; these were not looked at or not listed.`;
  return [...warnings.slice(0, named), reason('ImpossibleBudget', cause)];
}
