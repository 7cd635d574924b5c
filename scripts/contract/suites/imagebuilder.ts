import { holds, type Suite, same } from '../check.ts';
import { list, text } from '../fields.ts';

const absent = 'arn:aws:imagebuilder:us-west-2:111122223333:image/contract-check-none/1.0.0/1';

export const imagebuilder: Suite = {
  service: 'imagebuilder',
  probe: { method: 'POST', path: '/ListImages', headers: { 'content-type': 'application/json' }, body: '{}' },
  invalidCodes: [
    'InvalidRequestException',
    'InvalidParameterException',
    'InvalidParameterValueException',
    'ValidationException',
  ],
  samples: {
    imageBuildVersionArn: absent,
    imageVersionArn: absent.replace('/1', ''),
    imagePipelineArn: 'arn:aws:imagebuilder:us-west-2:111122223333:image-pipeline/contract-check-none',
    imageRecipeArn: 'arn:aws:imagebuilder:us-west-2:111122223333:image-recipe/contract-check-none/1.0.0',
    componentBuildVersionArn: 'arn:aws:imagebuilder:us-west-2:111122223333:component/contract-check-none/1.0.0/1',
    resourceArn: absent,
  },
  // An image's version is `1.0.0/7` in answers, whatever its shape's pattern; clients fill in a missing token.
  lenient: ['VersionNumber', 'StartImagePipelineExecution.clientToken'],
  checks: [
    {
      name: 'describes an image with what became of it in each Region and account',
      source: 'API reference, GetImage and OutputResources',
      needs: ['image'],
      async run({ ask, given, region }) {
        const answer = await ask('GetImage', { imageBuildVersionArn: given('image') });
        same(answer, 'image.arn', given('image'));
        same(answer, 'image.state.status', 'AVAILABLE');
        const amis = list(answer, 'image.outputResources.amis');
        holds(
          amis.some((one) => text(one, 'region') === region),
          `an AMI in ${region}`,
          amis,
        );
        for (const one of amis) holds(/^ami-[0-9a-f]+$/.test(text(one, 'image')), 'AMI ids', amis);
      },
    },
    {
      name: 'finds the newest available build by a version with wildcards',
      source: 'API reference, GetImage: semantic versioning',
      needs: ['image'],
      async run({ ask, given }) {
        const wild = given('image').replace(/\/[^/]+\/[^/]+$/, '/x.x.x');
        const answer = await ask('GetImage', { imageBuildVersionArn: wild });
        const family = wild.slice(0, -'x.x.x'.length);
        holds(text(answer, 'image.arn').startsWith(family), `a build of ${family}`, answer.image);
        same(answer, 'image.state.status', 'AVAILABLE');
        same(answer, 'latestVersionReferences.latestVersionArn', wild);
      },
    },
    {
      name: 'refuses images, pipelines and recipes that do not exist',
      source: 'model; GetImage declares no error of its own',
      needs: ['image'],
      async run({ refuse, given }) {
        const codes = ['ResourceNotFoundException', 'InvalidRequestException'];
        const other = given('image').replace(/\/[^/]+\/[^/]+\/[^/]+$/, '/contract-check-none/1.0.0/1');
        await refuse('GetImage', { imageBuildVersionArn: other }, codes);
        const of = (kind: string) => other.replace(':image/', `:${kind}/`);
        const pipeline = { imagePipelineArn: of('image-pipeline').replace('/1.0.0/1', '') };
        await refuse('ListImagePipelineImages', pipeline, codes);
        await refuse('GetImagePipeline', pipeline, codes);
        await refuse('GetImageRecipe', { imageRecipeArn: of('image-recipe').replace(/\/1$/, '') }, codes);
      },
    },
    {
      name: 'lists every version of the account’s images once over pages of one',
      source: 'API reference, ListImages',
      needs: ['image'],
      async run({ ask, given }) {
        const arns: string[] = [];
        let token: string | undefined;
        do {
          const page = await ask('ListImages', { maxResults: 1, ...(token && { nextToken: token }) });
          arns.push(...list(page, 'imageVersionList').map((one) => text(one, 'arn')));
          token = text(page, 'nextToken') || undefined;
        } while (token !== undefined && arns.length < 300);
        holds(new Set(arns).size === arns.length, 'no version twice', arns);
        const version = given('image').replace(/\/[^/]+$/, '');
        holds(arns.includes(version), version, arns);
      },
    },
    {
      name: 'lists the builds of one version',
      source: 'API reference, ListImageBuildVersions',
      needs: ['image'],
      async run({ ask, given }) {
        const imageVersionArn = given('image').replace(/\/[^/]+$/, '');
        const found = list(await ask('ListImageBuildVersions', { imageVersionArn }), 'imageSummaryList');
        const arns = found.map((one) => text(one, 'arn'));
        holds(arns.includes(given('image')), given('image'), arns);
        for (const arn of arns) holds(arn.startsWith(`${imageVersionArn}/`), `builds of ${imageVersionArn}`, arns);
      },
    },
    {
      name: 'filters images by name',
      source: 'API reference, ListImages: filters',
      needs: ['image'],
      async run({ ask, given }) {
        const name = given('image').split('/')[1] ?? '';
        const found = list(
          await ask('ListImages', { filters: [{ name: 'name', values: [name] }] }),
          'imageVersionList',
        );
        holds(found.length > 0, `versions of ${name}`, found);
        for (const one of found) holds(text(one, 'arn').split('/')[1] === name, `versions of ${name} only`, found);
        const none = list(
          await ask('ListImages', { filters: [{ name: 'name', values: ['none'] }] }),
          'imageVersionList',
        );
        holds(none.length === 0, 'no images', none);
      },
    },
    {
      name: 'refuses a paging token that it never gave out',
      source: 'model: InvalidPaginationTokenException',
      run: ({ refuse }) => refuse('ListImages', { nextToken: 'never' }, ['InvalidPaginationTokenException']),
    },
    {
      name: 'lists what a pipeline built, and describes the pipeline',
      source: 'API reference, ListImagePipelineImages and GetImagePipeline',
      needs: ['pipeline'],
      async run({ ask, given }) {
        const answer = await ask('GetImagePipeline', { imagePipelineArn: given('pipeline') });
        same(answer, 'imagePipeline.arn', given('pipeline'));
        const images = await ask('ListImagePipelineImages', { imagePipelineArn: given('pipeline') });
        holds(Array.isArray(images.imageSummaryList), 'a list of images', images.imageSummaryList);
        const pipelines = list(await ask('ListImagePipelines'), 'imagePipelineList').map((one) => text(one, 'arn'));
        holds(pipelines.includes(given('pipeline')), given('pipeline'), pipelines);
      },
    },
  ],
};
