/**
 * What survives what: `npm run survival`, about a quarter of an hour; `npm run survival -- --quick`, two minutes;
 * `--only fillpath` for one column, `--row disk` for the rows whose title says so.
 *
 * Each bot is a process of its own that logs a thousand lines a second, every tenth an error, into real files and to a
 * real receiver on loopback. Lost: the call had returned, and the line is neither in the file nor at the receiver, after
 * the bot was started again where that delivers something. In the rows with a length, the lines of that time are counted.
 * A power cut is not measured: no machine is switched off here.
 */
import { parseArgs } from 'node:util'
import { candidates, scenarios } from './scenarios.ts'
import type { Candidate, Lengths, Scenario } from './scenarios.ts'
import { sayingsOf, sumOf, tableOf } from './table.ts'
import type { Cell } from './table.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    row: { type: 'string', default: '' },
  },
})
const lengths: Lengths = values.quick
  ? { outageMs: 10_000, diskFullMs: 2000, deaths: 1 }
  : { outageMs: 60_000, diskFullMs: 5000, deaths: 5 }

async function cellOf(scenario: Scenario, candidate: Candidate): Promise<Cell> {
  const isHit =
    scenario.hits === 'both' || candidate.uses === 'both' || candidate.uses === scenario.hits
  const runs = isHit ? await scenario.run(candidate, lengths) : []
  const { accepted, lost, errors } = sumOf(runs)
  console.error(
    `${scenario.title} · ${candidate.title}: ${runs.length === 0 ? 'not hit' : `${lost} of ${accepted} lost, ${errors} of them errors`}`,
  )
  return { scenario, candidate, runs }
}

const cells: Cell[] = []
for (const scenario of scenarios.filter(({ title }) => title.includes(values.row))) {
  const wanted = candidates.filter(({ title }) => title.includes(values.only))
  // Those that only wait can wait together.
  if (scenario.hits === 'network') {
    cells.push(...(await Promise.all(wanted.map((candidate) => cellOf(scenario, candidate)))))
  } else for (const candidate of wanted) cells.push(await cellOf(scenario, candidate))
}

console.log(`\n${tableOf(cells, lengths)}\n`)
console.log(`What was said by those that lost something:\n${sayingsOf(cells, lengths)}\n`)

const ours = cells.filter(({ candidate }) => candidate.subject === 'fillpath')
const broken = ours.filter(({ scenario, runs }) => {
  const { lost, errors, after } = sumOf(runs)
  return errors + after > 0 || (lost > 0 && !scenario.mayCostTurn)
})
for (const { scenario } of broken) console.error(`fillpath lost lines: ${scenario.title}`)
process.exit(broken.length > 0 ? 1 : 0)
