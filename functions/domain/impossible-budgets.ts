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

/** What a plan sees of the budgets of a cluster, or why it does not see them. */
export type BudgetsView =
  | {
      readonly impossible: readonly ImpossibleBudget[];
      /** How many such budgets more were not looked at. */
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

function warningOf({ budget, expected, needed }: ImpossibleBudget, own: readonly CoveredPod[]): Reason {
  const perWorkload = Map.groupBy(own, ({ workload }) => workload);
  const workloads = [...perWorkload].map(([workload, pods]) => `${workload} (${pods.length})`).toSorted();
  return reason(
    'ImpossibleBudget',
    `The budget ${budget} lets no pod be evicted, however healthy its pods are: it needs ${needed} of ${expected}. On nodes ` +
      `of this group are pods of ${list(workloads)}. Let it allow a disruption, or run more replicas.`,
  );
}

/**
 * What is to be told, before anything is touched, of the budgets that will keep a group's nodes from being emptied.
 *
 * @param nodeNames the nodes of the group.
 */
export function budgetWarnings(view: BudgetsView | undefined, nodeNames: ReadonlySet<string>): Reason[] {
  if (view === undefined) return [];
  if ('unseen' in view) return [reason('BudgetsUnseen', view.unseen)];
  const found = view.impossible.flatMap((budget) => {
    const own = budget.pods.filter(({ nodeName }) => nodeNames.has(nodeName));
    return own.length === 0 ? [] : [warningOf(budget, own)];
  });
  const more = found.length - named + view.unread;
  if (more <= 0) return found;
  const cause = `There may be ${more} more budgets that let no pod be evicted; these were not looked at or not listed.`;
  return [...found.slice(0, named), reason('ImpossibleBudget', cause)];
}
