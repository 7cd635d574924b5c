import type {
  GetImagePipelineRequest,
  ImagePipeline,
  ListImagePipelineImagesRequest,
  ListImagePipelinesRequest,
  StartImagePipelineExecutionRequest,
} from '@aws-sdk/client-imagebuilder';
import { onEverything } from '../../iam/dependent-actions.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { CallContext, Operation } from '../../kernel/service.ts';
import { notSimulated } from '../ec2/refusal.ts';
import type { ImageCatalogue } from './catalogue.ts';
import { parseImageArn } from './image-arn.ts';
import { summarize } from './list-operations.ts';
import { filtered, onArn, pageOf, requestId, resourceNotFound } from './requests.ts';

const FIELDS: Readonly<Record<string, (pipeline: ImagePipeline) => string | undefined>> = {
  name: ({ name }) => name,
  status: ({ status }) => status,
  imageRecipeArn: ({ imageRecipeArn }) => imageRecipeArn,
};

/** Reading pipelines and what they built. Nothing is built here, so none can be started. */
export function pipelineOperations(kernel: Kernel, catalogue: ImageCatalogue): Record<string, Operation> {
  const find = (arn: string | undefined): ImagePipeline => {
    const pipeline = catalogue.pipelines().find((one) => one.arn === arn);
    if (pipeline === undefined) throw resourceNotFound(arn);
    return pipeline;
  };

  return {
    GetImagePipeline: {
      needs: onArn('GetImagePipeline', ({ imagePipelineArn }: GetImagePipelineRequest) => imagePipelineArn),
      run: ({ imagePipelineArn }: GetImagePipelineRequest, call: CallContext) => ({
        ...requestId(call),
        imagePipeline: find(imagePipelineArn),
      }),
    },
    ListImagePipelines: {
      needs: () => [onEverything('imagebuilder:ListImagePipelines')],
      run(input: ListImagePipelinesRequest, call: CallContext) {
        const found = filtered('ListImagePipelines', catalogue.pipelines(), input.filters, FIELDS);
        const { items, next } = pageOf(found, input);
        return { ...requestId(call), imagePipelineList: items, ...next };
      },
    },
    ListImagePipelineImages: {
      needs: onArn('ListImagePipelineImages', (input: ListImagePipelineImagesRequest) => input.imagePipelineArn),
      run(input: ListImagePipelineImagesRequest, call: CallContext) {
        const pipeline = find(input.imagePipelineArn);
        const built = catalogue.images().filter(({ sourcePipelineArn }) => sourcePipelineArn === pipeline.arn);
        const found = filtered('ListImagePipelineImages', built, input.filters, {
          name: ({ name }) => name,
          version: ({ arn }) => parseImageArn(arn)?.version,
        });
        const { items, next } = pageOf(found, input);
        return { ...requestId(call), imageSummaryList: items.map((image) => summarize(kernel, image)), ...next };
      },
    },
    StartImagePipelineExecution: {
      needs: onArn(
        'StartImagePipelineExecution',
        (input: StartImagePipelineExecutionRequest) => input.imagePipelineArn,
      ),
      run({ imagePipelineArn }: StartImagePipelineExecutionRequest) {
        const { name } = find(imagePipelineArn);
        throw notSimulated(
          `The simulator builds no images: pipeline ${name} cannot be started, its images are placed.`,
        );
      },
    },
  };
}
