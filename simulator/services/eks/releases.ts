import type { AMITypes } from '@aws-sdk/client-eks';
import type { Parameters } from '../ssm/parameters.ts';
import type { EksBehaviour } from './behaviour.ts';
import type { AmazonsAmi } from './eks-state.ts';

/** Amazon's releases of its AMIs for nodes, as far as they are published by now. */
export type Releases = {
  /** EKS takes the release from now on, and the public parameters of its type and Kubernetes version tell of it. */
  readonly publish: (release: AmazonsAmi) => void;
  /** The release of that version, or, without one, the newest of the Kubernetes version. */
  readonly find: (amiType: AMITypes, kubernetesVersion: string, releaseVersion?: string) => AmazonsAmi | undefined;
};

/** `1.35` of `1.35-2026.04.18`. */
const kubernetesVersionOf = ({ releaseVersion }: AmazonsAmi): string => releaseVersion.split('-')[0] ?? '';

/**
 * The folder of a release's parameters. Source: EKS user guide, "Retrieve recommended Microsoft Windows AMI IDs".
 *
 * @throws Error The type is none of Windows; Linux has other parameters, which are not simulated.
 */
function folderOf(release: AmazonsAmi): string {
  const [, variant, year] = /^WINDOWS_(CORE|FULL)_(\d{4})_x86_64$/.exec(release.amiType) ?? [];
  if (variant === undefined) throw new Error(`Releases of ${release.amiType} are not simulated`);
  const name = `${year}-English-${variant === 'CORE' ? 'Core' : 'Full'}-EKS_Optimized-${kubernetesVersionOf(release)}`;
  return `/aws/service/ami-windows-latest/Windows_Server-${name}`;
}

/** Releases come in the order of their publication; the last one of a type and Kubernetes version is the newest. */
export function createReleases(
  parameters: Pick<Parameters, 'put'>,
  { releaseVersionParameter }: Pick<EksBehaviour, 'releaseVersionParameter'>,
): Releases {
  const published: AmazonsAmi[] = [];
  const put = (name: string, value: string) => parameters.put({ name, value, type: 'String', overwrite: true });

  return {
    publish(release) {
      const folder = folderOf(release);
      published.push(release);
      put(`${folder}/image_id`, release.imageId);
      if (releaseVersionParameter) put(`${folder}/release_version`, release.releaseVersion);
    },
    find: (amiType, kubernetesVersion, releaseVersion) =>
      published.findLast(
        (release) =>
          release.amiType === amiType &&
          kubernetesVersionOf(release) === kubernetesVersion &&
          (releaseVersion === undefined || release.releaseVersion === releaseVersion),
      ),
  };
}

/** True when `a` came before `b`. Releases are numbered by their dates, with separators that vary. */
export function isOlderRelease(a: string, b: string): boolean {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).map(Number));
  const differing = left?.findIndex((part, index) => part !== right?.[index]) ?? -1;
  return differing >= 0 && (left?.[differing] ?? 0) < (right?.[differing] ?? 0);
}
