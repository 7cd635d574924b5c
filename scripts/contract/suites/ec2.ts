import { holds, type Suite, same } from '../check.ts';
import { type Fields, list, read, text } from '../fields.ts';
import { formRequest } from '../form-request.ts';
import { absentTemplate, launchTemplateChecks } from './ec2-launch-templates.ts';

export const ec2: Suite = {
  service: 'ec2',
  probe: formRequest('Action=DescribeRegions&Version=2016-11-15'),
  invalidCodes: ['MissingParameter', 'InvalidParameterValue', 'InvalidParameter', 'InvalidParameterCombination'],
  samples: { LaunchTemplateId: absentTemplate },
  // The answer says `windows`, as the service always has; its model says `Windows`.
  lenient: ['PlatformValues'],
  checks: [
    ...launchTemplateChecks,
    {
      name: 'describes a Windows AMI in lower case, with its usage',
      source: 'User guide, platform details and usage operation values',
      needs: ['ami'],
      async run({ ask, given }) {
        const answer = await ask('DescribeImages', { ImageIds: [given('ami')] });
        same(answer, 'Images.0.ImageId', given('ami'));
        same(answer, 'Images.0.State', 'available');
        same(answer, 'Images.0.Platform', 'windows');
        same(answer, 'Images.0.UsageOperation', 'RunInstances:0002');
      },
    },
    {
      name: 'tells an AMI that is not there from one that cannot be',
      source: 'API reference, error codes',
      async run({ refuse }) {
        await refuse('DescribeImages', { ImageIds: ['ami-00000000000000000'] }, ['InvalidAMIID.NotFound']);
        await refuse('DescribeImages', { ImageIds: ['nonsense'] }, ['InvalidAMIID.Malformed']);
      },
    },
    {
      name: 'filters AMIs by the account that owns them',
      source: 'API reference, DescribeImages: Owners',
      needs: ['ami'],
      async run({ ask, given }) {
        const own = await ask('DescribeImages', { ImageIds: [given('ami')], Owners: ['self'] });
        holds(list(own, 'Images').length === 1, 'the AMI', own.Images);
        const amazons = await ask('DescribeImages', { ImageIds: [given('ami')], Owners: ['amazon'] });
        holds(list(amazons, 'Images').length === 0, 'no AMI', amazons.Images);
      },
    },
    {
      name: 'describes an instance with its image, its zone and its state',
      source: 'API reference, Instance',
      needs: ['instance'],
      async run({ ask, given }) {
        const answer = await ask('DescribeInstances', { InstanceIds: [given('instance')] });
        const instance = read(answer, 'Reservations.0.Instances.0') as Fields;
        same(instance, 'InstanceId', given('instance'));
        same(instance, 'State', { Code: 16, Name: 'running' });
        const [id, name] = [text(instance, 'ImageId'), text(instance, 'PrivateDnsName')];
        holds(/^ami-[0-9a-f]+$/.test(id) && name.startsWith('ip-'), 'an AMI and a private DNS name', [id, name]);
      },
    },
    {
      name: 'tells an instance that is not there from one that cannot be',
      source: 'API reference, error codes',
      async run({ refuse }) {
        await refuse('DescribeInstances', { InstanceIds: ['i-00000000000000000'] }, ['InvalidInstanceID.NotFound']);
        await refuse('DescribeInstances', { InstanceIds: ['nonsense'] }, ['InvalidInstanceID.Malformed']);
      },
    },
    {
      name: 'gives 5 to 1000 instances at once, and no pages of named ones',
      source: 'API reference, DescribeInstances: MaxResults',
      needs: ['instance'],
      async run({ refuse, given }) {
        await refuse('DescribeInstances', { MaxResults: 4 }, ['InvalidParameterValue']);
        await refuse('DescribeInstances', { MaxResults: 1001 }, ['InvalidParameterValue']);
        await refuse('DescribeInstances', { InstanceIds: [given('instance')], MaxResults: 5 }, [
          'InvalidParameterCombination',
        ]);
      },
    },
    {
      name: 'finds instances by filters that must all match',
      source: 'API reference, DescribeInstances: Filters',
      needs: ['instance'],
      async run({ ask, given }) {
        const by = (state: string) => [
          { Name: 'instance-id', Values: [given('instance')] },
          { Name: 'instance-state-name', Values: [state] },
        ];
        const running = list(await ask('DescribeInstances', { Filters: by('running') }), 'Reservations');
        holds(running.length === 1, 'one reservation', running);
        const pending = list(await ask('DescribeInstances', { Filters: by('pending') }), 'Reservations');
        holds(pending.length === 0, 'no reservation', pending);
      },
    },
    {
      name: 'tags a resource, writes over a value and takes the tag away',
      source: 'API reference, CreateTags and DeleteTags',
      changes: true,
      needs: ['ami'],
      async run({ ask, given, uniqueName, undo }) {
        const Resources = [given('ami')];
        const tag = async () => {
          const tags = list(await ask('DescribeImages', { ImageIds: Resources }), 'Images.0.Tags');
          return read(
            tags.find((one) => text(one, 'Key') === uniqueName),
            'Value',
          );
        };
        undo(() => ask('DeleteTags', { Resources, Tags: [{ Key: uniqueName }] }));
        await ask('CreateTags', { Resources, Tags: [{ Key: uniqueName, Value: 'first' }] });
        await ask('CreateTags', { Resources, Tags: [{ Key: uniqueName, Value: 'second & <last>' }] });
        same({ value: await tag() }, 'value', 'second & <last>');
        await ask('DeleteTags', { Resources, Tags: [{ Key: uniqueName, Value: 'another value' }] });
        same({ value: await tag() }, 'value', 'second & <last>');
        await ask('DeleteTags', { Resources, Tags: [{ Key: uniqueName }] });
        same({ value: await tag() }, 'value', undefined);
      },
    },
    {
      name: 'refuses a paging token that it never gave out',
      source: 'API reference, error codes',
      run: ({ refuse }) =>
        refuse('DescribeLaunchTemplates', { NextToken: 'never' }, [
          'InvalidNextToken',
          'InvalidParameterValue',
          'InvalidPaginationToken',
        ]),
    },
    {
      name: 'knows its own Region',
      source: 'API reference, DescribeRegions',
      async run({ ask, region }) {
        const names = list(await ask('DescribeRegions'), 'Regions').map((one) => text(one, 'RegionName'));
        holds(names.includes(region), region, names);
      },
    },
  ],
};
