import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openArchive } from '../../src/archive/archive.ts'
import { storedFiles } from '../../src/archive/files.ts'
import { readRecords } from '../../src/archive/read.ts'
import { verifyFolder } from '../../src/archive/verify.ts'
import { manualClock } from '../../src/base/clock.ts'
import { importFile, noCounts } from '../../src/desk/import/import.ts'
import { followRemovals } from '../../src/desk/import/removals.ts'
import { truthFiles } from '../../src/desk/import/sources.ts'
import { openStore, openToRead } from '../../src/desk/store/store.ts'
import { Folder, at, event, log } from './records.ts'

const mebibyte = 1024 * 1024
const bytesMax = 8 * mebibyte
const hourMs = 3_600_000

let folder: Folder
beforeEach(() => {
  folder = new Folder()
})
afterEach(() => folder.remove())

/** What the disk gave to the folder. */
function duBytes(): number {
  const { stdout } = spawnSync('du', ['-s', '-B1', folder.path], { encoding: 'utf8' })
  const bytes = Number.parseInt(stdout, 10)
  expect(bytes).toBeGreaterThan(0)
  return bytes
}

async function messagesIn(path: string): Promise<string[]> {
  const found: string[] = []
  for await (const record of readRecords(join(folder.path, path))) {
    if (record.signal === 'log' && typeof record.body === 'string') found.push(record.body)
  }
  return found
}

/** What the files of the days hold, in their order. */
async function messages(): Promise<string[]> {
  const found: string[] = []
  for (const { path } of await storedFiles(folder.path, 'events')) {
    found.push(...(await messagesIn(path)))
  }
  return found
}

/** Brings an index up to the files, as a desk does while it runs. */
async function fillIndex(): Promise<void> {
  const path = join(folder.path, 'index.db')
  const store = openStore(path)
  for (const file of await truthFiles(folder.path)) await importFile(store, file, noCounts())
  await followRemovals(store, folder.path)
  store.close()
}

/** The index has what the files have. */
async function checkIndex(): Promise<void> {
  const database = openToRead(join(folder.path, 'index.db'))
  const rows = database.prepare('SELECT message FROM events').all()
  database.close()
  const wanted = new Set(await messages())
  const ofTasks = Object.keys(folder.files()).filter((name) => /tasks\/.*events\.jsonl/.test(name))
  const inTasks = (await Promise.all(ofTasks.map(messagesIn))).flat()
  const found = new Set(rows.map(({ message }) => String(message)))
  // A task that began in a file that is gone is known from its own file, once that was read.
  for (const text of inTasks) if (found.has(text)) wanted.add(text)
  expect([...found].sort()).toEqual([...wanted].sort())
  expect(rows).toHaveLength(found.size)
}

test('[C32, A22, B34] a folder with a limit never takes more of the disk: the oldest files go for new ones, the index follows', async () => {
  const clock = manualClock(at(0))
  const notices: string[] = []
  const archive = await openArchive({
    folder: folder.path,
    clock,
    durable: false,
    folderBytesMax: bytesMax,
    onNotice: (message) => notices.push(message),
  })
  const sent: string[] = []
  let most = 0
  const pad = 'x'.repeat(1_500)
  for (let hour = 0; hour < 9 * 24; hour += 1) {
    const texts = Array.from({ length: 30 }, (_, line) => `${hour} ${line}`)
    const task = { 'trading.task.id': `task-${Math.floor(hour / 5)}` }
    const order = event('trading.order.submitted', hour * 1_000, '', { ...task, pad })
    await archive.write([
      ...texts.map((text) => log(text, { pad }, { time: clock.wallNs() })),
      { ...order, time: clock.wallNs(), body: `${hour} order` },
    ])
    sent.push(...texts, `${hour} order`)
    if (hour % 3 === 2) await fillIndex()
    if (hour % 24 === 23) await checkIndex()
    most = Math.max(most, duBytes())
    clock.advanceMs(hourMs)
  }
  await archive.close()
  expect(most).toBeLessThanOrEqual(bytesMax)
  // It is used, not only kept.
  expect(most).toBeGreaterThan(bytesMax * 0.8)
  const left = await messages()
  // What is left is the newest of all, without a hole.
  expect(left).toEqual(sent.slice(-left.length))
  expect(left.length).toBeLessThan(sent.length)
  expect(left.length).toBeGreaterThan(100)
  expect((await verifyFolder(folder.path)).damages).toEqual([])
  expect(notices.filter((text) => text.includes('reached its limit of 8MiB'))).toHaveLength(1)
}, 600_000)

test('[C32] where nothing may go, what comes is refused as with a full disk, and nothing is half written', async () => {
  const archive = await openArchive({
    folder: folder.path,
    clock: manualClock(at(0)),
    durable: false,
    folderBytesMax: mebibyte,
  })
  const large = log('large', { pad: 'x'.repeat(400_000) })
  await expect(archive.write([large])).rejects.toMatchObject({
    code: 'folder_unwritable',
    message: expect.stringContaining('is at its limit of 1MiB'),
  })
  await archive.write([log('small')])
  await archive.close()
  expect(await messages()).toEqual(['small'])
  expect(duBytes()).toBeLessThanOrEqual(mebibyte)
})
