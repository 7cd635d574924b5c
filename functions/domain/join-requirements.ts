import * as v from 'valibot';
import type { WindowsNode } from './node.ts';
import { countFromOne, nonEmpty, strictObject } from './shapes.ts';

/** What a node group asks of a new node beyond being able to run pods. */
export const JoinRequirements = strictObject({
  /** Each must have a Ready pod on the node. */
  daemonSets: v.optional(v.array(strictObject({ namespace: nonEmpty, name: nonEmpty }))),
  /** Without a value any will do. */
  label: v.optional(strictObject({ key: nonEmpty, value: v.optional(v.string()) })),
  condition: v.optional(strictObject({ type: nonEmpty, status: v.picklist(['True', 'False', 'Unknown']) })),
  /** How long the node must have been Ready without a break: domain joins and the like reboot. */
  readyForSeconds: v.optional(countFromOne),
});
export type JoinRequirements = Readonly<v.InferOutput<typeof JoinRequirements>>;

/** A pod that a DaemonSet has put on a node. */
export type DaemonPod = { readonly namespace: string; readonly daemonSet: string; readonly ready: boolean };

const kubernetesName = /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;
/** With an optional prefix, as labels and conditions have it. */
const qualifiedName = /^([a-z0-9]([-.a-z0-9]*[a-z0-9])?\/)?[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$/;

/** `kube-system/kube-proxy-windows amazon/agent`; undefined when the text is no such list. */
export function parseDaemonSets(text: string): JoinRequirements['daemonSets'] {
  const parts = text.split(' ').filter((part) => part !== '');
  const daemonSets = parts.flatMap((part) => {
    const [namespace = '', name = '', ...rest] = part.split('/');
    const isName = rest.length === 0 && kubernetesName.test(namespace) && kubernetesName.test(name);
    return isName ? [{ namespace, name }] : [];
  });
  return parts.length > 0 && daemonSets.length === parts.length ? daemonSets : undefined;
}

/** `key=value` or `key`. */
export function parseLabel(text: string): JoinRequirements['label'] {
  const [key = '', ...rest] = text.split('=');
  if (!qualifiedName.test(key)) return undefined;
  return rest.length === 0 ? { key } : { key, value: rest.join('=') };
}

/** `Type=Status`. */
export function parseCondition(text: string): JoinRequirements['condition'] {
  const [type = '', status = '', ...rest] = text.split('=');
  if (rest.length > 0 || !qualifiedName.test(type)) return undefined;
  return status === 'True' || status === 'False' || status === 'Unknown' ? { type, status } : undefined;
}

/** What a node lacks, in one phrase, and when that may be over by itself. */
export type Lack = { readonly why: string; readonly until?: Date };

function lacksLabel({ name, labels }: WindowsNode, label: NonNullable<JoinRequirements['label']>): Lack | undefined {
  const { key, value } = label;
  const found = labels[key];
  if (found !== undefined && (value === undefined || found === value)) return undefined;
  const wanted = value === undefined ? key : `${key}=${value}`;
  return { why: `its node ${name} is Ready but does not have the label ${wanted}` };
}

function lacksCondition(
  { name, conditions }: WindowsNode,
  { type, status }: NonNullable<JoinRequirements['condition']>,
): Lack | undefined {
  const found = conditions[type];
  if (found === status) return undefined;
  return { why: `its node ${name} is Ready but its condition ${type} is ${found ?? 'not reported'}, not ${status}` };
}

function lacksTime({ name, readySince }: WindowsNode, seconds: number, now: Date): Lack | undefined {
  const until = new Date(Date.parse(readySince ?? '') + seconds * 1000);
  if (now >= until) return undefined;
  const why = `its node ${name} has not been Ready for ${seconds} seconds without a break, but since ${readySince ?? 'an unknown time'}`;
  return Number.isNaN(until.getTime()) ? { why } : { why, until };
}

/**
 * What a node that works lacks of what its group asks, as far as the node itself shows it. Undefined when nothing.
 *
 * How long it has been Ready counts from the last transition of its Ready condition, so that every reboot begins anew.
 */
export function lackOf(node: WindowsNode, requirements: JoinRequirements, now: Date): Lack | undefined {
  const { label, condition, readyForSeconds } = requirements;
  return (
    (label && lacksLabel(node, label)) ??
    (condition && lacksCondition(node, condition)) ??
    (readyForSeconds === undefined ? undefined : lacksTime(node, readyForSeconds, now))
  );
}

/** The first of the DaemonSets that has no Ready pod on the node, in one phrase; undefined when all have. */
export function missingDaemon(
  nodeName: string,
  { daemonSets = [] }: JoinRequirements,
  pods: readonly DaemonPod[],
): string | undefined {
  const missing = daemonSets.find(
    ({ namespace, name }) => !pods.some((pod) => pod.ready && pod.namespace === namespace && pod.daemonSet === name),
  );
  return (
    missing &&
    `its node ${nodeName} is Ready but has no Ready pod of the DaemonSet ${missing.namespace}/${missing.name}`
  );
}
