/** The parts of `arn:aws:imagebuilder:REGION:ACCOUNT:image/NAME/VERSION[/BUILD]`. */
export type ImageArn = {
  /** Everything up to the name, to compare images of one name, owner and Region. */
  readonly family: string;
  /** `1.0.0`, or with wildcards `1.x.x`. */
  readonly version: string;
  readonly build: number | undefined;
};

export function parseImageArn(arn: string): ImageArn | undefined {
  const match = /^(arn:[^:]+:imagebuilder:[^:]+:[^:]+:image\/[^/]+)\/([0-9x]+\.[0-9x]+\.[0-9x]+)(?:\/(\d+))?$/.exec(
    arn,
  );
  const [, family, version, build] = match ?? [];
  if (family === undefined || version === undefined) return undefined;
  return { family, version, build: build === undefined ? undefined : Number(build) };
}

/** Whether a version, such as `1.2.3`, falls under a pattern, such as `1.x.x`; everything after an `x` is one. */
export function isUnder(version: string, pattern: string): boolean {
  const nodes = version.split('.');
  return pattern.split('.').every((node, index) => node === 'x' || node === nodes[index]);
}

/** Newest version first, then the newest build. */
export function newestFirst(a: ImageArn, b: ImageArn): number {
  const nodes = ({ version, build = 0 }: ImageArn) => [...version.split('.').map(Number), build];
  const [left, right] = [nodes(a), nodes(b)];
  const index = left.findIndex((node, position) => node !== right[position]);
  return index < 0 ? 0 : (right[index] ?? 0) - (left[index] ?? 0);
}

/** The wildcard ARNs under which the newest version of an image can be asked for. */
export function latestReferences({ family, version }: ImageArn) {
  const [major, minor] = version.split('.');
  return {
    latestVersionArn: `${family}/x.x.x`,
    latestMajorVersionArn: `${family}/${major}.x.x`,
    latestMinorVersionArn: `${family}/${major}.${minor}.x`,
    latestPatchVersionArn: `${family}/${version}`,
  };
}
