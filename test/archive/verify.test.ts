import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { manualClock } from '../../src/base/clock.ts'
import { applyAge } from '../../src/archive/age.ts'
import { openArchive } from '../../src/archive/archive.ts'
import { verifyFolder } from '../../src/archive/verify.ts'
import { Folder, at, log } from './records.ts'

let folder: Folder
beforeEach(() => {
  folder = new Folder()
})
afterEach(() => folder.remove())

const dayMs = 86_400_000
const first = 'logs/events_20261121.jsonl'

/** Days of 60 lines, in files of few, with a restart each day. */
async function write(days: number): Promise<void> {
  const clock = manualClock(at(0))
  for (let day = 0; day < days; day += 1) {
    const archive = await openArchive({ folder: folder.path, clock, fileBytesMax: 20_000 })
    for (let index = 0; index < 20; index += 1) {
      await archive.write([0, 1, 2].map((each) => log(`${day} ${index} ${each}`)))
    }
    await archive.close()
    clock.advanceMs(dayMs)
  }
}

/** Numbers below 1, the same in each run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

test('[X17] a line that was deleted, changed, inserted, swapped or cut is found, 200 of 200', async () => {
  await write(2)
  const whole = readFileSync(join(folder.path, first), 'utf8')
  const random = seeded(7)
  expect((await verifyFolder(folder.path)).damages).toEqual([])
  for (let round = 0; round < 200; round += 1) {
    const lines = whole.split('\n').slice(0, -1)
    const at = Math.floor(random() * (lines.length - 1))
    const line = lines[at] ?? ''
    const kind = round % 5
    if (kind === 0) lines.splice(at, 1)
    else if (kind === 1) lines[at] = line.replace(/\d(?=Z)/, (digit) => String(9 - Number(digit)))
    else if (kind === 2) lines.splice(at, 0, line)
    else if (kind === 3) lines.splice(at, 2, lines[at + 1] ?? '', line)
    else lines.splice(at)
    writeFileSync(join(folder.path, first), `${lines.join('\n')}${lines.length > 0 ? '\n' : ''}`)
    const { damages } = await verifyFolder(folder.path)
    expect(damages.map((each) => each.file)).toContain(first)
    // A line that was doubled can be taken for either of the two.
    const found = damages[0]?.line ?? -1
    expect(Math.abs(found - (at + 1))).toBeLessThanOrEqual(kind === 2 ? 1 : 0)
  }
})

test('[X17] a file that is missing, with or without its chain, is found', async () => {
  await write(3)
  const { heads } = await verifyFolder(folder.path)
  expect(heads['events']).toMatch(/^[\w-]{43}$/)
  rmSync(join(folder.path, 'logs/events_20261122.jsonl'))
  rmSync(join(folder.path, 'logs/events_20261122.jsonl.chain'))
  const { damages } = await verifyFolder(folder.path)
  expect(damages.length).toBeGreaterThan(0)
  expect(damages.every(({ file }) => file.includes('20261122'))).toBe(true)
})

test('[X17] what is cut with its hashes is found by the file after it', async () => {
  await write(2)
  const files = Object.keys(folder.files()).filter((path) =>
    path.startsWith('logs/events_20261121'),
  )
  const last = files.findLast((path) => path.endsWith('.jsonl')) ?? ''
  for (const path of [last, `${last}.chain`]) {
    const lines = readFileSync(join(folder.path, path), 'utf8').split('\n').slice(0, -2)
    writeFileSync(join(folder.path, path), `${lines.join('\n')}\n`)
  }
  const { damages } = await verifyFolder(folder.path)
  expect(damages).toHaveLength(1)
  expect(damages[0]?.what).toContain('cut')
})

test('[X17] files whose chains were all deleted are not whole; one that a power cut left empty is no damage', async () => {
  await write(2)
  const chains = Object.keys(folder.files()).filter((path) => path.endsWith('.chain'))
  for (const path of chains) rmSync(join(folder.path, path))
  const { damages, notes } = await verifyFolder(folder.path)
  expect(damages.length).toBe(chains.length)
  expect(damages).toContainEqual({ file: first, line: undefined, what: 'has no chain' })
  expect(notes).toEqual([])
  for (const path of chains) writeFileSync(join(folder.path, path), '')
  const begun = await verifyFolder(folder.path)
  expect(begun.damages).toEqual([])
  expect(begun.notes.length).toBe(chains.length)
})

test('[X17, B43] compression and deletion keep the chain, and damage in a compressed file is found', async () => {
  await write(4)
  const options = {
    timeZone: 'UTC',
    archiveAfterDays: 1,
    deleteAfterDays: 0,
    exclusively: async (work: () => Promise<void>) => work(),
  }
  const nowMs = Number(at(0) / 1_000_000n) + 3 * dayMs
  const before = await verifyFolder(folder.path)
  await applyAge(folder.path, { ...options, nowMs })
  expect(await verifyFolder(folder.path)).toEqual(before)
  await applyAge(folder.path, { ...options, nowMs, deleteAfterDays: 2 })
  const after = await verifyFolder(folder.path)
  expect(after.damages).toEqual([])
  expect(after.lines).toBeLessThan(before.lines)
  rmSync(join(folder.path, 'archive/removed.txt'))
  expect((await verifyFolder(folder.path)).damages[0]?.what).toBe('is missing')
})

test('[X17, B48] nothing is found in honest runs with kills, also after the next start', async () => {
  const writer = fileURLToPath(new URL('writer.ts', import.meta.url))
  for (let kill = 0; kill < 6; kill += 1) {
    const child = spawn(process.execPath, [writer, folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let told = 0
    child.stdout.on('data', (chunk: Buffer) => {
      told += chunk.length
      if (told > 20 + kill * 33) child.kill('SIGKILL')
    })
    await once(child, 'close')
    expect((await verifyFolder(folder.path)).damages).toEqual([])
    const copy = `${folder.path}/copy`
    cpSync(join(folder.path, 'logs'), join(copy, 'logs'), { recursive: true })
    const archive = await openArchive({ folder: copy })
    await archive.write([log('after the crash')])
    await archive.close()
    expect((await verifyFolder(copy)).damages).toEqual([])
    rmSync(copy, { recursive: true })
  }
})
