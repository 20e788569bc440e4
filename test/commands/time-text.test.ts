import { expect, test } from 'vitest'
import { durationText, millisecondsBetween } from '../../src/commands/time-text.ts'

test('a duration has the digits that matter, in the unit that fits', () => {
  const texts = new Map([
    [0, '0 ms'],
    [0.0042, '0.00 ms'],
    [0.42, '0.42 ms'],
    [41.25, '41.3 ms'],
    [-41.25, '-41.3 ms'],
    [999.9, '999.9 ms'],
    [1_234, '1.23 s'],
    [59_990, '59.99 s'],
    [64_000, '1 min 04 s'],
    [3_599_600, '1 h 00 min'],
    [7_260_000, '2 h 01 min'],
    [90_000_000, '1 d 01 h'],
    [-90_000_000, '-1 d 01 h'],
  ])
  for (const [ms, text] of texts) expect(durationText(ms), String(ms)).toBe(text)
})

test('the distance of two instants keeps its fraction', () => {
  expect(millisecondsBetween(1_795_252_833_000_000_000n, 1_795_252_833_041_200_500n)).toBe(41.2005)
})
