import * as v from 'valibot';
import {
  AmiNotAvailable,
  AmiNotInRegion,
  AmiNotWindows,
  ImageNotAvailable,
  ImageNotFound,
  ImageNotUsable,
} from './errors.ts';
import { amazonsChannel, ReleaseLine } from './release-line.ts';
import { nearestOf, nonEmpty, strictObject } from './shapes.ts';

const buildVersionArn =
  /^arn:aws[^:]*:imagebuilder:([^:]+):(\d{12}|aws(?:-[a-z-]+)?):image\/([a-z0-9-_]+)\/(\d+\.\d+\.\d+)\/(\d+)$/;

/** The ARN of one build of an image; Image Builder's events carry it. */
export const ImageArn = v.pipe(
  v.string(),
  v.regex(
    buildVersionArn,
    'the ARN of an Image Builder image build version, such as arn:aws:imagebuilder:REGION:ACCOUNT:image/NAME/1.0.0/7',
  ),
);

const ami = {
  version: nonEmpty,
  amiId: v.pipe(v.string(), v.startsWith('ami-')),
  serverLine: v.pipe(v.string(), v.regex(/^\d{4}$/)),
  /** When a smoke test blamed the AMI before this run, and for what. */
  failedSmokeTest: v.optional(v.string()),
};

/** Made by Image Builder; `name` is that of the image, and of the channel that it feeds. */
const BuiltImage = strictObject({ arn: ImageArn, name: nonEmpty, ...ami });

/** Made by Amazon: `version` is a release of EKS, such as `1.35-2026.04.18`. */
const ReleasedImage = strictObject({ name: v.literal(amazonsChannel), release: ReleaseLine, ...ami });

/** An AMI of Windows Server that is ready to be rolled out, and what it was made as. `name` is that of its channel. */
export const Image = nearestOf([BuiltImage, ReleasedImage]);
export type Image =
  | Readonly<v.InferOutput<typeof BuiltImage> & { release?: undefined }>
  | Readonly<v.InferOutput<typeof ReleasedImage>>;

/** True when version `a` came after `b`: `2026.5.12/2` after `2026.5.12/1`, `1.35-2026.05.16` after `1.35-2026-04-18`. */
export function isNewerVersion(a: string, b: string): boolean {
  const [left, right] = [a, b].map((version) => version.split(/[./-]/).map(Number));
  const differing = left?.findIndex((part, index) => part !== right?.[index]) ?? -1;
  return differing >= 0 && (left?.[differing] ?? 0) > (right?.[differing] ?? 0);
}

/** True when both are builds of one image, or releases of Amazon, and `a` was made later. */
export const isNewerBuild = (a: Pick<Image, 'name' | 'version'>, b: Pick<Image, 'name' | 'version'>): boolean =>
  a.name === b.name && isNewerVersion(a.version, b.version);

export type ImageArnParts = {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
  readonly name: string;
  readonly version: string;
  readonly build: string;
};

/** The parts of a build version ARN, or undefined when the text is no such ARN. */
export function parseImageArn(arn: string): ImageArnParts | undefined {
  const [, region, accountId, name, version, build] = buildVersionArn.exec(arn) ?? [];
  const partition = arn.split(':')[1];
  if (!partition || !region || !accountId || !name || !version || !build) return undefined;
  return { partition, region, accountId, name, version, build };
}

/** One Region of one AWS account: where an AMI can be launched. */
export type Account = { readonly partition: string; readonly region: string; readonly accountId: string };

/** The ARN by which Image Builder finds the newest available build of a channel's image. */
export const newestBuildArn = (account: Account, channel: string): string =>
  `arn:${account.partition}:imagebuilder:${account.region}:${account.accountId}:image/${channel}/x.x.x`;

/** What Image Builder says about an image build. */
export type ImageBuild = {
  readonly arn: string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly platform: string;
  readonly osVersion: string | undefined;
  readonly status: string;
  readonly statusReason: string | undefined;
  readonly amis: readonly { readonly region: string; readonly accountId: string; readonly amiId: string }[];
};

/** What EC2 says about an AMI; `platform` is undefined for everything but Windows. */
export type Ami = {
  readonly amiId: string;
  readonly name?: string | undefined;
  readonly state: string;
  readonly platform: string | undefined;
  /** What a smoke test that blamed it has written on it. */
  readonly failedSmokeTest?: string;
};

/**
 * The Server line (`2022`) that an operating system's name or an Image Builder `osVersion` names.
 * Undefined when there is none in it.
 */
export const serverLineOf = (osName: string | undefined): string | undefined =>
  /\bWindows Server (\d{4})\b/.exec(osName ?? '')?.[1];

/**
 * The AMI that an image became in one account and Region. Its copies elsewhere are not ours to launch, so the first of
 * the list is never simply taken.
 */
export function pickAmi(build: ImageBuild, { accountId, region }: Account): string {
  const ami = build.amis.find((candidate) => candidate.accountId === accountId && candidate.region === region);
  if (ami !== undefined) return ami.amiId;
  const places = build.amis.map((candidate) => `${candidate.region}/${candidate.accountId}`).join(', ') || 'none';
  throw new AmiNotInRegion(
    `Image ${build.arn} has no AMI in account ${accountId}, Region ${region} (it has: ${places}). ` +
      'Add this Region and account to its distribution configuration and build the image again.',
  );
}

/** @throws when the build is no finished Windows AMI image; each error names the image and what to do. */
export function refuseUnusableBuild(build: ImageBuild): void {
  if (build.type !== 'AMI') {
    throw new ImageNotUsable(`Image ${build.arn} is a container image. Start the run with an image of type AMI.`);
  }
  if (build.status !== 'AVAILABLE') {
    const why = build.statusReason === undefined ? '' : ` (${build.statusReason})`;
    throw new ImageNotAvailable(
      `Image ${build.arn} is ${build.status}${why}. Start the run with a build that is AVAILABLE.`,
    );
  }
  if (build.platform !== 'Windows') {
    throw new ImageNotUsable(`Image ${build.arn} is a ${build.platform} image. Start the run with a Windows image.`);
  }
}

/**
 * @param of what the AMI was made as, for the sentence.
 * @param advice what to do when it is not there.
 * @throws when EC2 would not launch Windows nodes from the AMI.
 */
export function refuseUnusableAmi(ami: Ami, of: string, advice = 'Build the image again.'): void {
  // EC2 answers `windows` although its model says `Windows`.
  if (ami.platform?.toLowerCase() !== 'windows') {
    throw new AmiNotWindows(`AMI ${ami.amiId} of ${of} is not a Windows AMI. Check the image's recipe.`);
  }
  if (ami.state !== 'available') {
    throw new AmiNotAvailable(`AMI ${ami.amiId} of ${of} is ${ami.state}, not available. ${advice}`);
  }
}

/**
 * The image that node groups are rolled to, from what Image Builder and EC2 say about it.
 *
 * @throws the named error of the first thing that forbids it.
 */
export function usableImage(build: ImageBuild, ami: Ami): Image {
  refuseUnusableBuild(build);
  refuseUnusableAmi(ami, `image ${build.arn}`);
  const serverLine = serverLineOf(build.osVersion);
  if (serverLine === undefined) {
    throw new ImageNotUsable(
      `Image ${build.arn} does not say its Windows Server line (osVersion: ${build.osVersion ?? 'none'}). ` +
        'Build it from a recipe whose parent image is a Windows Server AMI.',
    );
  }
  const parts = parseImageArn(build.arn);
  if (parts === undefined)
    throw new ImageNotFound(`Image Builder answered with ${build.arn}, which is no image build.`);
  const { amiId, failedSmokeTest } = ami;
  const version = `${parts.version}/${parts.build}`;
  return { arn: build.arn, name: parts.name, version, amiId, serverLine, ...(failedSmokeTest && { failedSmokeTest }) };
}
