import type {
  Component,
  Image,
  ImagePipeline,
  ImageRecipe,
  ImageState,
  ImageStatus,
} from '@aws-sdk/client-imagebuilder';
import type { Kernel } from '../../kernel/kernel.ts';
import type { EventBus, Service } from '../../kernel/service.ts';
import { createImageCatalogue, type ImageBuilderBehaviour, type StoredImage } from './catalogue.ts';
import { imageOperations } from './image-operations.ts';
import { listOperations } from './list-operations.ts';
import { pipelineOperations } from './pipeline-operations.ts';

/** EC2 Image Builder of one account: images as they were built elsewhere, and the events of their states. */
export type ImageBuilder = {
  readonly service: Service;
  /** An image as GetImage describes it, with `arn` (a build version), `name`, `version` and `state`. */
  readonly addImage: (image: Image) => void;
  readonly addPipeline: (pipeline: ImagePipeline) => void;
  readonly addRecipe: (recipe: ImageRecipe) => void;
  readonly addComponent: (component: Component) => void;
  readonly image: (arn: string) => StoredImage | undefined;
  /** Moves an image to a status and raises `EC2 Image Builder Image State Change`. */
  readonly publish: (arn: string, status: ImageStatus, state?: Omit<ImageState, 'status'>) => void;
};

export type ImageBuilderOptions = {
  readonly kernel: Kernel;
  readonly events: EventBus;
  readonly behaviour?: Partial<ImageBuilderBehaviour>;
};

export function createImageBuilder({ kernel, events, behaviour }: ImageBuilderOptions): ImageBuilder {
  const catalogue = createImageCatalogue(behaviour);

  return {
    service: {
      model: 'imagebuilder',
      name: 'Imagebuilder',
      operations: {
        ...imageOperations(catalogue),
        ...listOperations(kernel, catalogue),
        ...pipelineOperations(kernel, catalogue),
      },
    },
    addImage: catalogue.addImage,
    addPipeline: catalogue.addPipeline,
    addRecipe: catalogue.addRecipe,
    addComponent: catalogue.addComponent,
    image: catalogue.image,
    publish(arn, status, more = {}) {
      const previous = catalogue.setState(arn, { status, ...more });
      kernel.log.write('image.state', { imageArn: arn, status });
      events.put({
        source: 'aws.imagebuilder',
        'detail-type': 'EC2 Image Builder Image State Change',
        resources: [arn],
        detail: {
          'previous-state': { status: previous.status },
          state: { status, ...(more.reason !== undefined && { reason: more.reason }) },
        },
      });
    },
  };
}
