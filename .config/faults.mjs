// What `npm run test:faults` runs: the promises P1–P17 with their full counts, hours of it. Arguments go to vitest:
// `npm run test:faults -- test/faults/kill.test.ts` runs that file alone. Results: test/faults/README.md.
import { spawnSync } from 'node:child_process'

const args = process.argv.slice(2)
const files = args.some((arg) => !arg.startsWith('-')) ? [] : ['test/faults', 'test/probe/spool']
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config',
    '.config/vitest.config.ts',
    '--disable-console-intercept',
    // One after the other: they measure, and some fill the machine.
    '--no-file-parallelism',
    ...files,
    ...args,
  ],
  { stdio: 'inherit', env: { ...process.env, FILLPATH_FAULTS: 'full' } },
)
process.exit(status ?? 1)
