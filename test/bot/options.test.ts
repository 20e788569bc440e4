import { expect, test } from 'vitest'
import { help, optionsOf, UsageError } from '../../src/bot/options.ts'

test('without arguments: half a minute of the synthetic market with lively faults', () => {
  expect(optionsOf([])).toEqual({
    market: undefined,
    quotes: undefined,
    symbol: undefined,
    seed: '3',
    speed: undefined,
    durationMs: undefined,
    faults: 'lively',
    stops: [],
    json: false,
  })
})

test.each([
  ['--speed 10', { speed: 10 }],
  ['--speed 0.5', { speed: 0.5 }],
  ['--speed max', { speed: Infinity }],
  ['--duration 45', { durationMs: 45_000 }],
  ['--duration 2m', { durationMs: 120_000 }],
  ['--duration 1.5h', { durationMs: 5_400_000 }],
  ['--duration 500ms', { durationMs: 500 }],
  ['--duration-s 12.5', { durationMs: 12_500 }],
  ['--seed words', { seed: 'words' }],
  ['--stop-venue paper-b@10s', { stops: [{ venue: 'paper-b', afterMs: 10_000, forMs: 60_000 }] }],
  [
    '--stop-venue paper-b@1m+90s --stop-venue paper-a@500ms+2',
    {
      stops: [
        { venue: 'paper-b', afterMs: 60_000, forMs: 90_000 },
        { venue: 'paper-a', afterMs: 500, forMs: 2000 },
      ],
    },
  ],
  ['--faults none --json', { faults: 'none', json: true }],
  [
    '--market a.csv --quotes b.csv --symbol ETH/BTC',
    { market: 'a.csv', quotes: 'b.csv', symbol: 'ETH/BTC' },
  ],
])('%s is understood', (line, expected) => {
  expect(optionsOf(line.split(' '))).toMatchObject(expected)
})

test.each([
  ['--speed fast', "--speed is 'fast': give a number above 0, or max"],
  ['--speed 0', "--speed is '0': give a number above 0, or max"],
  ['--speed=-1', "--speed is '-1': give a number above 0, or max"],
  ['--duration 0', "--duration is '0': give a time above 0, such as 30s, 2m or 1h"],
  ['--duration 2days', "--duration is '2days': give a time above 0, such as 30s, 2m or 1h"],
  ['--duration-s abc', "--duration-s is 'abc': give a number of seconds above 0"],
  ['--duration 1 --duration-s 1', '--duration and --duration-s are both given: one is enough'],
  ['--faults some', "--faults is 'some': give one of none, lively, heavy"],
  ['--symbol BTCUSDT', "--symbol is 'BTCUSDT': give it as BTC/USDT"],
  ['--quotes b.csv', '--quotes is given without --market'],
  [
    '--stop-venue paper-b',
    "--stop-venue is 'paper-b': give venue and times, such as paper-b@10s+90s",
  ],
  ['--stop-venue paper-b@soon', "--stop-venue is 'soon': give a time above 0"],
  ['--stop-venue paper-b@1s+0', "--stop-venue is '0': give a time above 0"],
  ['--sped 10', "Unknown option '--sped'; --help lists what there is"],
  ['--market', '--market'],
  ['stray', "Unexpected argument 'stray'"],
])('[X39] %s is a plain error with name, value and what is allowed', (line, message) => {
  const read = (): unknown => optionsOf(line.split(' '))
  expect(read).toThrow(UsageError)
  expect(read).toThrow(message)
})

test('--help tells of every option and every fault profile', () => {
  expect(optionsOf(['--help', '--speed', 'x'])).toBe('help')
  expect(optionsOf(['-h'])).toBe('help')
  for (const word of [
    '--market',
    '--quotes',
    '--seed',
    '--speed',
    '--duration',
    '--faults',
    '--stop-venue',
    '--json',
    'hedge-fails',
  ]) {
    expect(help).toContain(word)
  }
})
