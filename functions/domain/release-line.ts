import * as v from 'valibot';
import { nonEmpty, strictObject } from './shapes.ts';

/** The channel of managed node groups that run Amazon's own AMIs. No image of Image Builder feeds it. */
export const amazonsChannel = 'amazon' as const;

const windowsAmiType = /^WINDOWS_(CORE|FULL)_(\d{4})_x86_64$/;

/** What Amazon releases AMIs for: a node group's AMI type and Kubernetes version, which an update does not change. */
export const ReleaseLine = strictObject({
  amiType: v.pipe(v.string(), v.regex(windowsAmiType, 'an AMI type of Windows, such as WINDOWS_CORE_2022_x86_64')),
  kubernetesVersion: v.pipe(v.string(), v.regex(/^\d+\.\d+$/, 'a Kubernetes version, such as 1.35')),
});
export type ReleaseLine = Readonly<v.InferOutput<typeof ReleaseLine>>;

/** One of Amazon's releases, such as `1.35-2026.04.18`, and its line. */
export const ReleaseVersion = strictObject({ ...ReleaseLine.entries, releaseVersion: nonEmpty });
export type ReleaseVersion = Readonly<v.InferOutput<typeof ReleaseVersion>>;

/** True for an AMI type of Windows; other groups on Amazon's AMIs are nothing to us. */
export const isWindowsType = (amiType: string): boolean => windowsAmiType.test(amiType);

export const sameLine = (a: ReleaseLine, b: ReleaseLine): boolean =>
  a.amiType === b.amiType && a.kubernetesVersion === b.kubernetesVersion;

/** `WINDOWS_CORE_2022_x86_64 for Kubernetes 1.35`, for sentences. */
export const lineName = ({ amiType, kubernetesVersion }: ReleaseLine): string =>
  `${amiType} for Kubernetes ${kubernetesVersion}`;

const partsOf = ({ amiType }: ReleaseLine) => {
  const [, variant = '', year = ''] = windowsAmiType.exec(amiType) ?? [];
  return { variant: variant.charAt(0) + variant.slice(1).toLowerCase(), year };
};

/** The Server line (`2022`) of a line of releases. */
export const serverLineOfRelease = (line: ReleaseLine): string => partsOf(line).year;

/**
 * The public parameters that AWS keeps about the newest release of a line. `releaseVersion` is not everywhere, so that the
 * name of the AMI has to say it.
 */
export function parametersOf(line: ReleaseLine): { readonly imageId: string; readonly releaseVersion: string } {
  const { variant, year } = partsOf(line);
  const name = `Windows_Server-${year}-English-${variant}-EKS_Optimized-${line.kubernetesVersion}`;
  const folder = `/aws/service/ami-windows-latest/${name}`;
  return { imageId: `${folder}/image_id`, releaseVersion: `${folder}/release_version` };
}
