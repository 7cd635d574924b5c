import { serverLineOf } from './image.ts';

/** What matters to us of a Windows node. */
export type WindowsNode = {
  readonly name: string;
  /** From the provider id: the only safe link to an instance, since names are used again. */
  readonly instanceId: string | undefined;
  readonly ready: boolean;
  /** The Ready condition in words, for reports: `KubeletNotReady: container runtime is down`. */
  readonly readyDetail: string;
  /** When the Ready condition last changed, as the API server wrote it; undefined while the node is not Ready. */
  readonly readySince: string | undefined;
  /** `True`, `False` or `Unknown` by type. */
  readonly conditions: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** False until the cloud controller has seen the node. */
  readonly initialized: boolean;
  /** Addresses that the VPC resource controller gave the node for its pods. */
  readonly podAddresses: number;
  /** `10.0.20348.5139` */
  readonly patchLevel: string;
  readonly osImage: string;
  /** We keep pods off the node because its instance goes into a warm pool. */
  readonly setAside?: boolean;
};

/**
 * The annotation on the node of an instance that goes into a warm pool. It names the marks that are ours to take off: what
 * somebody else had put there before stays.
 */
export const setAsideAnnotation = 'reglaze.dev/set-aside';

const serverLines: Readonly<Record<string, string>> = { '17763': '2019', '20348': '2022', '26100': '2025' };

/** The Server line (`2022`) of a patch level (`10.0.20348.5139`), undefined for a build that is no known one. */
const serverLineOfBuild = (patchLevel: string): string | undefined => serverLines[patchLevel.split('.')[2] ?? ''];

/** The Server line that a node runs. Its build decides, since product names have been wrong. */
export const nodeServerLine = (node: WindowsNode): string | undefined =>
  serverLineOfBuild(node.patchLevel) ?? serverLineOf(node.osImage);

/** Why pods could not run on the node now, in one phrase; undefined when they can. */
export function whyNotWorking(node: WindowsNode): string | undefined {
  if (!node.ready) return `its node ${node.name} registered but is not Ready (${node.readyDetail})`;
  if (!node.initialized) return `its node ${node.name} is Ready but was not initialized by the cloud controller`;
  if (node.podAddresses < 1) return `its node ${node.name} is Ready but has no IPv4 addresses for pods`;
  return undefined;
}

/** Orders patch levels by their numbers; levels of different builds are ordered by build. */
export function comparePatchLevels(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let part = 0; part < Math.max(left.length, right.length); part += 1) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The lowest patch level among nodes: what the group as a whole can claim. Undefined when there are no nodes. */
export const lowestPatchLevel = (nodes: readonly WindowsNode[]): string | undefined =>
  nodes.map((node) => node.patchLevel).toSorted(comparePatchLevels)[0];
