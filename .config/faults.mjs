// What `npm run test:faults` runs: the promises P1–P17 with their full counts, hours of it. Arguments go to vitest:
// `npm run test:faults -- test/faults/kill.test.ts` runs that file alone. Closes with a table: promise, result, counts.
// `FILLPATH_SOAK_HOURS=24` lets the soak run so long. Results that were kept: test/faults/README.md.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runVitest } from './vitest.mjs'

const rooms = [
  'test/faults',
  'test/survival',
  'test/probe/spool',
  'test/probe/ship',
  'test/probe/telemetry',
  'test/wire/frame.test.ts',
]
const promises = [
  'conservation',
  'kill -9',
  'power loss',
  'torn tail, bit rot',
  'disk full, EIO',
  'collector down',
  'slow sink',
  'poison',
  'clock jump',
  'overflow by class',
  'replay beside live',
  'idempotent import',
  'order of ack',
  'two bots, one folder',
  'stop',
  'says so',
  'soak',
]

const args = process.argv.slice(2)
const files = args.some((arg) => arg.startsWith('test/')) ? [] : rooms
const folder = mkdtempSync(join(tmpdir(), 'fillpath-test-faults-'))
const notes = join(folder, 'notes')
const { status, report } = runVitest(
  folder,
  [
    '--disable-console-intercept',
    // One after the other: they measure, and some fill the machine.
    '--no-file-parallelism',
    '--testTimeout=7200000',
    ...files,
    ...args,
  ],
  { FILLPATH_FAULTS: 'full', FILLPATH_FAULTS_NOTES: notes },
)
if (existsSync(report)) {
  const tests = JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap(
    (file) => file.assertionResults,
  )
  const lines = existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []
  console.log(`\n${tableOf(tests, lines)}`)
}
rmSync(folder, { recursive: true, force: true })
process.exit(status ?? 1)

/** A line for each promise: how its tests ended, and what they counted. */
function tableOf(tests, lines) {
  return promises
    .flatMap((name, index) => {
      const id = `P${index + 1}`
      const own = tests.filter(({ fullName }) => new RegExp(`\\b${id}\\b`).test(fullName))
      const count = (wanted) => own.filter((test) => test.status === wanted).length
      const [passed, failed] = [count('passed'), count('failed')]
      const skipped = own.length - passed - failed
      const parts = [
        passed && `${passed} passed`,
        failed && `${failed} FAILED`,
        skipped && `${skipped} not run`,
      ].filter(Boolean)
      const head = `${id.padEnd(4)}${name.padEnd(22)}${parts.join(', ') || 'no test in this run'}`
      const counted = lines.filter((line) => new RegExp(`^${id}\\b`).test(line))
      return [head, ...counted.map((line) => `      ${line}`)]
    })
    .join('\n')
}
