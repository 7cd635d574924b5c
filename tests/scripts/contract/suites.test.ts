import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Suite } from '../../../scripts/contract/check.ts';
import type { Endpoint } from '../../../scripts/contract/endpoint.ts';
import { exampleInput } from '../../../scripts/contract/example-input.ts';
import { modelOf } from '../../../scripts/contract/model.ts';
import { checksOf, type Result, runSuite } from '../../../scripts/contract/run-suite.ts';
import { suites } from '../../../scripts/contract/suites.ts';
import { validate } from '../../../simulator/wire/validation.ts';
import { aContractAccount, type ContractAccount } from './an-account.ts';
import { oneAnswer, otherCodes, otherTimes, reversed, type Spoil, spoilt, without } from './spoilt-endpoints.ts';

const run = (suite: Suite, { given }: Pick<ContractAccount, 'given'>, endpoint: Endpoint) =>
  runSuite(suite, { endpoint, given, allowChanges: true });
const named = suites.map((suite) => ({ service: suite.service, suite }));
const notOk = (results: readonly Result[]) => results.filter(({ result }) => result !== 'ok');
const suiteOf = (service: string) => suites.find((suite) => suite.service === service) as Suite;

let contract: ContractAccount;
beforeAll(async () => {
  contract = await aContractAccount();
});
afterAll(() => contract.close());

describe.each(named)('the contract of $service', ({ suite }) => {
  it('is kept by the embedded account, and nothing is left out', async () => {
    expect(notOk(await run(suite, contract, contract.endpoint))).toEqual([]);
    const defects = contract.account.kernel.log.entries().filter(({ kind }) => kind === 'defect');
    expect(defects).toEqual([]);
  });

  it('has no check that every endpoint passes', async () => {
    const silent = await run(suite, contract, oneAnswer(200, { json: '{}', xml: '<Answer><Result/></Answer>' }));
    const nonsense = '<ErrorResponse><Error><Code>Nonsense</Code><Message>No.</Message></Error></ErrorResponse>';
    const refusing = await run(suite, contract, oneAnswer(400, { json: '{"__type":"Nonsense"}', xml: nonsense }));
    const passedBoth = silent.filter(({ result }, index) => result === 'ok' && refusing[index]?.result === 'ok');

    expect(passedBoth.map(({ check }) => check)).toEqual([]);
  });

  it('spoils inputs that are good but for the one thing', () => {
    const model = modelOf(suite.service);
    const problems = Object.entries(model.operations).flatMap(([operation, { input }]) =>
      input === undefined ? [] : validate(model, input.shape, exampleInput({ model, suite }, operation)),
    );
    expect(problems).toEqual([]);
  });

  it('names every check once', () => {
    const names = checksOf(suite).map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

type Fault = { readonly service: string; readonly fault: string; readonly spoil: Spoil; readonly seen: RegExp };

const dropped = (service: string, member: string, seen: RegExp): Fault => ({
  ...{ service, seen },
  fault: `leaves out ${member}`,
  spoil: without(member),
});
const faults: readonly Fault[] = [
  dropped('autoscaling', 'AutoScalingGroupName', /AutoScalingGroups\.0\.AutoScalingGroupName is missing/),
  dropped('cloudwatch', 'Values', /a sum of 3\.5/),
  dropped('ec2', 'versionNumber', /VersionNumber/),
  dropped('eks', 'status', /status/),
  dropped('events', 'FailedEntryCount', /FailedEntryCount/),
  dropped('iam', 'Arn', /Role\.Arn/),
  dropped('logs', 'nextForwardToken', /events \[\]/),
  dropped('sqs', 'MessageId', /id /),
  dropped('imagebuilder', 'arn', /arn/),
  dropped('lambda', 'FunctionName', /FunctionName/),
  dropped('s3', 'ETag', /ETag/),
  dropped('sns', 'MessageId', /UUID/),
  dropped('ssm', 'Version', /Version/),
  dropped('stepfunctions', 'executionArn', /executionArn is missing/),
  dropped('sts', 'Account', /account/i),
  ...suites.map(({ service }) => ({
    service,
    fault: 'calls every error something else',
    spoil: otherCodes,
    seen: /Nonsense/,
  })),
  { service: 's3', fault: 'turns lists around', spoil: reversed, seen: /the keys/ },
  { service: 'stepfunctions', fault: 'turns lists around', spoil: reversed, seen: /falling start dates|types/ },
  ...['autoscaling', 'ec2', 'eks', 's3', 'stepfunctions', 'ssm', 'sts'].map((service) => ({
    ...{
      service,
      fault: 'writes times otherwise',
      spoil: otherTimes,
      seen: /seconds since the epoch|RFC3339|real number/,
    },
  })),
];

describe('a contract is not kept by an endpoint that', () => {
  it.each(faults)('$fault ($service)', async ({ service, spoil, seen }) => {
    const spoiltAccount = await aContractAccount();
    const suite = suiteOf(service);
    const results = notOk(
      await runSuite(suite, {
        ...{ endpoint: spoilt(spoiltAccount.endpoint, spoil), given: spoiltAccount.given, allowChanges: true },
        isChosen: (check) => suite.checks.includes(check),
      }),
    );
    await spoiltAccount.close();

    expect(results.map(({ expected, found }) => `${expected}; ${found}`).join('\n')).toMatch(seen);
  });
});
