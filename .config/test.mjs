// What `npm test` runs: the static checks, then every test. Closes with one line of counts, where a check counts as a test.
// Arguments go to vitest: `npm test -- test/probe/flow` runs the checks and those tests.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runVitest } from './vitest.mjs'

const checks = {
  format: 'oxfmt -c .config/oxfmtrc.json --check src test grafana/source .config',
  lint: 'oxlint -c .config/oxlint.json --type-aware --deny-warnings src test grafana/source .config',
  types: 'tsc -p tsconfig.json',
  unused: 'knip --config .config/knip.json',
}

const count = { passed: 0, failed: 0, skipped: 0 }

for (const [name, command] of Object.entries(checks)) {
  const started = Date.now()
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit' })
  const ok = status === 0
  count[ok ? 'passed' : 'failed'] += 1
  console.log(`${ok ? '✓' : '✗'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
}

const folder = mkdtempSync(join(tmpdir(), 'fillpath-test-'))
const { status, report } = runVitest(folder, process.argv.slice(2))
try {
  const result = JSON.parse(readFileSync(report, 'utf8'))
  count.passed += result.numPassedTests
  count.failed += result.numFailedTests
  count.skipped += result.numPendingTests + result.numTodoTests
  // A file that cannot be loaded and an error outside a test fail no test of their own.
  if (status !== 0 && result.numFailedTests === 0) count.failed += 1
} catch (error) {
  console.error(`fillpath: vitest left no report (${error.message})`)
  count.failed += 1
}
rmSync(folder, { recursive: true, force: true })

console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exit(count.failed > 0 ? 1 : 0)
