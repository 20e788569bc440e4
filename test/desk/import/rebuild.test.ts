import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rebuildIndex } from '../../../src/desk/import/rebuild.ts'
import { openStore } from '../../../src/desk/store/store.ts'
import { encodeLine } from '../../../src/wire/line.ts'
import { filledIndex, rowCounts } from '../store/rows.ts'
import { event, scenario } from '../store/scenario.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-rebuild-'))
  mkdirSync(join(folder, 'logs'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A process that has the index open and has written to it; it goes on when it gets a line. */
const holding = (index: string): string => `
  import { once } from 'node:events'
  import { openStore } from ${JSON.stringify(resolve('src/desk/store/store.ts'))}
  const store = openStore(${JSON.stringify(index)})
  const add = (lines) => store.add([], { path: 'a.jsonl', bytes: lines, lines, head: 'x' })
  add(1)
  console.log('open')
  await once(process.stdin, 'data')
  let said = 'added'
  try { add(2) } catch ({ code }) { said = code }
  store.close()
  console.log(said)
  process.exit()`

test('[B44] who still imports into the old index is told, and takes nothing from the new one when it ends', async () => {
  const index = filledIndex(join(folder, 'index.db'), [])
  const [first, ...rest] = scenario().filter(({ signal }) => signal === 'log')
  if (first === undefined) throw new Error('the scenario has no logs')
  writeFileSync(
    join(folder, 'logs/events_20260115.jsonl'),
    rest.map((record) => `${encodeLine(record)}\n`).join(''),
  )
  const words = ['--no-warnings', '--input-type=module', '-e', holding(index)]
  const other = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const lines = createInterface({ input: other.stdout })
    expect(await once(lines, 'line')).toEqual(['open'])
    await rebuildIndex(folder)
    const store = openStore(index)
    store.add([{ record: event('trading.error', 1, {}) }])
    const beside = readdirSync(folder)
    other.stdin.write('go\n')
    expect(await once(lines, 'line')).toEqual(['index_busy'])
    await once(other, 'close')
    // SQLite names its log by the path of the database: that of the new one must not go with the old one.
    expect(readdirSync(folder)).toEqual(beside)
    expect(rowCounts(index)['tasks']).toBe(2)
    const wanted = rowCounts(index)
    store.close()
    expect(rowCounts(index)).toEqual(wanted)
    expect(rowCounts(index)['events']).toBe(
      (rowCounts(filledIndex(join(folder, 'whole.db'), [rest]))['events'] ?? 0) + 1,
    )
  } finally {
    other.kill('SIGKILL')
  }
})
