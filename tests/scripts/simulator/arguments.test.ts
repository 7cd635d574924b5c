import { expect, it } from 'vitest';
import { WrongUsage } from '../../../scripts/command-line.ts';
import { parseSimulatorArguments } from '../../../scripts/simulator/arguments.ts';

it('serves the first month on port 4566 in real time when nothing is asked for', () => {
  expect(parseSimulatorArguments([])).toEqual({ help: false, port: 4566, scenario: 'first-month', speed: 1 });
});

it('takes every option', () => {
  const argv = '--scenario killed --port 0 --seed 7 --speed 0.5'.split(' ');
  expect(parseSimulatorArguments(argv)).toEqual({ help: false, port: 0, scenario: 'killed', seed: 7, speed: 0.5 });
});

it.each([
  { case: 'an unknown option', argv: ['--fast'], names: '--fast' },
  { case: 'a stray word', argv: ['killed'], names: 'killed' },
  { case: 'a speed of zero', argv: ['--speed', '0'], names: '--speed' },
  { case: 'the speed max, in which years pass between two requests', argv: ['--speed', 'max'], names: 'max' },
  { case: 'a speed beyond an hour a second', argv: ['--speed', '3601'], names: '3600' },
  { case: 'a port that is no number', argv: ['--port', 'http'], names: '--port' },
  { case: 'a port beyond the last one', argv: ['--port', '65536'], names: '65535' },
  { case: 'a seed that is no whole number', argv: ['--seed', '1.5'], names: '--seed' },
  { case: 'an option without its value', argv: ['--scenario'], names: '--scenario' },
])('refuses $case and names it', ({ argv, names }) => {
  expect(() => parseSimulatorArguments(argv)).toThrow(WrongUsage);
  expect(() => parseSimulatorArguments(argv)).toThrow(names);
});
