import { type LabelSelector, selects } from './label-selector.ts';

/** A pod that a drain has to move. */
export type LeftPod = {
  readonly namespace: string;
  readonly name: string;
  readonly nodeName: string;
  readonly labels: Readonly<Record<string, string>>;
  /** It was asked to go and has not gone. */
  readonly isTerminating: boolean;
};

/** A disruption budget with the numbers that its controller has last written. */
export type Budget = {
  readonly namespace: string;
  readonly name: string;
  readonly selector: LabelSelector | undefined;
  readonly disruptionsAllowed: number;
  readonly healthy: number;
  readonly needed: number;
};

/** A pod that keeps a node from being emptied, and why. */
export type PodInTheWay = { readonly pod: string; readonly nodeName: string; readonly why: string };

const covers = (budget: Budget, { namespace, labels }: LeftPod): boolean =>
  budget.namespace === namespace && selects(budget.selector, labels);

function whyInTheWay(pod: LeftPod, budgets: readonly Budget[]): string | undefined {
  if (pod.isTerminating) return 'it does not come to its end';
  const covering = budgets.filter((budget) => covers(budget, pod));
  const names = covering.map(({ name }) => name).join(' and ');
  // The eviction API refuses these however much each of them allows.
  if (covering.length > 1) return `more than one budget covers it: ${names}`;
  const [budget] = covering;
  if (budget === undefined || budget.disruptionsAllowed > 0) return undefined;
  return `the budget ${budget.name} allows no disruption: ${budget.needed} pods needed, ${budget.healthy} healthy`;
}

/**
 * The pods that keep nodes from being emptied: those that a budget holds at the moment, those that two budgets hold, and
 * those that do not end. A pod that nothing holds is about to go and is not among them.
 */
export const podsInTheWay = (pods: readonly LeftPod[], budgets: readonly Budget[]): PodInTheWay[] =>
  pods
    .flatMap((pod) => {
      const why = whyInTheWay(pod, budgets);
      return why === undefined ? [] : { pod: `${pod.namespace}/${pod.name}`, nodeName: pod.nodeName, why };
    })
    .toSorted((a, b) => (a.pod < b.pod ? -1 : 1));

/** How many pods are told by name; of the others it is told how many they are. */
const named = 5;

/** The pods in one sentence. */
export function podsInTheWaySentence(pods: readonly PodInTheWay[]): string {
  const first = pods.slice(0, named).map(({ pod, nodeName, why }) => `${pod} on ${nodeName} (${why})`);
  const others = pods.length - first.length;
  return `In the way: ${first.join(', ')}${others > 0 ? `, and ${others} more` : ''}.`;
}
