import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { recentIdsIn } from '../../src/archive/recent-ids-in.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

test('the ids of what may come again hold nothing of the files in memory', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-recent-'))
  try {
    mkdirSync(join(folder, 'logs'))
    const lines = Array.from(
      { length: 16_384 },
      (_, index) =>
        `{"attributes":{"fillpath.record.id":"0123456789abcdef-${index}","text":"${'.'.repeat(944)}"}}\n`,
    )
    writeFileSync(join(folder, 'logs/events_20261121.jsonl'), lines.join(''))
    collectGarbage()
    const before = process.memoryUsage().external
    const ids: string[] = []
    for await (const id of recentIdsIn(folder, 32 * 1024 * 1024)) ids.push(id)
    await expect
      .poll(
        () => {
          collectGarbage()
          return process.memoryUsage().external - before
        },
        { timeout: 20_000 },
      )
      .toBeLessThan(4 * 1024 * 1024)
    expect(ids).toHaveLength(lines.length)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
