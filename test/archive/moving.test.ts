/** Readers while the rule of age compresses and deletes what they have listed. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '../../src/base/clock.ts'
import { applyAge } from '../../src/archive/age.ts'
import { openArchive } from '../../src/archive/archive.ts'
import { findTraces, knownIds } from '../../src/archive/flow/find.ts'
import { storedNow } from '../../src/archive/recent.ts'
import { importFile, noCounts } from '../../src/desk/import/import.ts'
import { truthFiles } from '../../src/desk/import/sources.ts'
import { openStore } from '../../src/desk/store/store.ts'
import { archivedPath } from '../../src/wire/paths.ts'
import { Folder, at, event, log } from './records.ts'

const dayMs = 86_400_000
let folder: Folder

beforeEach(async () => {
  folder = new Folder()
  const clock = manualClock(at(0))
  const archive = await openArchive({ folder: folder.path, clock })
  for (const day of [0, 1, 2]) {
    clock.setWallNs(at(day * dayMs))
    const id = `${day + 1}`.repeat(32)
    await archive.write([
      { ...log(`day ${day}`, {}, { traceId: id }), time: at(day * dayMs) },
      {
        ...event('trading.order.accepted', day * dayMs, '', { 'trading.order.id': '881' }),
        traceId: id,
      },
    ])
  }
  await archive.close()
})
afterEach(() => folder.remove())

/** Applies the rule as a desk does it after some days. */
async function age(archiveAfterDays: number, deleteAfterDays: number): Promise<void> {
  await applyAge(folder.path, {
    nowMs: Number(at(10 * dayMs) / 1_000_000n),
    timeZone: 'UTC',
    archiveAfterDays,
    deleteAfterDays,
    exclusively: async (work) => work(),
  })
}

/** Compresses a file at once. */
function compress(name: string): void {
  const path = join(folder.path, name)
  if (!existsSync(path)) return
  const target = join(folder.path, archivedPath(name))
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, gzipSync(readFileSync(path)))
  rmSync(path)
}

describe('what was compressed since it was listed', () => {
  test('[A75, B45] is found in its archive by who looks for a flow', async () => {
    const [, second = ''] = (await truthFiles(folder.path)).map(({ name }) => name)
    const found = await findTraces(folder.path, '881', () => compress(second))
    expect(found.map(({ traceId }) => traceId[0])).toEqual(['1', '2', '3'])
    expect(await knownIds(folder.path)).toContain('881')
  })

  test('[A75] is read there by who wants the last lines', async () => {
    const stored = await storedNow(folder.path, 'events')
    await age(1, 0)
    expect(await stored.last(10, () => true)).toHaveLength(6)
    const since: string[] = []
    for await (const lines of stored.since(0, () => true)) since.push(...lines)
    expect(since).toHaveLength(6)
  })

  test('[B43, B45] comes into the index, and so once only', async () => {
    const files = await truthFiles(folder.path)
    await age(1, 0)
    const store = openStore(join(folder.path, 'index.db'))
    const counts = noCounts()
    for (const file of files) await importFile(store, file, counts)
    for (const file of await truthFiles(folder.path)) await importFile(store, file, counts)
    store.close()
    expect(counts).toMatchObject({ added: 6, known: 0, bad: 0 })
  })
})

describe('what was deleted since it was listed', () => {
  test('[A75, B45] is missed by nobody who reads the others', async () => {
    const files = await truthFiles(folder.path)
    const stored = await storedNow(folder.path, 'events')
    await age(0, 8)
    expect(await stored.last(10, () => true)).toHaveLength(2)
    const store = openStore(join(folder.path, 'index.db'))
    const counts = noCounts()
    for (const file of files) await importFile(store, file, counts)
    store.close()
    expect(counts).toMatchObject({ files: 3, added: 2 })
  })

  test('[X39] a file from elsewhere that is gone is told', async () => {
    const [file] = await truthFiles(folder.path)
    if (file === undefined) throw new Error('no file')
    rmSync(file.path)
    const store = openStore(join(folder.path, 'index.db'))
    const elsewhere = { ...file, name: file.path }
    await expect(importFile(store, elsewhere, noCounts())).rejects.toThrow('ENOENT')
    store.close()
  })
})
