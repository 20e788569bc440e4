import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { manualClock } from '../../src/base/clock.ts'
import { openArchive } from '../../src/archive/archive.ts'
import { storedFiles } from '../../src/archive/files.ts'
import { followLines } from '../../src/archive/follow.ts'
import { storedNow } from '../../src/archive/recent.ts'
import { decodeLine } from '../../src/wire/line.ts'
import { Folder, at, log } from './records.ts'
import type { Archive } from '../../src/archive/archive.ts'

let folder: Folder
beforeEach(() => {
  folder = new Folder()
})
afterEach(() => folder.remove())

const bytesMax = 8_000
const clock = manualClock(at(0))

async function open(): Promise<Archive> {
  return openArchive({ folder: folder.path, clock, fileBytesMax: bytesMax })
}

function bodyOf(line: string): unknown {
  const record = decodeLine(line)
  return record.signal === 'log' ? record.body : undefined
}

async function bodies(): Promise<unknown[]> {
  const files = await storedFiles(folder.path, 'events')
  return files.flatMap(({ path }) => folder.lines(path)).map((line) => bodyOf(line))
}

test('[A21, C02] a day that fills its file goes on in further ones, each whole and in order, over restarts', async () => {
  clock.setWallNs(at(0))
  const expected: string[] = []
  for (let life = 0; life < 5; life += 1) {
    const archive = await open()
    for (let index = 0; index < 40; index += 1) {
      const text = `${life}.${index} ${'x'.repeat((index * 37) % 700)}`
      expected.push(text)
      await archive.write([log(text)])
    }
    await archive.close()
  }
  const files = await storedFiles(folder.path, 'events')
  expect(files.length).toBeGreaterThan(11)
  expect(files.map(({ path }) => path).slice(0, 3)).toEqual([
    'logs/events_20261121.jsonl',
    'logs/events_20261121.1.jsonl',
    'logs/events_20261121.2.jsonl',
  ])
  // Numbers, not texts: .10 stands behind .9.
  expect(files.map(({ part }) => part)).toEqual(files.map((_, index) => index))
  for (const { path } of files) {
    expect(statSync(join(folder.path, path)).size).toBeLessThanOrEqual(bytesMax)
  }
  expect(await bodies()).toEqual(expected)
  const last = await (await storedNow(folder.path, 'events')).last(30, () => true)
  expect(last.map((line) => bodyOf(line))).toEqual(expected.slice(-30))
})

test('[C02] one group that is larger than a file gets a file of its own', async () => {
  const archive = await open()
  await archive.write([log('small')])
  await archive.write(Array.from({ length: 50 }, (_, index) => log(`${index} ${'x'.repeat(500)}`)))
  await archive.write([log('small again')])
  await archive.close()
  const files = await storedFiles(folder.path, 'events')
  expect(files.map(({ path }) => folder.lines(path).length)).toEqual([1, 50, 1])
})

test('[C02] who follows gets each line once, over the files and over midnight', async () => {
  clock.setWallNs(at(0))
  const stop = new AbortController()
  const got: unknown[] = []
  const following = (async () => {
    const options = { signal: stop.signal, intervalMs: 1 }
    for await (const lines of followLines(folder.path, 'events', options)) {
      got.push(...lines.map((line) => bodyOf(line)))
    }
  })()
  const archive = await open()
  const expected: string[] = []
  for (let index = 0; index < 200; index += 1) {
    if (index === 100) clock.advanceMs(86_400_000)
    expected.push(`${index} ${'x'.repeat(300)}`)
    await archive.write([log(expected.at(-1) ?? '')])
  }
  while (got.length < expected.length) await sleep(5)
  await archive.close()
  stop.abort()
  await following
  expect(got).toEqual(expected)
})

test('[D05] what a sender repeats after a restart is known also from the file before', async () => {
  clock.setWallNs(at(0))
  const numbered = Array.from({ length: 60 }, (_, index) =>
    log('x'.repeat(300), { 'fillpath.record.id': `5f2a9c01-3-${index}` }),
  )
  const before = await open()
  for (const record of numbered) await before.write([record])
  await before.close()
  clock.advanceMs(86_400_000)
  const after = await open()
  await after.write(numbered)
  await after.close()
  expect(after.counts()).toMatchObject({ logs: 0, duplicates: 60 })
})
