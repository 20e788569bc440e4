/** A compressed file that cannot be unpacked to its end: what stands before the damage, and all other files, are read. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hash } from 'node:crypto'
import { constants, createGzip, gunzipSync, gzipSync } from 'node:zlib'
import { finished } from 'node:stream/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openArchive } from '../../src/archive/archive.ts'
import { findTraces, knownIds, readTraces } from '../../src/archive/flow/find.ts'
import { readLines } from '../../src/archive/read.ts'
import { storedNow } from '../../src/archive/recent.ts'
import { manualClock } from '../../src/base/clock.ts'
import { importFiles, noCounts } from '../../src/desk/import/import.ts'
import { blocksOf } from '../../src/desk/import/lines.ts'
import { truthFiles } from '../../src/desk/import/sources.ts'
import { openStore } from '../../src/desk/store/store.ts'
import { archivedPath } from '../../src/wire/paths.ts'
import { run } from '../commands/cli.ts'
import { Folder, at, event } from './records.ts'

const dayMs = 86_400_000
const packed = 'archive/logs/events_20261121.jsonl.gz'
let folder: Folder

/** The text as gzip whose end is missing, behind the first line. */
async function cutGzip(text: string): Promise<Buffer> {
  const gzip = createGzip()
  const parts: Buffer[] = []
  gzip.on('data', (part: Buffer) => parts.push(part))
  const [first = '', ...rest] = text.split('\n')
  gzip.write(`${first}\n`)
  await new Promise<void>((resolve) => {
    gzip.flush(constants.Z_FULL_FLUSH, resolve)
  })
  const whole = Buffer.concat(parts).length
  gzip.end(rest.join('\n'))
  await finished(gzip)
  return Buffer.concat(parts).subarray(0, whole + 3)
}

beforeEach(async () => {
  folder = new Folder()
  const clock = manualClock(at(0))
  const archive = await openArchive({ folder: folder.path, clock })
  for (const day of [0, 1]) {
    clock.setWallNs(at(day * dayMs))
    for (const order of ['881', '882']) {
      const said = { 'trading.order.id': order }
      const accepted = event('trading.order.accepted', day * dayMs, '', said)
      await archive.write([{ ...accepted, traceId: `${day + 1}`.repeat(32) }])
    }
  }
  await archive.close()
  const plain = join(folder.path, 'logs/events_20261121.jsonl')
  const target = join(folder.path, archivedPath('logs/events_20261121.jsonl'))
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, await cutGzip(readFileSync(plain, 'utf8')))
  rmSync(plain)
})
afterEach(() => folder.remove())

test('the damage is one', () => {
  expect(() => gunzipSync(readFileSync(join(folder.path, packed)))).toThrow(
    'unexpected end of file',
  )
})

test('[A75] a flow is found in it and behind it, and it is told', async () => {
  const told: string[] = []
  const found = await findTraces(folder.path, '881', undefined, (path) => told.push(path))
  expect(found.map(({ traceId }) => traceId[0])).toEqual(['1', '2'])
  expect(told).toEqual([packed])
  const { asked } = await readTraces(folder.path, ['1'.repeat(32), '2'.repeat(32)])
  expect(asked.map(({ logs }) => logs.length)).toEqual([1, 2])
  expect(await knownIds(folder.path)).toContain('882')
})

test('[A75] the last lines are read over it', async () => {
  const stored = await storedNow(folder.path, 'events')
  expect(await stored.last(10, () => true)).toHaveLength(3)
  expect(stored.damaged).toEqual([packed])
})

test('[B43, B48] the index takes what stands before the damage and all other files, and reads it no second time', async () => {
  const told: string[] = []
  const store = openStore(join(folder.path, 'index.db'))
  const counts = noCounts()
  const onUnreadable = (error: Error): number => told.push(error.message)
  const files = await truthFiles(folder.path)
  await importFiles(store, files, counts, { onUnreadable })
  expect(counts).toMatchObject({ files: 2, added: 3, unreadable: 1 })
  await importFiles(store, files, counts, { onUnreadable })
  expect(counts).toMatchObject({ files: 4, added: 3, unchanged: 2, unreadable: 1 })
  store.close()
  expect(told).toEqual([expect.stringContaining(`${packed} is damaged`)])
})

/** The lines that come before the error. */
async function before(lines: AsyncIterable<readonly string[]>): Promise<string[]> {
  const given: string[] = []
  const read = async (): Promise<void> => {
    for await (const some of lines) given.push(...some)
  }
  await expect(read()).rejects.toThrow(expect.any(Error))
  return given
}

async function* linesIn(path: string): AsyncGenerator<readonly string[]> {
  for await (const { lines, unfinished } of blocksOf(path, 0)) if (!unfinished) yield lines
}

test.each([300, 3_000, 30_000])(
  '[A75] of %i lines with changed bytes near the end, those before are given',
  async (count) => {
    const lines = Array.from(
      { length: count },
      (_, index) => `${index} ${hash('sha256', `${index}`)}`,
    )
    const text = `${lines.join('\n')}\n`
    const wanted = Math.floor(count * 0.75)
    const bytes = gzipSync(text)
    const place = Math.floor(bytes.length * 0.8)
    bytes.fill(0xff, place, place + 16)
    const path = join(folder.path, 'damaged.jsonl.gz')
    writeFileSync(path, bytes)
    for (const given of [await before(readLines(path)), await before(linesIn(path))])
      expect(given.slice(0, wanted)).toEqual(lines.slice(0, wanted))
  },
)

test('[X39] every command answers, and says which file is damaged', async () => {
  const data = ['--data', folder.path]
  const name = 'events_20261121.jsonl'
  const commands: [readonly string[], number, string][] = [
    [['query', 'orders', ...data], 0, name],
    [['trace', '881', ...data], 0, name],
    [['tail', '--no-follow', ...data], 0, name],
    [['query', 'export', '--output', join(folder.path, 'out.jsonl'), ...data], 0, name],
    [['rebuild', ...data], 1, name],
    [['verify', folder.path], 1, name],
    [['import', '--all', ...data], 0, 'unchanged'],
  ]
  for (const [args, wanted, text] of commands) {
    const { code, stdout, stderr } = await run([...args])
    expect([args[0], code]).toEqual([args[0], wanted])
    expect(`${stdout}${stderr}`, args.join(' ')).toContain(text)
  }
  rmSync(join(folder.path, 'index.db'))
  const { code, stdout } = await run(['rebuild', ...data])
  expect(code).toBe(1)
  expect(stdout).toContain('3 records added, 1 file not read to the end')
})
