import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startDesk } from '../../../src/desk/desk.ts'
import { rebuildIndex } from '../../../src/desk/import/rebuild.ts'
import { deskSettings } from '../../../src/desk/settings.ts'
import { readSettings } from '../../../src/wire/settings.ts'
import { dailyPath, dayOf } from '../../../src/wire/paths.ts'
import { encodeLine } from '../../../src/wire/line.ts'
import type { DeskHandle } from '../../../src/desk/desk.ts'
import { send } from '../send.ts'
import { allRows } from '../store/rows.ts'
import { scenario, taskEvents } from '../store/scenario.ts'

let folder = ''
const notices: string[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-live-'))
  notices.length = 0
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function start(indexWaitMs = 300_000): Promise<DeskHandle> {
  const settings = readSettings(deskSettings, {
    options: { data: folder, httpPort: 0, grpcPort: 0 },
  })
  return startDesk({
    ...settings,
    index: true,
    indexWaitMs,
    onNotice: (message) => notices.push(message),
  })
}

test('[B03, B08, B52] what a desk fills while records come equals what is rebuilt from its files', async () => {
  const desk = await start()
  for (let task = 0; task < 20; task += 1) {
    await send(desk, taskEvents(`t${task}`, task * 500, task % 2 === 0))
  }
  await send(desk, scenario())
  await desk.stop()
  const live = allRows(join(folder, 'index.db'))
  expect(live['tasks']).toHaveLength(22)
  expect(live['spans']).toHaveLength(1)
  await rebuildIndex(folder)
  expect(allRows(join(folder, 'index.db'))).toEqual(live)
  expect(notices.filter((notice) => notice.includes('index'))).toEqual([])
})

test('[B08] what came while no desk filled the index is caught up at the next start', async () => {
  mkdirSync(join(folder, 'logs'), { recursive: true })
  const events = taskEvents('old', 0, true)
  writeFileSync(
    join(folder, dailyPath('events', dayOf(Date.now()))),
    events.map((record) => `${encodeLine(record)}\n`).join(''),
  )
  const desk = await start()
  await send(desk, taskEvents('new', 1_000, false))
  await desk.stop()
  expect(allRows(join(folder, 'index.db'))['tasks']?.map(({ id }) => id)).toEqual(['new', 'old'])
})

test('[B08] a stop that cannot wait for the index says so, and the next start reads the rest', async () => {
  const hurried = await start(0)
  await send(hurried, scenario())
  await hurried.stop()
  expect(notices).toEqual([expect.stringMatching(/index does not have all.*next start/)])
  const desk = await start()
  await desk.stop()
  expect(allRows(join(folder, 'index.db'))['tasks']).toHaveLength(2)
  expect(notices).toHaveLength(1)
})

test('an index that cannot be used stops no desk: the owner is told, the files have everything', async () => {
  writeFileSync(join(folder, 'index.db'), Buffer.alloc(8192, 'x'))
  const desk = await start()
  await send(desk, scenario())
  await desk.stop()
  expect(notices.join('\n')).toMatch(/index is not filled.*damaged.*fillpath rebuild/)
  await rebuildIndex(folder)
  expect(allRows(join(folder, 'index.db'))['tasks']).toHaveLength(2)
})
