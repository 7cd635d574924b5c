import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { creationOrder } from '../../../simulator/cloudformation/dependencies.ts';
import { deployed, named, queue } from './templates.ts';

const nameOf = async (value: unknown, sections: Parameters<typeof deployed>[1] = {}) =>
  (await deployed(named(value), sections)).stack.resource('Queue')?.attributes.QueueName;

const Parameters = { Env: { Type: 'String', Default: 'live' }, Names: { Type: 'CommaDelimitedList', Default: 'x, y' } };
const Mappings = { Sizes: { live: { big: 'ten' } } };
const Conditions = {
  IsLive: { 'Fn::Equals': [{ Ref: 'Env' }, 'live'] },
  IsTest: { 'Fn::Not': [{ Condition: 'IsLive' }] },
};
const sections = { Parameters, Mappings, Conditions };

describe('intrinsic functions', () => {
  it.each([
    { case: 'Ref to a parameter', value: { Ref: 'Env' }, name: 'live' },
    { case: 'Ref to a pseudo parameter', value: { Ref: 'AWS::Region' }, name: 'us-west-2' },
    { case: 'Fn::Sub', value: { 'Fn::Sub': 'q-${Env}-${AWS::AccountId}' }, name: 'q-live-111122223333' },
    {
      case: 'Fn::Sub with a map',
      value: { 'Fn::Sub': ['q-${A}-${Env}', { A: { Ref: 'AWS::StackName' } }] },
      name: 'q-stack-live',
    },
    {
      case: 'a literal in Fn::Sub',
      value: { 'Fn::Join': ['', { 'Fn::Split': ['${Env}', { 'Fn::Sub': 'a${!Env}b' }] }] },
      name: 'ab',
    },
    { case: 'Fn::Join', value: { 'Fn::Join': ['-', ['a', { Ref: 'Env' }]] }, name: 'a-live' },
    { case: 'Fn::Join over a list parameter', value: { 'Fn::Join': ['-', { Ref: 'Names' }] }, name: 'x-y' },
    { case: 'Fn::Select of Fn::Split', value: { 'Fn::Select': [1, { 'Fn::Split': ['.', 'a.b.c'] }] }, name: 'b' },
    { case: 'Fn::FindInMap', value: { 'Fn::FindInMap': ['Sizes', { Ref: 'Env' }, 'big'] }, name: 'ten' },
    { case: 'Fn::If, true', value: { 'Fn::If': ['IsLive', 'yes', 'no'] }, name: 'yes' },
    { case: 'Fn::If, false', value: { 'Fn::If': ['IsTest', 'yes', 'no'] }, name: 'no' },
    { case: 'no value', value: { Ref: 'AWS::NoValue' }, name: expect.stringMatching(/^stack-Queue-[0-9a-f]{12}$/) },
  ])('resolve $case', async ({ value, name }) => {
    expect(await nameOf(value, sections)).toEqual(name);
  });

  it.each([
    { case: 'and', condition: { 'Fn::And': [{ Condition: 'IsLive' }, { Condition: 'IsTest' }] }, name: 'no' },
    { case: 'or', condition: { 'Fn::Or': [{ Condition: 'IsLive' }, { Condition: 'IsTest' }] }, name: 'yes' },
  ])('combine conditions with $case', async ({ condition, name }) => {
    expect(
      await nameOf(
        { 'Fn::If': ['Both', 'yes', 'no'] },
        { ...sections, Conditions: { ...Conditions, Both: condition } },
      ),
    ).toBe(name);
  });

  it.each([
    {
      case: 'Fn::ImportValue',
      value: { 'Fn::ImportValue': 'x' },
      problem: /Queue\.Properties.*Fn::ImportValue is unknown or not simulated/,
    },
    { case: 'an unknown function', value: { 'Fn::Shout': 'x' }, problem: /Fn::Shout/ },
    { case: 'a name that is nothing', value: { Ref: 'Nothing' }, problem: /Nothing is no parameter and no resource/ },
    {
      case: 'a name that is nothing within Fn::Sub',
      value: { 'Fn::Sub': '${Nothing}' },
      problem: /Nothing is no parameter/,
    },
    {
      case: 'an attribute that is not there',
      value: { 'Fn::GetAtt': ['Other', 'Colour'] },
      problem: /Other has no attribute Colour/,
    },
    { case: 'an index behind the list', value: { 'Fn::Select': [3, ['a']] }, problem: /cannot select item 3/ },
    {
      case: 'a mapping that is not there',
      value: { 'Fn::FindInMap': ['Sizes', 'test', 'big'] },
      problem: /no mapping Sizes\.test\.big/,
    },
    {
      case: 'a condition that is not there',
      value: { 'Fn::If': ['Unknown', 'a', 'b'] },
      problem: /no condition Unknown/,
    },
    { case: 'a list where text belongs', value: { 'Fn::Sub': ['${A}', { A: ['x'] }] }, problem: /needs a string/ },
    { case: 'a function beside other keys', value: { Ref: 'Env', Other: 1 }, problem: /stands beside other keys/ },
    {
      case: 'a pseudo parameter that is not simulated',
      value: { Ref: 'AWS::Unknown' },
      problem: /AWS::Unknown is not simulated/,
    },
  ])('refuse $case', async ({ value, problem }) => {
    await expect(deployed({ ...named(value), Other: queue() }, sections)).rejects.toThrow(problem);
  });

  it('refuse conditions that refer to themselves or to resources', async () => {
    const loop = { A: { Condition: 'B' }, B: { Condition: 'A' } };
    await expect(deployed({ Queue: queue({}, { Condition: 'A' }) }, { Conditions: loop })).rejects.toThrow(
      /refers to itself/,
    );
    const onResource = { A: { 'Fn::Equals': [{ Ref: 'Queue' }, 'x'] } };
    await expect(deployed({ Queue: queue({}, { Condition: 'A' }) }, { Conditions: onResource })).rejects.toThrow(
      /cannot refer to the resource Queue/,
    );
  });
});

describe('parameters', () => {
  const accept = (declaration: object, value: string) =>
    nameOf({ Ref: 'P' }, { Parameters: { P: declaration }, parameters: { P: value } });

  it('take the given value before the default', async () => {
    expect(await accept({ Type: 'String', Default: 'a' }, 'b')).toBe('b');
  });

  it.each([
    { case: 'a value that is not allowed', declaration: { Type: 'String', AllowedValues: ['a'] }, value: 'b' },
    { case: 'a value beside the pattern', declaration: { Type: 'String', AllowedPattern: '[a-z]+' }, value: 'a1' },
    { case: 'a short value', declaration: { Type: 'String', MinLength: 2 }, value: 'a' },
    { case: 'a long value', declaration: { Type: 'String', MaxLength: '2' }, value: 'abc' },
    { case: 'no number', declaration: { Type: 'Number' }, value: 'a' },
    { case: 'a small number', declaration: { Type: 'Number', MinValue: 5 }, value: '4' },
    { case: 'a large number', declaration: { Type: 'Number', MaxValue: 5 }, value: '6' },
    {
      case: 'a list with one bad item',
      declaration: { Type: 'CommaDelimitedList', AllowedValues: ['a'] },
      value: 'a,b',
    },
    { case: 'a type that looks something up', declaration: { Type: 'AWS::SSM::Parameter::Value<String>' }, value: 'a' },
  ])('refuse $case', async ({ declaration, value }) => {
    await expect(accept(declaration, value)).rejects.toThrow(/^Parameters\.P: /);
  });

  it('must have a value, and must exist', async () => {
    await expect(nameOf('q', { Parameters: { P: { Type: 'String' } } })).rejects.toThrow(
      'Parameters.P: must have a value',
    );
    await expect(nameOf('q', { parameters: { Typo: 'x' } })).rejects.toThrow(/Typo/);
  });
});

describe('the order of creation', () => {
  it('never has a resource before what it needs, and has every resource once', () => {
    // Edges from later to earlier numbers, under shuffled names: any graph without a cycle.
    const graph = fc.integer({ min: 1, max: 12 }).chain((size) =>
      fc.record({
        names: fc.shuffledSubarray(
          Array.from({ length: size }, (_, index) => `R${index}`),
          { minLength: size },
        ),
        edges: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1))),
      }),
    );
    fc.assert(
      fc.property(graph, ({ names, edges }) => {
        const pairs = edges
          .filter(([a, b]) => a !== b)
          .map(([a, b]) => ({ name: names[Math.max(a, b)] as string, needed: names[Math.min(a, b)] as string }));
        const needsOf = (name: string) =>
          new Set(pairs.filter((pair) => pair.name === name).map(({ needed }) => needed));
        const order = creationOrder(new Map(names.toSorted().map((name) => [name, needsOf(name)])));
        expect(order.toSorted()).toEqual(names.toSorted());
        expect(pairs.filter(({ name, needed }) => order.indexOf(needed) >= order.indexOf(name))).toEqual([]);
      }),
    );
  });

  it('is none for a cycle, whose members are named', async () => {
    const tagged = (other: string) => queue({ Tags: [{ Key: 'other', Value: { 'Fn::GetAtt': [other, 'Arn'] } }] });
    const cycle = { Free: queue(), A: tagged('B'), B: tagged('C'), C: tagged('A') };
    await expect(deployed(cycle)).rejects.toThrow('circular dependency: A -> B -> C -> A');
  });

  it.each([
    { case: 'Ref', properties: { QueueName: { 'Fn::Sub': '${First.QueueName}-2' } }, rest: {} },
    { case: 'DependsOn', properties: {}, rest: { DependsOn: 'First' } },
    {
      case: 'a map of Fn::Sub',
      properties: { QueueName: { 'Fn::Sub': ['${n}-2', { n: { 'Fn::GetAtt': 'First.QueueName' } }] } },
      rest: {},
    },
  ])('follows $case', async ({ properties, rest }) => {
    const { stack } = await deployed({ Second: queue(properties, rest), First: queue({ QueueName: 'first' }) });
    expect(stack.resources.map(({ logicalId }) => logicalId)).toEqual(['First', 'Second']);
  });

  it('does not care for the branch that is not taken', async () => {
    const Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
    const name = { 'Fn::If': ['Never', { 'Fn::GetAtt': ['Second', 'QueueName'] }, 'first'] };
    const { stack } = await deployed(
      { First: queue({ QueueName: name }), Second: queue({}, { DependsOn: ['First'] }) },
      { Conditions },
    );
    expect(stack.resources).toHaveLength(2);
  });
});
