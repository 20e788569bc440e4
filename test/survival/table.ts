/** What was found, as a table for people. */
import type { Candidate, Lengths, Scenario } from './scenarios.ts'
import type { Found } from './life.ts'

/** The runs of one candidate in one scenario; none where it cannot be hit by it. */
export interface Cell {
  readonly scenario: Scenario
  readonly candidate: Candidate
  readonly runs: readonly Found[]
}

/** All runs of a cell taken together. */
export function sumOf(
  runs: readonly Found[],
): Record<'accepted' | 'lost' | 'errors' | 'after', number> {
  let [accepted, lost, errors, after] = [0, 0, 0, 0]
  for (const run of runs) {
    accepted += run.accepted
    lost += run.lost.length
    errors += run.lostErrors
    after += run.lostAfter
  }
  return { accepted, lost, errors, after }
}

/** A Markdown table: a row for each scenario, a column for each candidate. */
export function tableOf(cells: readonly Cell[], lengths: Lengths): string {
  const candidates = [...new Set(cells.map(({ candidate }) => candidate))]
  const scenarios = [...new Set(cells.map(({ scenario }) => scenario))]
  const head = ['what happens', ...candidates.map(({ title }) => title)]
  const rows = scenarios.map((scenario) => [
    titleOf(scenario, lengths),
    ...candidates.map((candidate) => {
      const cell = cells.find((each) => each.scenario === scenario && each.candidate === candidate)
      return cell ? textOf(cell) : ''
    }),
  ])
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n')
}

/** What each candidate said where it lost lines, the first line of it. */
export function sayingsOf(cells: readonly Cell[], lengths: Lengths): string {
  return cells
    .filter(({ scenario }) => !scenario.isSudden)
    .map(({ scenario, candidate, runs }) => {
      const said =
        runs.find((run) => run.lost.length + run.lostAfter > 0 && run.said !== '')?.said ?? ''
      const first = said.split('\n').find((line) => /\w/.test(line))
      return first === undefined
        ? ''
        : `${candidate.title}, ${titleOf(scenario, lengths)}: ${first.slice(0, 200)}`
    })
    .filter((line) => line !== '')
    .join('\n')
}

function titleOf({ title, hits }: Scenario, { outageMs, diskFullMs, deaths }: Lengths): string {
  if (hits === 'both') return `${title} (${deaths} ×)`
  return `${title} for ${(hits === 'disk' ? diskFullMs : outageMs) / 1000} s`
}

function textOf({ scenario, candidate, runs }: Cell): string {
  if (runs.length === 0) {
    if (scenario.hits === 'disk') return candidate.uses === 'network' ? 'uses no disk' : 'not root'
    return 'sends nothing'
  }
  const { accepted, lost, errors, after } = sumOf(runs)
  if (lost + after === 0) return `**0** of ${number(accepted)}`
  const share = ((100 * lost) / accepted).toFixed(1)
  const text =
    `${number(lost)} of ${number(accepted)} (${share} %), ${number(errors)} of them errors` +
    (after > 0 ? `, ${number(after)} more afterwards` : '')
  if (scenario.isSudden) return text
  const isSaid = runs.every((run) => run.lost.length + run.lostAfter === 0 || run.said !== '')
  return `${text}; ${isSaid ? 'said' : 'silent'}`
}

const number = (value: number): string => value.toLocaleString('en-US')
