import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readFrame } from '../../src/wire/frame.ts'
import { segmentHeaderBytes } from '../../src/wire/segment.ts'
import { Stage } from '../ship-stage.ts'
import { run } from './cli.ts'

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})
afterEach(async () => {
  await stage.close()
})

/** Paths of the segments of a class, the oldest first. */
function segments(recordClass: string): string[] {
  return stage
    .segments()
    .filter((name) => name.includes(`/${recordClass}-`))
    .sort()
    .map((name) => join(stage.folder, name))
}

function first(paths: readonly string[]): string {
  const [path] = paths
  if (path === undefined) throw new Error('there is no such segment')
  return path
}

/** Where the frames of a segment begin. */
function frameStarts(path: string): number[] {
  const bytes = readFileSync(path)
  const starts: number[] = []
  for (let at = segmentHeaderBytes; at < bytes.length;) {
    const { frame } = readFrame(bytes, at)
    if (frame === undefined) break
    starts.push(at)
    at = frame.end
  }
  return starts
}

/** Gives a segment the header of another version, with the checksum that its writer would give it. */
function becomeVersion(path: string, version: number): void {
  const bytes = readFileSync(path)
  bytes.writeUInt16LE(version, 8)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, segmentHeaderBytes - 4)), segmentHeaderBytes - 4)
  writeFileSync(path, bytes)
}

/** Turns one byte of a file over. */
function damage(path: string, offset: number): void {
  const bytes = readFileSync(path)
  bytes[offset] = (bytes[offset] ?? 0) ^ 0xff
  writeFileSync(path, bytes)
}

async function verify(path: string): Promise<{
  code: number | null
  damage: { kind: string; path: string; offset: number; bytes: number; records: number | null }[]
  records: number
  whole: boolean
  unreadable: string[]
}> {
  const { code, stdout } = await run(['spool', 'verify', path, '--json'])
  return { code, ...JSON.parse(stdout) }
}

describe('fillpath spool ls', () => {
  test('[X39] lists the segments of a running bot with class, records and sequences', async () => {
    stage.emit(3, { class: 'critical' })
    stage.emit(5, { signal: 'span' })
    const { code, stdout } = await run(['spool', 'ls', '--spool', stage.folder, '--json'])
    expect(code).toBe(0)
    const listed = JSON.parse(stdout)
    expect(listed.install).toBe(stage.spool.install)
    expect(listed.segments).toMatchObject([
      { class: 'critical', records: 3, firstSequence: 1, lastSequence: 3, state: 'writing' },
      { class: 'normal', records: 5, firstSequence: 4, lastSequence: 8, state: 'writing' },
    ])
    const text = await run(['spool', 'ls', stage.folder])
    expect(text.stdout).toContain(`pid ${process.pid}`)
    expect(text.stdout).toMatch(/critical-00000001\.seg +3 records +[\d.]+ K?i?B +sequence 1 … 3/)
    expect(text.stdout).toContain('8 records in 2 segments')
  })

  test('[X39] shows closed segments of an ended bot, and what is of another version', async () => {
    stage.emit(400)
    await stage.closeSpool()
    const paths = segments('normal')
    expect(paths.length).toBeGreaterThan(1)
    becomeVersion(first(paths), 9)
    const { code, stdout } = await run(['spool', 'ls', stage.folder])
    expect(code).toBe(0)
    expect(stdout).toContain('has spool format 9')
    expect(stdout).toContain('closed')
    expect(stdout).toContain(`pid ${process.pid} has ended`)
  })

  test('[X39] says where to look when there is no spool, and ends with 1', async () => {
    const { code, stderr } = await run(['spool', 'ls', '/nowhere/at/all'])
    expect(code).toBe(1)
    expect(stderr).toContain('there is no spool folder /nowhere/at/all [not_found]')
    expect(stderr).toContain('--spool FOLDER')
  })
})

describe('fillpath spool verify', () => {
  test('[X17, X39] ends with 0 when every record is whole, also while the bot writes', async () => {
    stage.emit(400)
    stage.emit(10, { class: 'critical' })
    expect(await verify(stage.folder)).toMatchObject({ code: 0, whole: true, records: 410 })
    await stage.closeSpool()
    const { code, stdout } = await run(['spool', 'verify', stage.folder])
    expect(code).toBe(0)
    expect(stdout).toContain('is whole: 410 records in')
  })

  test('[X17] names file and byte of a damaged record, counts it, and ends with 1', async () => {
    stage.emit(20)
    await stage.closeSpool()
    const path = first(segments('normal'))
    const starts = frameStarts(path)
    // Two dictionary frames stand before the first record.
    const place = starts[2 + 7] ?? 0
    damage(path, place + 30)
    expect(await verify(stage.folder)).toMatchObject({
      code: 1,
      whole: false,
      records: 19,
      damage: [{ kind: 'damaged', path, offset: place, records: 1 }],
    })
    const { code, stdout } = await run(['spool', 'verify', path])
    expect(code).toBe(1)
    expect(stdout).toMatch(new RegExp(`${path}:${place}: \\d+ bytes are damaged, 1 record lost`))
  })

  test('[X17] finds each single turned byte of a segment', async () => {
    stage.emit(3)
    await stage.closeSpool()
    const path = first(segments('normal'))
    const { length } = readFileSync(path)
    // One of the two copies of the dictionary, header and records: step by step over the file.
    for (let offset = 0; offset < length; offset += Math.ceil(length / 12)) {
      damage(path, offset)
      const { code } = await verify(stage.folder)
      expect([offset, code]).toEqual([offset, offset === 8 || offset === 9 ? 2 : 1])
      damage(path, offset)
    }
    expect(await verify(stage.folder)).toMatchObject({ code: 0 })
  })

  test('[X17] sees a torn tail of a dead bot, and none while it is written', async () => {
    stage.emit(5)
    const live = first(segments('normal'))
    appendFileSync(live, Buffer.from([40, 0, 0, 0, 1, 2, 3, 4, 2, 1]))
    expect(await verify(stage.folder)).toMatchObject({ code: 0, records: 5 })
    await stage.closeSpool()
    const [{ kind, records } = {}] = (await verify(stage.folder)).damage
    expect([kind, records]).toEqual(['torn', null])
  })

  test('[X17] counts records that were cut out, within a segment and between two', async () => {
    stage.emit(600)
    await stage.closeSpool()
    const [one = '', two = ''] = segments('normal')
    const bytes = readFileSync(one)
    const starts = frameStarts(one)
    const [from = 0, to = 0] = [starts[10], starts[14]]
    const last = starts.at(-1) ?? 0
    writeFileSync(one, Buffer.concat([bytes.subarray(0, from), bytes.subarray(to, last)]))
    const found = await verify(stage.folder)
    expect(found.code).toBe(1)
    expect(found.damage).toMatchObject([
      { kind: 'missing', path: one, offset: from, records: 4 },
      { kind: 'missing', path: one, records: 1 },
    ])
    // A whole segment that is gone was delivered, for all that the files can say.
    rmSync(one)
    expect(await verify(stage.folder)).toMatchObject({ code: 0 })
    expect(readFileSync(two).length).toBeGreaterThan(0)
  })

  test('[X17] ends with 2 when nothing can be read, and says why', async () => {
    stage.emit(1)
    await stage.closeSpool()
    const path = first(segments('normal'))
    becomeVersion(path, 7)
    const found = await verify(stage.folder)
    expect(found.code).toBe(2)
    expect(found.unreadable).toEqual([expect.stringContaining('spool format 7')])
    const missing = await run(['spool', 'verify', '/nowhere/at/all'])
    expect([missing.code, missing.stdout]).toEqual([2, ''])
    expect(missing.stderr).toContain('[not_found]')
  })
})

describe('fillpath spool', () => {
  test('[X39] explains itself, and ends with 2 for words it does not know', async () => {
    const help = await run(['spool', '--help'])
    expect(help.code).toBe(0)
    expect(help.stdout).toContain('$ fillpath spool verify')
    const wrong = await run(['spool', 'burn'])
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain("unknown command 'burn'")
  })
})
