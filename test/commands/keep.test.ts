import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openArchive } from '../../src/archive/archive.ts'
import { manualClock } from '../../src/base/clock.ts'
import { archivedPath } from '../../src/wire/paths.ts'
import { Folder, log } from '../archive/records.ts'
import { run } from './cli.ts'

const dayMs = 86_400_000
/** The commands go by the machine's clock: ten days and three days ago. */
const agesDays = [10, 3]
const nowMs = Date.now()
const [firstDay = ''] = agesDays.map((age) =>
  new Date(nowMs - age * dayMs).toISOString().slice(0, 10).replaceAll('-', ''),
)
const first = `logs/events_${firstDay}.jsonl`
const packed = archivedPath(first)

let folder: Folder
beforeEach(async () => {
  folder = new Folder()
  for (const [day, age] of agesDays.entries()) {
    const clock = manualClock(BigInt(nowMs - age * dayMs) * 1_000_000n)
    const archive = await openArchive({ folder: folder.path, clock })
    await archive.write([0, 1, 2].map((each) => log(`day ${day} line ${each}`)))
    await archive.close()
  }
})
afterEach(() => folder.remove())

function linesOf(path: string): string[] {
  return readFileSync(join(folder.path, path), 'utf8').trimEnd().split('\n')
}

/** Every name below the folder. */
function names(): Set<string> {
  return new Set(readdirSync(folder.path, { recursive: true, encoding: 'utf8' }))
}

describe('fillpath verify', () => {
  test('[X17] ends with 0 for a whole folder, and tells the heads to keep elsewhere', async () => {
    const text = await run(['verify', folder.path])
    expect(text.code).toBe(0)
    expect(text.stdout).toMatch(/^head events {2}[\w-]{43}$/m)
    expect(text.stdout).toContain('whole')
    // As every command that reads files takes it.
    const { code, stdout } = await run(['verify', '--data', folder.path, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ folder: folder.path, damages: [] })
  })

  test('[X17] ends with 1 and names the file and the line that was changed', async () => {
    const lines = linesOf(first)
    lines[1] = (lines[1] ?? '').replace('line 1', 'line 7')
    writeFileSync(join(folder.path, first), `${lines.join('\n')}\n`)
    const text = await run(['verify', folder.path])
    expect(text.code).toBe(1)
    expect(text.stdout).toContain(`${first}:2  `)
    const { code, stdout } = await run(['verify', folder.path, '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout).damages).toMatchObject([{ file: first, line: 2 }])
  })

  test('[X17] ends with 1 for a file that is missing', async () => {
    rmSync(join(folder.path, first))
    const { code, stdout } = await run(['verify', folder.path])
    expect(code).toBe(1)
    expect(stdout).toContain(first)
  })

  test('[X17] ends with 2 where there is no folder', async () => {
    const { code, stdout, stderr } = await run(['verify', join(folder.path, 'nowhere')])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('there is no folder')
    expect(stderr).toContain('[file_unusable]')
    expect(stderr).toContain('fillpath verify FOLDER')
  })

  test('[X17] ends with 1 where nothing is to be verified, unless all of it aged away', async () => {
    const empty = join(folder.path, 'logs')
    const { code, stdout, stderr } = await run(['verify', empty])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`${empty} holds no file of records [not_found]`)
    mkdirSync(join(empty, 'archive'))
    writeFileSync(join(empty, 'archive/removed.txt'), `${first} 7sIPZkzG\n`)
    expect((await run(['verify', empty])).code).toBe(0)
  })

  test('[X17] ends with 2 where a file cannot be read, and says which kind of error that is', async () => {
    rmSync(join(folder.path, first))
    mkdirSync(join(folder.path, first))
    const { code, stdout, stderr } = await run(['verify', folder.path, '--json'])
    expect([code, stdout]).toEqual([2, ''])
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'file_unusable', message: expect.stringContaining(folder.path) },
    })
  })
})

describe('fillpath clean', () => {
  const clean = (...words: readonly string[]): ReturnType<typeof run> =>
    run(['clean', '--data', folder.path, ...words])

  test('[B43] a dry run tells what would be done and changes nothing', async () => {
    const before = names()
    const { code, stdout, stderr } = await clean('--archive-after-days', '1', '--dry-run')
    expect(code).toBe(0)
    expect(stdout).toContain(`compress  ${first}`)
    expect(stderr).toContain('Nothing was changed')
    expect(names()).toEqual(before)
  })

  test('[B09, B43] what is past its age is compressed into archive/, and still verified and read', async () => {
    const { code, stdout } = await clean(
      '--archive-after-days',
      '1',
      '--delete-after-days',
      '0',
      '--json',
    )
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ dry_run: false, deleted: [], faults: [] })
    expect(JSON.parse(stdout).archived).toContain(first)
    expect(existsSync(join(folder.path, first))).toBe(false)
    expect(existsSync(join(folder.path, packed))).toBe(true)
    expect((await run(['verify', folder.path])).code).toBe(0)
    const tail = await run(['tail', '--data', folder.path, '--no-follow'])
    expect(tail.stdout).toContain('day 0 line 2')
  })

  test('[B34, B43] what is older still is deleted, which verify does not take for damage', async () => {
    const { code, stdout } = await clean('--archive-after-days', '1', '--delete-after-days', '7')
    expect(code).toBe(0)
    expect(stdout).toContain(`delete    ${first}\n`)
    expect((await run(['verify', folder.path])).code).toBe(0)
  })

  test('[B43] a folder that is not there is no folder that is clean: 1, and none is made', async () => {
    const missing = join(folder.path, 'nowhere')
    const { code, stderr } = await run(['clean', '--data', missing])
    expect([code, stderr]).toEqual([1, expect.stringContaining(`there is no folder ${missing}`)])
    expect(existsSync(missing)).toBe(false)
  })

  test('[B43] ages that are no numbers are refused with 2, and nothing is touched', async () => {
    const { code, stderr } = await clean('--archive-after-days', 'soon')
    expect(code).toBe(2)
    expect(stderr).toContain('soon')
    expect(existsSync(join(folder.path, first))).toBe(true)
  })
})
