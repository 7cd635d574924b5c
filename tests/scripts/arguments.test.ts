import { describe, expect, it } from 'vitest';
import { WrongUsage } from '../../scripts/command-line.ts';
import { parseStartArguments } from '../../scripts/start/arguments.ts';

describe('parseStartArguments', () => {
  it('runs the first month when nothing is asked for', () => {
    expect(parseStartArguments([])).toEqual({ help: false, list: false, json: false, scenario: 'first-month' });
  });

  it('takes every option', () => {
    const argv = '--scenario killed --event e.json --seed 7 --speed 60 --json'.split(' ');
    expect(parseStartArguments(argv)).toMatchObject({
      scenario: 'killed',
      event: 'e.json',
      seed: 7,
      speed: 60,
      json: true,
    });
    expect(parseStartArguments(['--speed', 'max', '--input', '{}'])).toMatchObject({ speed: 'max', input: '{}' });
  });

  it.each([
    { case: 'an unknown option', argv: ['--fast'], names: '--fast' },
    { case: 'a stray word', argv: ['killed'], names: 'killed' },
    { case: 'a speed of zero', argv: ['--speed', '0'], names: '--speed' },
    { case: 'a speed in words', argv: ['--speed', 'fast'], names: 'fast' },
    { case: 'a seed that is no whole number', argv: ['--seed', '1.5'], names: '--seed' },
    { case: 'an option without its value', argv: ['--scenario'], names: '--scenario' },
    { case: 'two ways to start a run', argv: ['--event', 'e.json', '--input', '{}'], names: '--input' },
  ])('refuses $case and names it', ({ argv, names }) => {
    expect(() => parseStartArguments(argv)).toThrow(WrongUsage);
    expect(() => parseStartArguments(argv)).toThrow(names);
  });
});
