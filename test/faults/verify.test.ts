/** X17: each kind of damage is found wherever it is, and none is found where desks were only killed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { truths } from '../../src/archive/destination.ts'
import { storedFiles } from '../../src/archive/files.ts'
import { verifyFolder } from '../../src/archive/verify.ts'
import { archivedPath, plainPath } from '../../src/wire/paths.ts'
import { createRandom } from '../probe/spool/random.ts'
import { memoryFolder, seeded } from './lives.ts'
import { note } from './ship-load.ts'
import type { StoredFile } from '../../src/archive/files.ts'
import type { KeeperTask } from '../fixtures/faults/keeper.ts'
import type { Random } from '../probe/spool/random.ts'
import { isFull, seed } from '../seed.ts'

const places = isFull ? 200 : 10
const crashes = isFull ? 200 : 8
const dayMs = 86_400_000
const firstMs = Date.UTC(2026, 10, 21)
const keeper = join(import.meta.dirname, '../fixtures/faults/keeper.ts')

/** A life of a desk: three days; tells how many calls of the disk it made, undefined when it was killed. */
async function keep(task: KeeperTask): Promise<number | undefined> {
  const child = spawn(process.execPath, [keeper, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let told = ''
  child.stdout.on('data', (chunk) => (told += String(chunk)))
  await once(child, 'close')
  if (child.signalCode === 'SIGKILL') return undefined
  expect(child.exitCode).toBe(0)
  return Number(told)
}

/** All files of records, the newest of each kind last. */
async function filesOf(folder: string): Promise<{ file: StoredFile; isNewest: boolean }[]> {
  const found: { file: StoredFile; isNewest: boolean }[] = []
  for (const kind of Object.values(truths)) {
    const files = await storedFiles(folder, kind)
    for (const [index, file] of files.entries()) {
      found.push({ file, isNewest: index === files.length - 1 })
    }
  }
  return found
}

function textOf(folder: string, path: string): string {
  const bytes = readFileSync(join(folder, path))
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
}

function writeText(folder: string, path: string, text: string): void {
  writeFileSync(join(folder, path), path.endsWith('.gz') ? gzipSync(text) : text)
}

/** Changes the lines of a file; tells the line, from 1, where it begins to be another, undefined where nothing did. */
type Damaging = (lines: string[], random: Random, isNewest: boolean) => number | undefined

const kinds: Readonly<Record<string, Damaging>> = {
  'a deleted line': (lines, random) => {
    const at = random.below(lines.length)
    lines.splice(at, 1)
    return at + 1
  },
  'a changed line': (lines, random) => {
    const at = random.below(lines.length)
    const line = lines[at] ?? ''
    const column = random.below(line.length)
    const other = line[column] === 'z' ? 'y' : 'z'
    lines[at] = line.slice(0, column) + other + line.slice(column + 1)
    return at + 1
  },
  'an inserted line': (lines, random, isNewest) => {
    // What stands behind the newest line of all may be what a crash left: it is told as not proven.
    const at = random.below(isNewest ? lines.length : lines.length + 1)
    lines.splice(at, 0, `${(lines[random.below(lines.length)] ?? '').slice(0, -2)}1}`)
    return at + 1
  },
  'two lines swapped': (lines, random) => {
    if (lines.length < 2) return undefined
    const first = random.below(lines.length - 1)
    const second = first + 1 + random.below(lines.length - 1 - first)
    ;[lines[first], lines[second]] = [lines[second] ?? '', lines[first] ?? '']
    return first + 1
  },
  'a truncated line': (lines, random) => {
    const at = random.below(lines.length)
    const line = lines[at] ?? ''
    lines[at] = line.slice(0, random.below(line.length))
    return at + 1
  },
  'a file cut at its end': (lines, random) => {
    const kept = random.below(lines.length)
    lines.splice(kept)
    return kept + 1
  },
}

/** A folder of some days, of which some are compressed and some deleted. */
async function madeFolder(): Promise<string> {
  const folder = memoryFolder()
  for (const day of [0, 3]) await keep({ folder, startMs: firstMs + day * dayMs })
  const files = await filesOf(folder)
  expect(files.filter(({ file }) => file.compressed).length).toBeGreaterThan(3)
  expect(files.filter(({ file }) => !file.compressed).length).toBeGreaterThan(3)
  expect((await verifyFolder(folder)).damages).toEqual([])
  return folder
}

describe('verify', () => {
  test(`[X17] finds each kind of damage at ${places} of ${places} places`, async () => {
    const folder = await madeFolder()
    const files = await filesOf(folder)
    const random = seeded()
    for (const [kind, damage] of Object.entries(kinds)) {
      for (let place = 0; place < places;) {
        const { file, isNewest } = random.pick(files)
        const whole = readFileSync(join(folder, file.path))
        const lines = textOf(folder, file.path).split('\n').slice(0, -1)
        const line = damage(lines, random, isNewest)
        if (line === undefined) continue
        writeText(folder, file.path, lines.map((each) => `${each}\n`).join(''))
        const { damages } = await verifyFolder(folder)
        writeFileSync(join(folder, file.path), whole)
        const told = `${kind}, ${file.path}:${line}, seed ${seed}`
        expect(
          damages.map((each) => each.file),
          told,
        ).toContain(file.path)
        // A line that equals its neighbour can be taken for either.
        const lineTold = damages.find((each) => each.file === file.path)?.line ?? Number.NaN
        expect(Math.abs(lineTold - line), told).toBeLessThanOrEqual(1)
        place += 1
      }
    }
    expect((await verifyFolder(folder)).damages).toEqual([])
    note('X17', { kinds: Object.keys(kinds).length, 'places each': places, missed: 0 })
  }, 3_600_000)

  test(`[X17] finds a deleted file ${places} times of ${places}, with and without its chain`, async () => {
    const whole = await madeFolder()
    const files = await filesOf(whole)
    const random = createRandom(seed)
    const folder = `${whole}-copy`
    for (let place = 0; place < places; place += 1) {
      const { file, isNewest } = random.pick(files)
      cpSync(whole, folder, { recursive: true })
      rmSync(join(folder, file.path))
      // Of the newest file only its chain knows; who takes both leaves what was there before.
      if (!isNewest && random.below(2) === 0) {
        const chain = `${plainPath(file.path)}.chain`
        for (const path of [chain, `archive/${chain}`]) rmSync(join(folder, path), { force: true })
      }
      const { damages } = await verifyFolder(folder)
      rmSync(folder, { recursive: true })
      const told = damages.map((each) => plainPath(each.file))
      expect(told, `${file.path}, seed ${seed}`).toContain(plainPath(file.path))
    }
    note('X17', { 'deleted files': places, missed: 0 })
  }, 3_600_000)

  test('[X17] tells a compressed file whose bytes are damaged as that file, and goes on', async () => {
    const folder = await madeFolder()
    const files = await filesOf(folder)
    const packed = files.find(({ file }) => file.compressed)?.file.path ?? ''
    expect(packed).toBe(archivedPath(plainPath(packed)))
    const bytes = readFileSync(join(folder, packed))
    writeFileSync(join(folder, packed), bytes.subarray(0, bytes.length >> 1))
    const { damages, files: count } = await verifyFolder(folder)
    expect(damages.map(({ file }) => file)).toContain(packed)
    expect(count).toBe(files.length)
  })

  test(`[X17, B48] finds nothing in ${crashes} runs that were killed while they wrote, rolled, compressed and deleted`, async () => {
    const random = createRandom(seed)
    const calls = await keep({ folder: memoryFolder(), startMs: firstMs })
    expect(calls).toBeGreaterThan(100)
    let killed = 0
    let lines = 0
    for (let run = 0; run < crashes;) {
      const folder = memoryFolder()
      // Each takes up what the ones before left.
      for (let life = 0; life < 4 && run < crashes; life += 1, run += 1) {
        const killAt = 1 + random.below(calls ?? 0)
        const startMs = firstMs + life * 2 * dayMs
        killed += Number((await keep({ folder, startMs, killAt })) === undefined)
        const found = await verifyFolder(folder)
        expect(found.damages, `call ${killAt} of life ${life}, seed ${seed}`).toEqual([])
        lines += found.lines
      }
      await keep({ folder, startMs: firstMs + 9 * dayMs })
      expect((await verifyFolder(folder)).damages, `seed ${seed}`).toEqual([])
      rmSync(folder, { recursive: true })
    }
    expect(killed).toBeGreaterThan(crashes * 0.7)
    expect(lines).toBeGreaterThan(crashes)
    note('X17', { crashes, killed, 'lines verified': lines, found: 0 })
  }, 3_600_000)
})
