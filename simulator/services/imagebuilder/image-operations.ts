import type {
  GetComponentRequest,
  GetImageRecipeRequest,
  GetImageRequest,
  ListLifecycleExecutionsRequest,
} from '@aws-sdk/client-imagebuilder';
import type { CallContext, Operation } from '../../kernel/service.ts';
import { notSimulated } from '../ec2/refusal.ts';
import type { ImageCatalogue } from './catalogue.ts';
import { latestReferences, parseImageArn } from './image-arn.ts';
import { invalidRequest, onArn, requestId, resourceNotFound } from './requests.ts';

/** Reading one image, recipe or component. */
export function imageOperations(catalogue: ImageCatalogue): Record<string, Operation> {
  return {
    GetImage: {
      needs: onArn('GetImage', ({ imageBuildVersionArn }: GetImageRequest) => imageBuildVersionArn),
      run({ imageBuildVersionArn: arn = '' }: GetImageRequest, call: CallContext) {
        const image = catalogue.resolve(arn);
        const parts = parseImageArn(image?.arn ?? '');
        if (image === undefined || parts === undefined) throw missingImage(catalogue, arn);
        return { ...requestId(call), image, latestVersionReferences: latestReferences(parts) };
      },
    },
    GetImageRecipe: {
      needs: onArn('GetImageRecipe', ({ imageRecipeArn }: GetImageRecipeRequest) => imageRecipeArn),
      run({ imageRecipeArn: arn = '' }: GetImageRecipeRequest, call: CallContext) {
        const imageRecipe = catalogue.recipe(arn);
        if (imageRecipe === undefined) throw resourceNotFound(arn);
        return { ...requestId(call), imageRecipe };
      },
    },
    GetComponent: {
      needs: onArn('GetComponent', ({ componentBuildVersionArn }: GetComponentRequest) => componentBuildVersionArn),
      run({ componentBuildVersionArn: arn = '' }: GetComponentRequest, call: CallContext) {
        const component = catalogue.component(arn);
        if (component === undefined) throw resourceNotFound(arn);
        return { ...requestId(call), component };
      },
    },
    ListLifecycleExecutions: {
      needs: onArn('ListLifecycleExecutions', ({ resourceArn }: ListLifecycleExecutionsRequest) => resourceArn),
      run() {
        throw notSimulated(
          'The simulator runs no Image Builder lifecycle policies, so it can list no executions of them.',
        );
      },
    },
  };
}

function missingImage({ behaviour }: ImageCatalogue, arn: string) {
  return behaviour.missingImage === 'ResourceNotFoundException'
    ? resourceNotFound(arn)
    : invalidRequest(`The image '${arn}' cannot be found.`);
}
