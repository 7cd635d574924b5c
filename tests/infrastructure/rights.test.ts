import { describe, expect, it } from 'vitest';
import { actionsIn } from './support/bundle.ts';
import { byId, functions, ofType, rights, type Statement, statementsOf } from './support/stack.ts';

const reference = (page: string) =>
  `https://docs.aws.amazon.com/service-authorization/latest/reference/list_${page}.html`;

/** Actions for which AWS offers no resource to name. Everything else must name what it touches. */
const everythingOnly: Readonly<Record<string, { readonly reason: string; readonly source: string }>> = {
  'autoscaling:DescribeAutoScalingGroups': { reason: 'lists groups', source: reference('amazonec2autoscaling') },
  'autoscaling:DescribeAutoScalingInstances': { reason: 'lists instances', source: reference('amazonec2autoscaling') },
  'autoscaling:DescribeWarmPool': { reason: 'describes by name', source: reference('amazonec2autoscaling') },
  'autoscaling:DescribeInstanceRefreshes': { reason: 'describes by name', source: reference('amazonec2autoscaling') },
  'autoscaling:DescribeLifecycleHooks': { reason: 'describes by name', source: reference('amazonec2autoscaling') },
  'autoscaling:DescribeScalingActivities': { reason: 'describes by name', source: reference('amazonec2autoscaling') },
  'ec2:DescribeImages': { reason: 'EC2 describes without resources', source: reference('amazonec2') },
  'ec2:DescribeInstances': { reason: 'EC2 describes without resources', source: reference('amazonec2') },
  'ec2:DescribeLaunchTemplateVersions': { reason: 'EC2 describes without resources', source: reference('amazonec2') },
  'eks:ListClusters': { reason: 'lists clusters', source: reference('amazonelastickubernetesservice') },
  'xray:PutTraceSegments': { reason: 'X-Ray has no resource for traces', source: reference('awsx-ray') },
  'xray:PutTelemetryRecords': { reason: 'X-Ray has no resource for traces', source: reference('awsx-ray') },
  'xray:GetSamplingRules': { reason: 'X-Ray has no resource for traces', source: reference('awsx-ray') },
  'xray:GetSamplingTargets': { reason: 'X-Ray has no resource for traces', source: reference('awsx-ray') },
  'logs:CreateLogDelivery': { reason: 'log delivery has no resource', source: reference('amazoncloudwatchlogs') },
  'logs:GetLogDelivery': { reason: 'log delivery has no resource', source: reference('amazoncloudwatchlogs') },
  'logs:UpdateLogDelivery': { reason: 'log delivery has no resource', source: reference('amazoncloudwatchlogs') },
  'logs:DeleteLogDelivery': { reason: 'log delivery has no resource', source: reference('amazoncloudwatchlogs') },
  'logs:ListLogDeliveries': { reason: 'log delivery has no resource', source: reference('amazoncloudwatchlogs') },
  'logs:PutResourcePolicy': { reason: 'belongs to the account', source: reference('amazoncloudwatchlogs') },
  'logs:DescribeResourcePolicies': { reason: 'belongs to the account', source: reference('amazoncloudwatchlogs') },
  'logs:DescribeLogGroups': { reason: 'log delivery looks at all of them', source: reference('amazoncloudwatchlogs') },
};

/** Rights that a function needs although no call in its code has their name. */
const impliedBy: Readonly<Record<string, readonly string[]>> = {
  // Told "not found" instead of "forbidden" when a file is missing.
  's3:GetObject': ['s3:ListBucket'],
  // The caller is checked for what launching from the template needs.
  'autoscaling:StartInstanceRefresh': ['ec2:RunInstances', 'ec2:CreateTags', 'iam:PassRole'],
  'autoscaling:UpdateAutoScalingGroup': ['ec2:RunInstances', 'ec2:CreateTags', 'iam:PassRole'],
  'eks:UpdateNodegroupVersion': ['ec2:RunInstances', 'ec2:CreateTags', 'iam:PassRole'],
  // The AMI in the parameter is looked at with the caller's rights.
  'ssm:PutParameter': ['ec2:DescribeImages'],
  // The topic is encrypted with the caller's rights.
  'sns:Publish': ['kms:Decrypt', 'kms:GenerateDataKey'],
};
/** Lambda acts with the function's role when it writes logs and traces, and when it keeps a failed event. */
const platform = ['logs:CreateLogStream', 'logs:PutLogEvents', 'xray:PutTraceSegments', 'xray:PutTelemetryRecords'];
const failureQueue = ['sqs:SendMessage', 'kms:Decrypt', 'kms:GenerateDataKey'];

const all = [...rights].flatMap(([role, statements]) => statements.map((statement) => ({ role, statement })));
const granting = (action: string) => all.filter(({ statement }) => statement.Action.includes(action));
const stepsWith = (action: string) =>
  functions.filter(({ role }) => granting(action).some((grant) => grant.role === role)).map(({ step }) => step);
const actionsOf = (statements: readonly Statement[] = []) => new Set(statements.flatMap(({ Action }) => Action));

describe('the rights of the stack', () => {
  it('name resources wherever AWS lets them', () => {
    const tooWide = all
      .filter(({ statement }) => statement.Resource.includes('*'))
      .flatMap(({ role, statement }) => statement.Action.map((action) => `${role}: ${action}`))
      .filter((finding) => everythingOnly[finding.split(': ')[1] ?? ''] === undefined);

    expect(tooWide).toEqual([]);
  });

  it('list no exception that nobody uses', () => {
    const used = actionsOf(all.map(({ statement }) => statement));

    expect(Object.keys(everythingOnly).filter((action) => !used.has(action))).toEqual([]);
  });

  it('name every action in full', () => {
    const actions = [...actionsOf(all.map(({ statement }) => statement))];

    expect(actions.filter((action) => !/^[a-z0-9]+:[A-Za-z0-9]+$/.test(action))).toEqual([]);
  });

  it('deny nothing and say who to trust in roles only', () => {
    expect(all.filter(({ statement }) => statement.Effect !== 'Allow' || statement.Principal !== undefined)).toEqual(
      [],
    );
  });

  it('give every function a role of its own', () => {
    const roles = functions.map(({ role }) => role);

    expect(new Set(roles).size).toBe(functions.length);
  });

  it('contain no role that nobody uses', () => {
    const text = JSON.stringify([
      ...ofType('AWS::Lambda::Function'),
      ...ofType('AWS::StepFunctions::StateMachine'),
      ...ofType('AWS::Scheduler::Schedule'),
    ]);
    const unused = ofType('AWS::IAM::Role').filter(({ logicalId }) => !text.includes(`"${logicalId}"`));

    expect(unused.map(({ logicalId }) => logicalId)).toEqual([]);
  });
});

// That they suffice is shown by the machine walks: the account there refuses what a role does not grant.
describe.each(functions)('the rights of $step', (stackFunction) => {
  const granted = actionsOf(rights.get(stackFunction.role));

  it('reach no further than its code', async () => {
    const called = await actionsIn(stackFunction);
    const needed = [...called].flatMap((action) => [action, ...(impliedBy[action] ?? [])]);
    const isAsynchronous = ofType('AWS::Lambda::EventInvokeConfig').some(({ properties }) =>
      JSON.stringify(properties).includes(`"${stackFunction.logicalId}"`),
    );
    const justified = new Set([...needed, ...platform, ...(isAsynchronous ? failureQueue : [])]);

    expect([...granted].filter((action) => !justified.has(action))).toEqual([]);
  });

  it('are those of a Lambda function', () => {
    const [trust] = statementsOf(byId(stackFunction.role).properties.AssumeRolePolicyDocument);

    expect(trust?.Principal).toEqual({ Service: 'lambda.amazonaws.com' });
  });
});

describe('what can do harm', () => {
  // Whoever gives a group another version needs what launching from it needs.
  const launching = ['create-template-version', 'start-rollout', 'roll-back', 'watch-roll-back', 'release-lease'];

  it.each([
    { action: 'autoscaling:StartInstanceRefresh', steps: ['start-rollout', 'roll-back', 'watch-roll-back'] },
    { action: 'eks:UpdateNodegroupVersion', steps: ['start-rollout', 'roll-back', 'watch-roll-back'] },
    { action: 'ec2:RunInstances', steps: launching },
    // Besides launching: the mark on an AMI whose first node failed.
    { action: 'ec2:CreateTags', steps: [...launching, 'test-node'] },
    { action: 'iam:PassRole', steps: launching },
    { action: 'autoscaling:UpdateAutoScalingGroup', steps: ['create-template-version', 'release-lease'] },
    { action: 'ec2:ModifyLaunchTemplate', steps: ['release-lease'] },
    { action: 'autoscaling:RollbackInstanceRefresh', steps: ['roll-back', 'watch-roll-back'] },
    // Its own, which would go on without anybody who watches it.
    { action: 'autoscaling:CancelInstanceRefresh', steps: ['withdraw'] },
    { action: 'ssm:PutParameter', steps: ['publish-image'] },
    { action: 'autoscaling:PutLifecycleHook', steps: ['open-admission', 'watch-roll-back', 'watch-rollout'] },
    // Where another tool drains, ours is taken off.
    { action: 'autoscaling:DeleteLifecycleHook', steps: ['close-admission', 'open-admission', 'withdraw'] },
    {
      action: 'ec2:CreateLaunchTemplateVersion',
      steps: ['create-template-version', 'roll-back', 'watch-roll-back', 'release-lease'],
    },
  ])('$action is left to $steps', ({ action, steps }) => {
    expect(stepsWith(action).toSorted()).toEqual(steps.toSorted());
  });

  it.each([
    'autoscaling:SetDesiredCapacity',
    'autoscaling:SuspendProcesses',
    'autoscaling:TerminateInstanceInAutoScalingGroup',
    'ec2:TerminateInstances',
    's3:DeleteObject',
    'ssm:DeleteParameter',
    's3:DeleteObjectVersion',
  ])('%s is nobody’s', (action) => {
    expect(granting(action)).toEqual([]);
  });

  it('reaches only groups that opted in', () => {
    const changes = all.filter(({ statement }) =>
      statement.Action.some((action) => /^(autoscaling:(?!Describe)|eks:Update)/.test(action)),
    );
    const unlimited = changes.filter(
      ({ statement }) => statement.Condition?.Null?.['aws:ResourceTag/reglaze:channel'] !== 'false',
    );

    expect(changes.length).toBeGreaterThan(0);
    expect(unlimited).toEqual([]);
  });

  it('never changes the sizes of a group', () => {
    for (const { statement } of granting('autoscaling:UpdateAutoScalingGroup')) {
      expect(statement.Condition?.Null).toMatchObject({ 'autoscaling:MinSize': 'true', 'autoscaling:MaxSize': 'true' });
    }
  });

  it('writes parameters below /reglaze/ only', () => {
    const resources = granting('ssm:PutParameter').flatMap(({ statement }) => statement.Resource);

    expect(resources.filter((arn) => !arn.endsWith(':parameter/reglaze/*'))).toEqual([]);
  });

  it('launches only from launch templates', () => {
    const unlimited = granting('ec2:RunInstances').filter(
      ({ statement }) => statement.Condition?.ArnLike?.['ec2:LaunchTemplate'] === undefined,
    );

    expect(unlimited).toEqual([]);
  });

  it('tags only what a launch makes, and AMIs that failed with one key', () => {
    const [marking, launching] = ['TestNodeRole', undefined].map((role) =>
      granting('ec2:CreateTags').filter((grant) => (grant.role === 'TestNodeRole') === (role !== undefined)),
    );
    expect(marking?.map(({ statement }) => [statement.Resource, statement.Condition])).toEqual([
      [
        ['arn:${AWS::Partition}:ec2:${AWS::Region}::image/*'],
        {
          'ForAllValues:StringEquals': { 'aws:TagKeys': ['reglaze:failed-smoke-test'] },
          Null: { 'aws:TagKeys': 'false' },
        },
      ],
    ]);
    const conditions = (launching ?? []).map(({ statement }) => statement.Condition);

    expect(conditions).toEqual(conditions.map(() => ({ StringEquals: { 'ec2:CreateAction': 'RunInstances' } })));
  });

  it('passes roles to EC2 only', () => {
    const conditions = granting('iam:PassRole').map(({ statement }) => statement.Condition);

    expect(conditions).toEqual(
      conditions.map(() => ({ StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } })),
    );
  });
});

describe.each([
  { principal: 'reader', role: 'ReaderRole', variable: 'READER_ROLE_ARN' },
  { principal: 'mover', role: 'MoverRole', variable: 'MOVER_ROLE_ARN' },
])('the $principal', ({ principal, role, variable }) => {
  const told = functions.filter(({ variables }) => variable in variables);

  it('may do nothing in AWS', () => {
    expect(rights.get(role)).toEqual([]);
  });

  it('is trusted to those functions that are told its name', () => {
    const [trust] = statementsOf(byId(role).properties.AssumeRolePolicyDocument);

    const { AWS } = (trust as { Principal: { AWS: string[] } }).Principal;

    expect(AWS.toSorted()).toEqual(told.map((each) => `\${${each.role}.Arn}`).toSorted());
  });

  it('can be asked for by exactly those', () => {
    const asking = granting('sts:AssumeRole').filter(({ statement }) =>
      statement.Resource.some((arn) => arn.includes(`-${principal}-`)),
    );

    expect(asking.map((each) => each.role).toSorted()).toEqual(told.map((each) => each.role).toSorted());
  });
});

describe('the machines’ roles', () => {
  it.each(ofType('AWS::StepFunctions::StateMachine'))('$logicalId may invoke exactly its steps', ({ properties }) => {
    const [definition, references] = (
      properties.DefinitionString as { 'Fn::Sub': [string, Record<string, { Ref: string }>] }
    )['Fn::Sub'];
    const role = (properties.RoleArn as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0];
    const invoked = [...definition.matchAll(/"FunctionName": "\$\{(\w+)\}"/g)].map(([, name = '']) => {
      const version = byId(references[name]?.Ref ?? '');
      return byId((version.properties.FunctionName as { Ref: string }).Ref).properties.FunctionName as string;
    });
    const allowed = (rights.get(role) ?? [])
      .filter(({ Action }) => Action.includes('lambda:InvokeFunction'))
      .flatMap(({ Resource }) => Resource.map((arn) => /:function:([^:]+):\*$/.exec(arn)?.[1]));

    expect(allowed.toSorted()).toEqual([...new Set(invoked)].toSorted());
  });
});
