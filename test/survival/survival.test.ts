// The table of `npm run survival` in small: it fails when fillpath loses a line that it promises to keep. The stock SDK
// beside it shows that what happens would have cost lines.
import { describe, expect, test } from 'vitest'
import { canMount } from '../tmpfs.ts'
import { candidates, scenarios } from './scenarios.ts'
import type { Candidate, Lengths } from './scenarios.ts'
import { sumOf, tableOf } from './table.ts'

const lengths: Lengths = { outageMs: 3000, diskFullMs: 1500, deaths: 1 }

function candidate(name: string): Candidate {
  const found = candidates.find(({ subject }) => subject === name)
  if (!found) throw new Error(`no candidate ${name}`)
  return found
}

describe('[D05, P2, P5, P6, P15] what survives, at a thousand lines a second', () => {
  const fillpath = candidate('fillpath')
  const rows = scenarios.filter(({ hits }) => hits !== 'disk' || canMount)

  test.concurrent.each(rows.map((scenario) => [scenario.title, scenario] as const))(
    '%s: no line is lost that fillpath promises to keep',
    async (_, scenario) => {
      const runs = await scenario.run(fillpath, lengths)
      const { accepted, lost, errors, after } = sumOf(runs)
      expect(accepted).toBeGreaterThan(100)
      expect({ errors, after }).toEqual({ errors: 0, after: 0 })
      // An error writes all that waits before it, so at most what follows the last one is missing.
      expect(lost).toBeLessThan(scenario.mayCostTurn ? 10 : 1)
    },
  )

  test.concurrent.each([
    ['`kill -9` right after 1,000 lines in one turn', 'winston-file'],
    ['`kill -9` right after 1,000 lines in one turn', 'pino-worker'],
    ['`process.exit(0)` right after 1,000 lines in one turn', 'stock-sdk'],
    ['the receiver takes requests and never answers', 'stock-sdk'],
  ])('%s would have cost lines of %s', async (title, subject) => {
    const scenario = scenarios.find((each) => each.title === title)
    // Longer than the queue of the SDK is.
    const runs = await scenario?.run(candidate(subject), { ...lengths, outageMs: 6000 })
    expect(sumOf(runs ?? []).lost).toBeGreaterThan(0)
  })
})

test('the table says of how many lines how many were lost, and whether it was said', () => {
  const scenario = scenarios.find(({ hits }) => hits === 'network')
  if (!scenario) throw new Error('no scenario')
  const found = { accepted: 3000, lost: [7, 9], lostErrors: 1, lostAfter: 0, said: '' }
  const cells = [
    { scenario, candidate: candidate('fillpath'), runs: [{ ...found, lost: [], lostErrors: 0 }] },
    { scenario, candidate: candidate('stock-sdk'), runs: [found] },
    { scenario, candidate: candidate('winston-file'), runs: [] },
  ]
  expect(tableOf(cells, lengths)).toBe(`| what happens | fillpath | stock SDK | winston, file |
| --- | --- | --- | --- |
| the receiver is down for 3 s | **0** of 3,000 | 2 of 3,000 (0.1 %), 1 of them errors; silent | sends nothing |`)
})
