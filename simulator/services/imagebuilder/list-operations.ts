import type {
  ImageSummary,
  ImageVersion,
  ListImageBuildVersionsRequest,
  ListImagesRequest,
} from '@aws-sdk/client-imagebuilder';
import { onEverything } from '../../iam/dependent-actions.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { CallContext, Operation } from '../../kernel/service.ts';
import { notSimulated } from '../ec2/refusal.ts';
import type { ImageCatalogue, StoredImage } from './catalogue.ts';
import { parseImageArn } from './image-arn.ts';
import { anyArn, filtered, onArn, pageOf, requestId } from './requests.ts';

const FIELDS: Readonly<Record<string, (image: StoredImage) => string | undefined>> = {
  name: ({ name }) => name,
  osVersion: ({ osVersion }) => osVersion,
  platform: ({ platform }) => platform,
  type: ({ type }) => type,
  version: ({ arn }) => parseImageArn(arn)?.version,
};

/** Lists of images: one row per version, or per build. */
export function listOperations(kernel: Kernel, catalogue: ImageCatalogue): Record<string, Operation> {
  return {
    ListImages: {
      needs: () => [onEverything('imagebuilder:ListImages')],
      run(input: ListImagesRequest, call: CallContext) {
        if (input.owner !== undefined && input.owner !== 'Self') {
          throw notSimulated(`The simulator has no images of the owner ${input.owner}, only the account's own.`);
        }
        if (input.byName === true) throw notSimulated('The simulator does not list images by name.');
        const shown = catalogue
          .images()
          .filter(({ state }) => input.includeDeprecated === true || state.status !== 'DEPRECATED');
        const found = filtered('ListImages', shown, input.filters, FIELDS);
        const versions = new Map(found.map((image) => [versionArnOf(image), image]));
        const { items, next } = pageOf([...versions.values()], input);
        return { ...requestId(call), imageVersionList: items.map((image) => describeVersion(kernel, image)), ...next };
      },
    },
    ListImageBuildVersions: {
      needs: onArn('ListImageBuildVersions', (input: ListImageBuildVersionsRequest) =>
        input.imageVersionArn === undefined ? anyArn(kernel, 'image') : `${input.imageVersionArn}/*`,
      ),
      run(input: ListImageBuildVersionsRequest, call: CallContext) {
        const builds = catalogue
          .images()
          .filter((image) => input.imageVersionArn === undefined || versionArnOf(image) === input.imageVersionArn);
        const { items, next } = pageOf(filtered('ListImageBuildVersions', builds, input.filters, FIELDS), input);
        return { ...requestId(call), imageSummaryList: items.map((image) => summarize(kernel, image)), ...next };
      },
    },
  };
}

/** What lists tell about one build. */
export function summarize({ identity }: Kernel, image: StoredImage): ImageSummary {
  const { arn, name, type, version, platform, osVersion, state, dateCreated, outputResources, tags, buildType } = image;
  return Object.fromEntries(
    Object.entries({
      ...{ arn, name, type, version, platform, osVersion, state, owner: identity.accountId },
      ...{ dateCreated, outputResources, tags, buildType, imageSource: image.imageSource },
    }).filter(([, value]) => value !== undefined),
  );
}

function describeVersion({ identity }: Kernel, image: StoredImage): ImageVersion {
  const { name, type, platform, osVersion, dateCreated, buildType, imageSource } = image;
  const version = parseImageArn(image.arn)?.version;
  return Object.fromEntries(
    Object.entries({
      ...{ arn: versionArnOf(image), name, type, version, platform, osVersion },
      ...{ owner: identity.accountId, dateCreated, buildType, imageSource },
    }).filter(([, value]) => value !== undefined),
  );
}

function versionArnOf({ arn }: StoredImage): string {
  return arn.slice(0, arn.lastIndexOf('/'));
}
