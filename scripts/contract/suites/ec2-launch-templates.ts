import { type Check, holds, type Place, same } from '../check.ts';
import { type Fields, list, read, text } from '../fields.ts';

/** The id of a template that does not exist. */
export const absentTemplate = 'lt-00000000000000000';

const versions = async ({ ask, given }: Pick<Place, 'ask' | 'given'>, input: Fields = {}) =>
  list(
    await ask('DescribeLaunchTemplateVersions', { LaunchTemplateId: given('template'), ...input }),
    'LaunchTemplateVersions',
  );

/** Makes a version from the template's default one, and takes it away again afterwards. */
async function createVersion({ ask, given, undo }: Place, input: Fields = {}): Promise<unknown> {
  const [base] = await versions({ ask, given }, { Versions: ['$Default'] });
  const answer = await ask('CreateLaunchTemplateVersion', {
    LaunchTemplateId: given('template'),
    SourceVersion: String(read(base, 'VersionNumber')),
    LaunchTemplateData: { InstanceType: 'm5.large' },
    ...input,
  });
  const number = String(read(answer, 'LaunchTemplateVersion.VersionNumber'));
  undo(() => ask('DeleteLaunchTemplateVersions', { LaunchTemplateId: given('template'), Versions: [number] }));
  return answer.LaunchTemplateVersion;
}

export const launchTemplateChecks: readonly Check[] = [
  {
    name: 'takes what is not given from the source version',
    source: 'API reference, CreateLaunchTemplateVersion: SourceVersion',
    changes: true,
    needs: ['template'],
    async run(place) {
      const [base] = await versions(place, { Versions: ['$Default'] });
      const made = await createVersion(place, { LaunchTemplateData: { InstanceType: 'm5.large' } });
      const expected = { ...(read(base, 'LaunchTemplateData') as Fields), InstanceType: 'm5.large' };
      same(made as Fields, 'LaunchTemplateData', expected);
    },
  },
  {
    name: 'makes only what is given without a source version',
    source: 'API reference, CreateLaunchTemplateVersion: SourceVersion',
    changes: true,
    needs: ['template'],
    async run({ ask, given, undo }) {
      const LaunchTemplateId = given('template');
      const answer = await ask('CreateLaunchTemplateVersion', {
        ...{ LaunchTemplateId, LaunchTemplateData: { InstanceType: 'm5.large' } },
      });
      const number = String(read(answer, 'LaunchTemplateVersion.VersionNumber'));
      undo(() => ask('DeleteLaunchTemplateVersions', { LaunchTemplateId, Versions: [number] }));
      same(answer, 'LaunchTemplateVersion.LaunchTemplateData.ImageId', undefined);
    },
  },
  {
    name: 'deletes a template with its versions, and gives its name to another one',
    source: 'API reference, DeleteLaunchTemplate',
    changes: true,
    async run({ ask, refuse, uniqueName, undo }) {
      const make = async () => {
        const answer = await ask('CreateLaunchTemplate', {
          ...{ LaunchTemplateName: uniqueName, LaunchTemplateData: { InstanceType: 'm5.large' } },
        });
        const LaunchTemplateId = text(answer, 'LaunchTemplate.LaunchTemplateId');
        let isThere = true;
        const remove = async () => {
          if (isThere) await ask('DeleteLaunchTemplate', { LaunchTemplateId });
          isThere = false;
        };
        undo(remove);
        return { LaunchTemplateId, remove };
      };
      const { LaunchTemplateId, remove } = await make();
      await remove();
      await refuse('DescribeLaunchTemplateVersions', { LaunchTemplateId }, ['InvalidLaunchTemplateId.NotFound']);
      await refuse('DeleteLaunchTemplate', { LaunchTemplateId }, ['InvalidLaunchTemplateId.NotFound']);
      const other = await make();
      holds(other.LaunchTemplateId !== LaunchTemplateId, 'another id', other.LaunchTemplateId);
    },
  },
  {
    name: 'lists the tags of a template, by resource and by key',
    source: 'API reference, DescribeTags',
    changes: true,
    needs: ['template'],
    async run({ ask, refuse, given, uniqueName, undo }) {
      const Resources = [given('template')];
      undo(() => ask('DeleteTags', { Resources, Tags: [{ Key: uniqueName }] }));
      await ask('CreateTags', { Resources, Tags: [{ Key: uniqueName, Value: 'a' }] });
      const Filters = [
        { Name: 'resource-id', Values: Resources },
        { Name: 'key', Values: [uniqueName] },
      ];
      const tag = { Key: uniqueName, ResourceId: given('template'), ResourceType: 'launch-template', Value: 'a' };
      same(await ask('DescribeTags', { Filters }), 'Tags', [tag]);
      const others = [...Filters, { Name: 'resource-type', Values: ['instance'] }];
      same({ tags: list(await ask('DescribeTags', { Filters: others }), 'Tags') }, 'tags', []);
      await refuse('DescribeTags', { MaxResults: 4 }, ['InvalidParameterValue']);
    },
  },
  {
    name: 'gives the next number to a new version and leaves the default where it is',
    source: 'User guide, launch template versions',
    changes: true,
    needs: ['template'],
    async run(place) {
      const [latest] = await versions(place, { Versions: ['$Latest'] });
      const [standard] = await versions(place, { Versions: ['$Default'] });
      const made = await createVersion(place);
      const number = Number(read(made, 'VersionNumber'));
      holds(number > Number(read(latest, 'VersionNumber')), 'a number above the latest', number);
      same(made as Fields, 'DefaultVersion', false);
      const [now] = await versions(place, { Versions: ['$Default'] });
      same(now as Fields, 'VersionNumber', read(standard, 'VersionNumber'));
    },
  },
  {
    name: 'answers the same client token with the same version',
    source: 'API reference, ensuring idempotency',
    changes: true,
    needs: ['template'],
    async run(place) {
      const ClientToken = place.uniqueName;
      const first = await createVersion(place, { ClientToken });
      const [base] = await versions(place, { Versions: ['$Default'] });
      const again = await place.ask('CreateLaunchTemplateVersion', {
        LaunchTemplateId: place.given('template'),
        SourceVersion: String(read(base, 'VersionNumber')),
        LaunchTemplateData: { InstanceType: 'm5.large' },
        ClientToken,
      });
      same(again, 'LaunchTemplateVersion.VersionNumber', read(first, 'VersionNumber'));
    },
  },
  {
    name: 'refuses a client token that stands for something else',
    source: 'API reference, ensuring idempotency',
    changes: true,
    needs: ['template'],
    async run(place) {
      const ClientToken = place.uniqueName;
      await createVersion(place, { ClientToken });
      const other = { LaunchTemplateId: place.given('template'), LaunchTemplateData: { InstanceType: 'm5.2xlarge' } };
      await place.refuse('CreateLaunchTemplateVersion', { ...other, ClientToken }, ['IdempotentParameterMismatch']);
    },
  },
  {
    name: 'moves the default when asked to',
    source: 'API reference, ModifyLaunchTemplate',
    changes: true,
    needs: ['template'],
    async run(place) {
      const LaunchTemplateId = place.given('template');
      const [before] = await versions(place, { Versions: ['$Default'] });
      const made = await createVersion(place);
      const number = String(read(made, 'VersionNumber'));
      const old = String(read(before, 'VersionNumber'));
      place.undo(() => place.ask('ModifyLaunchTemplate', { LaunchTemplateId, DefaultVersion: old }));
      const answer = await place.ask('ModifyLaunchTemplate', { LaunchTemplateId, DefaultVersion: number });
      same(answer, 'LaunchTemplate.DefaultVersionNumber', Number(number));
      const [now] = await versions(place, { Versions: ['$Default'] });
      same(now as Fields, 'VersionNumber', Number(number));
    },
  },
  {
    name: 'does not delete the default version',
    source: 'API reference, DeleteLaunchTemplateVersions',
    changes: true,
    needs: ['template'],
    async run(place) {
      const [standard] = await versions(place, { Versions: ['$Default'] });
      const number = String(read(standard, 'VersionNumber'));
      const LaunchTemplateId = place.given('template');
      const answer = await place.ask('DeleteLaunchTemplateVersions', { LaunchTemplateId, Versions: [number] });
      same({ deleted: list(answer, 'SuccessfullyDeletedLaunchTemplateVersions') }, 'deleted', []);
      same(answer, 'UnsuccessfullyDeletedLaunchTemplateVersions.0.VersionNumber', Number(number));
    },
  },
  {
    name: 'never gives a number twice, also after a deletion',
    source: 'User guide, launch template versions: numbered in the order of their making',
    changes: true,
    needs: ['template'],
    async run(place) {
      const LaunchTemplateId = place.given('template');
      const gone = Number(read(await createVersion(place), 'VersionNumber'));
      await place.ask('DeleteLaunchTemplateVersions', { LaunchTemplateId, Versions: [String(gone)] });
      const next = Number(read(await createVersion(place), 'VersionNumber'));
      holds(next > gone, `a number above ${gone}`, next);
    },
  },
  {
    name: 'lists versions in pages that miss none, the newest first',
    source: 'API reference, DescribeLaunchTemplateVersions',
    changes: true,
    needs: ['template'],
    async run(place) {
      await createVersion(place);
      await createVersion(place);
      const all = (await versions(place)).map((one) => read(one, 'VersionNumber'));
      const paged: unknown[] = [];
      let token: string | undefined;
      do {
        const page = await place.ask('DescribeLaunchTemplateVersions', {
          ...{ LaunchTemplateId: place.given('template'), MaxResults: 1 },
          ...(token && { NextToken: token }),
        });
        paged.push(...list(page, 'LaunchTemplateVersions').map((one) => read(one, 'VersionNumber')));
        token = text(page, 'NextToken') || undefined;
      } while (token !== undefined && paged.length < 500);
      const newestFirst = all.toSorted((a, b) => Number(b) - Number(a));
      holds(all.join() === newestFirst.join(), `the numbers ${newestFirst.join()}`, all);
      holds(paged.join() === all.join(), `the numbers ${all.join()}`, paged);
    },
  },
  {
    name: 'names the missing template and the missing version',
    source: 'API reference, error codes: launch templates',
    needs: ['template'],
    async run({ refuse, given }) {
      const missing = { LaunchTemplateId: absentTemplate };
      await refuse('DescribeLaunchTemplateVersions', missing, ['InvalidLaunchTemplateId.NotFound']);
      await refuse('DescribeLaunchTemplates', { LaunchTemplateIds: [absentTemplate] }, [
        'InvalidLaunchTemplateId.NotFound',
      ]);
      await refuse('DescribeLaunchTemplates', { LaunchTemplateNames: ['contract-check-none'] }, [
        'InvalidLaunchTemplateName.NotFoundException',
      ]);
      await refuse('DescribeLaunchTemplateVersions', { LaunchTemplateId: 'nonsense' }, [
        'InvalidLaunchTemplateId.Malformed',
      ]);
      await refuse('DescribeLaunchTemplateVersions', { LaunchTemplateId: given('template'), Versions: ['999999'] }, [
        'InvalidLaunchTemplateId.VersionNotFound',
      ]);
    },
  },
  {
    name: 'gives 1 to 200 versions at once',
    source: 'API reference, DescribeLaunchTemplateVersions: MaxResults',
    needs: ['template'],
    run: ({ refuse, given }) =>
      refuse('DescribeLaunchTemplateVersions', { LaunchTemplateId: given('template'), MaxResults: 201 }, [
        'InvalidParameterValue',
        'InvalidMaxResults',
      ]),
  },
];
