import type { Component, Image, ImagePipeline, ImageRecipe, ImageState } from '@aws-sdk/client-imagebuilder';
import { type ImageArn, isUnder, newestFirst, parseImageArn } from './image-arn.ts';

/** What Image Builder does where no source settles it. */
export type ImageBuilderBehaviour = {
  /** GetImage declares no error for an ARN that it does not know; both of these have been named. */
  readonly missingImage: 'ResourceNotFoundException' | 'InvalidRequestException';
};

export const defaultImageBuilderBehaviour: ImageBuilderBehaviour = { missingImage: 'ResourceNotFoundException' };

export type StoredImage = Image & { readonly arn: string; readonly state: ImageState };

export type ImageCatalogue = {
  readonly behaviour: ImageBuilderBehaviour;
  readonly addImage: (image: Image) => void;
  readonly addPipeline: (pipeline: ImagePipeline) => void;
  readonly addRecipe: (recipe: ImageRecipe) => void;
  readonly addComponent: (component: Component) => void;
  readonly image: (arn: string) => StoredImage | undefined;
  /** A build by its own ARN in whatever state, or the newest AVAILABLE one of a version or wildcard ARN. */
  readonly resolve: (arn: string) => StoredImage | undefined;
  readonly images: () => readonly StoredImage[];
  readonly pipelines: () => readonly ImagePipeline[];
  readonly recipe: (arn: string) => ImageRecipe | undefined;
  readonly component: (arn: string) => Component | undefined;
  /** Returns the state before. */
  readonly setState: (arn: string, state: ImageState) => ImageState;
};

export function createImageCatalogue(changes?: Partial<ImageBuilderBehaviour>): ImageCatalogue {
  const images = new Map<string, StoredImage>();
  const pipelines = new Map<string, ImagePipeline>();
  const recipes = new Map<string, ImageRecipe>();
  const components = new Map<string, Component>();

  return {
    behaviour: { ...defaultImageBuilderBehaviour, ...changes },
    addImage(image) {
      const { arn = '', state } = image;
      if (parseImageArn(arn)?.build === undefined || state === undefined) {
        throw new TypeError(`'${arn}' is no ARN of an image build version, or the image has no state.`);
      }
      images.set(arn, { ...image, arn, state });
    },
    addPipeline: (pipeline) => {
      pipelines.set(pipeline.arn ?? '', pipeline);
    },
    addRecipe: (recipe) => {
      recipes.set(recipe.arn ?? '', recipe);
    },
    addComponent: (component) => {
      components.set(component.arn ?? '', component);
    },
    image: (arn) => images.get(arn),
    resolve(arn) {
      const wanted = parseImageArn(arn);
      if (wanted?.build !== undefined) return images.get(arn);
      if (wanted === undefined) return undefined;
      const builds = [...images.values()]
        .map((image) => ({ image, parts: parseImageArn(image.arn) as ImageArn }))
        .filter(({ image, parts }) => parts.family === wanted.family && image.state.status === 'AVAILABLE')
        .filter(({ parts }) => isUnder(parts.version, wanted.version));
      return builds.toSorted((a, b) => newestFirst(a.parts, b.parts))[0]?.image;
    },
    images: () => [...images.values()],
    pipelines: () => [...pipelines.values()],
    recipe: (arn) => recipes.get(arn),
    component: (arn) => components.get(arn),
    setState(arn, state) {
      const image = images.get(arn);
      if (image === undefined) throw new Error(`There is no image ${arn} whose state could change.`);
      images.set(arn, { ...image, state });
      return image.state;
    },
  };
}
