import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openArchive } from '../../src/archive/archive.ts'
import { decodeLine } from '../../src/wire/line.ts'
import { Folder, log } from './records.ts'

const folder = new Folder()
const disk = join(folder.path, 'disk')
mkdirSync(disk)
// A file system of two megabytes; only root may make one.
const mounted =
  spawnSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]).status === 0

beforeAll(() => {
  mkdirSync(join(disk, 'data'))
})
afterAll(() => {
  if (mounted) spawnSync('/bin/umount', [disk])
  folder.remove()
})

describe.runIf(mounted)('a full disk', () => {
  test('[D05, D03, C32] loses nothing that was answered, damages no line, and is over by itself', async () => {
    const notices: string[] = []
    const archive = await openArchive({
      folder: join(disk, 'data'),
      onNotice: (message) => notices.push(message),
    })
    const answered: string[] = []
    let failures = 0
    for (let cycle = 0; cycle < 20; cycle += 1) {
      fillUp()
      for (let request = 0; request < 10; request += 1) {
        const texts = [0, 1, 2].map((index) => `${cycle}.${request}.${index}`)
        // Lines of many lengths, so that the last one that half fits breaks at many places.
        const pad = 'x'.repeat(100 + request * 37 + cycle)
        const kept = await archive.write(texts.map((text) => log(text, { pad }))).then(
          () => true,
          () => false,
        )
        if (kept) answered.push(...texts)
        else failures += 1
        if (request === 6) rmSync(join(disk, 'filler'))
      }
    }
    await archive.close()
    const lines = eventsPaths().flatMap((path) => folder.lines(path))
    expect(lines.map((line) => bodyOf(line))).toEqual(answered)
    expect(failures).toBeGreaterThan(20)
    expect(answered.length).toBeGreaterThan(20 * 3 * 3 - 1)
    expect(notices.filter((text) => text.includes('no space left'))).not.toEqual([])
    expect(notices.at(-1)).toContain('again')
  })
})

/** Leaves some hundred bytes. */
function fillUp(): void {
  for (const bytes of [2 * 1024 * 1024, 65_536, 4096, 512]) {
    for (let times = 0; times < 4000; times += 1) {
      try {
        writeFileSync(join(disk, 'filler'), Buffer.alloc(bytes), { flag: 'a' })
      } catch {
        break
      }
    }
  }
}

/** One, or two where it is midnight meanwhile. */
function eventsPaths(): string[] {
  const paths = Object.keys(folder.files())
  return paths.filter((path) => /^disk\/data\/logs\/events_\d+\.jsonl$/.test(path)).toSorted()
}

function bodyOf(line: string): unknown {
  const record = decodeLine(line)
  return record.signal === 'log' ? record.body : ''
}
