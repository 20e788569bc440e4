import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { Disk } from '../../../src/probe/spool/disk.ts'
import { realDisk } from '../../../src/probe/spool/disk.ts'
import { openSpool } from '../../../src/probe/spool/spool.ts'
import { FillpathError } from '../../../src/semconv/error.ts'
import { payloadBytesMax } from '../../../src/wire/frame.ts'
import {
  emit,
  filesIn,
  look,
  segmentsIn,
  stage,
  stageReader,
  take,
  temporaryFolder,
} from './stage.ts'

/** Texts of the records that are in files now, whatever waits in memory. */
const inFiles = (folder: string): string[] => look(folder)

/** After all that the present callback has planned for its end. */
const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))

describe('[B37, B51, C05, D05] the promise', () => {
  test('a CRITICAL record is in the file before commit returns', () => {
    const { spool } = stage()
    for (const text of ['one', 'two', 'three']) {
      expect(emit(spool, text)).toBe(true)
      expect(inFiles(spool.place.root).at(-1)).toBe(text)
    }
  })

  test('a NORMAL and a SNAPSHOT record are in the file before the event loop goes on', async () => {
    const { spool } = stage()
    const seen: string[][] = []
    // Planned first, so they run first of what comes after the present callback.
    setImmediate(() => seen.push(inFiles(spool.place.root)))
    const sooner = new Promise<void>((resolve) => {
      setTimeout(() => {
        seen.push(inFiles(spool.place.root))
        resolve()
      }, 0)
    })
    emit(spool, 'normal', { class: 'normal' })
    emit(spool, 'snapshot', { class: 'snapshot' })
    expect(inFiles(spool.place.root)).toEqual([])
    await sooner
    expect(seen[0]).toEqual(['normal', 'snapshot'])
  })

  test('what led to a CRITICAL record is in the file with it', () => {
    const { spool } = stage()
    emit(spool, 'the reason', { class: 'normal' })
    emit(spool, 'the book', { class: 'snapshot' })
    emit(spool, 'the order')
    expect(inFiles(spool.place.root)).toEqual(['the reason', 'the order'])
  })

  test('one write takes the records of a turn', async () => {
    const { spool } = stage()
    for (let index = 0; index < 64; index += 1) emit(spool, `line ${index}`, { class: 'normal' })
    expect(spool.statistics.segments).toBe(0)
    await tick()
    expect(spool.statistics.segments).toBe(1)
    expect(inFiles(spool.place.root)).toHaveLength(64)
  })

  test('CRITICAL records of one call are in the file when it returns, with one write', () => {
    let writes = 0
    const disk: Disk = {
      ...realDisk,
      write(...call) {
        writes += 1
        return realDisk.write(...call)
      },
    }
    const { spool } = stage({ disk })
    emit(spool, 'before')
    writes = 0
    spool.hold()
    for (const text of ['one', 'two', 'three']) expect(emit(spool, text)).toBe(true)
    expect(inFiles(spool.place.root)).toEqual(['before'])
    spool.release()
    expect(inFiles(spool.place.root)).toEqual(['before', 'one', 'two', 'three'])
    expect(writes).toBe(1)
    emit(spool, 'after')
    expect(inFiles(spool.place.root).at(-1)).toBe('after')
  })

  test('a call with more records than memory is kept for writes them all, in their order', () => {
    const { spool } = stage({ segmentBytesMax: 600_000 })
    const texts = Array.from({ length: 3000 }, (_, index) => `${index} `.padEnd(500, '.'))
    spool.hold()
    for (const text of texts) emit(spool, text)
    spool.release()
    expect(inFiles(spool.place.root)).toEqual(texts)
  })

  test('what waits for the end of a call is written when the process exits in it', () => {
    const { spool } = stage()
    spool.hold()
    emit(spool, 'last words')
    spool.flushSync()
    expect(inFiles(spool.place.root)).toEqual(['last words'])
  })

  test('a record that is lost at the end of its call was accepted, and is dropped', () => {
    let isFull = false
    const disk: Disk = {
      ...realDisk,
      write(...call) {
        if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
        return realDisk.write(...call)
      },
    }
    const { spool } = stage({ disk, memoryRecordsMax: 2 })
    emit(spool, 'before')
    isFull = true
    spool.hold()
    for (const text of ['one', 'two', 'three']) emit(spool, text)
    spool.release()
    const { accepted, refused, dropped, memoryRecords } = spool.statistics
    expect(accepted.critical).toBe(4)
    expect(refused.critical.disk_full).toBe(0)
    expect(dropped.critical.disk_full).toBe(1)
    expect(memoryRecords).toBe(2)
  })

  test('flushSync writes all that waits, for handlers of process exit', () => {
    const { spool } = stage()
    emit(spool, 'last words', { class: 'normal' })
    spool.flushSync()
    expect(inFiles(spool.place.root)).toEqual(['last words'])
  })

  test('durable resolves when the file is synced, and counts how long that took', async () => {
    const { spool } = stage()
    emit(spool, 'filled')
    await spool.durable()
    const { sync } = spool.statistics
    expect(sync.count).toBeGreaterThan(0)
    expect(sync.failures).toBe(0)
    expect(sync.maxMs).toBeGreaterThanOrEqual(sync.lastMs)
  })

  test('[D05, P3] durable waits for the segment that takes the place of one that was deleted while it was synced', async () => {
    const synced: string[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const disk: Disk = {
      ...realDisk,
      async syncFile(file) {
        const { identity } = realDisk.entry(file)
        await promise
        await realDisk.syncFile(file)
        synced.push(identity)
      },
    }
    const { spool } = stage({ disk, syncIntervalMs: 3_600_000 })
    emit(spool, 'filled')
    const durable = spool.durable()
    const [deleted = ''] = segmentsIn(spool.place.root)
    rmSync(deleted)
    // The next look at the folder, within a second, writes it again.
    await vi.waitUntil(() => segmentsIn(spool.place.root).length === 1, { timeout: 60_000 })
    resolve()
    await durable
    const [written = ''] = segmentsIn(spool.place.root)
    expect(written).not.toBe(deleted)
    expect(synced).toContain(realDisk.look(written)?.identity)
  })
})

describe('a record', () => {
  test('is read back with class, signal, scope, sequence and boot', () => {
    const { spool } = stage()
    emit(spool, 'log', { class: 'normal', scope: 'a' })
    emit(spool, 'span', { class: 'critical', signal: 'span', scope: 'b' })
    emit(spool, 'metric', { class: 'snapshot', signal: 'metric', scope: 'a' })
    spool.flushSync()
    const { reader } = stageReader({ place: spool.place })
    const records = reader.next('collector', 'live', { recordsMax: 10, bytesMax: 1e6 })
    const { boot } = spool
    expect(
      records.map(({ payload, origin, segment: _segment, start: _start, end: _end, ...rest }) => ({
        ...rest,
        text: Buffer.from(payload).toString(),
        scope: Buffer.from(origin.scope).toString(),
        resource: Buffer.from(origin.resource).toString(),
      })),
    ).toEqual([
      {
        class: 'normal',
        signal: 'log',
        sequence: 1,
        boot,
        text: 'log',
        scope: 'a',
        resource: 'the bot',
      },
      {
        class: 'critical',
        signal: 'span',
        sequence: 2,
        boot,
        text: 'span',
        scope: 'b',
        resource: 'the bot',
      },
      {
        class: 'snapshot',
        signal: 'metric',
        sequence: 3,
        boot,
        text: 'metric',
        scope: 'a',
        resource: 'the bot',
      },
    ])
    expect(records[0]?.origin).toBe(records[2]?.origin)
  })

  test('may be empty, and may be of 5 MB', () => {
    const { spool } = stage()
    const large = 'book '.repeat(1_000_000)
    emit(spool, '')
    emit(spool, large)
    emit(spool, large, { class: 'normal' })
    emit(spool, 'after')
    expect(inFiles(spool.place.root)).toEqual(['', large, large, 'after'])
  })

  test('that is longer than a frame can be is refused, counted and said, and the next one is taken', () => {
    const { spool, notices } = stage()
    const room = spool.begin('critical', 0)
    room.reserve(payloadBytesMax + 1)
    room.position += payloadBytesMax + 1
    expect(spool.commit(room, 'log')).toBe(false)
    expect(emit(spool, 'next')).toBe(true)
    expect(spool.statistics.refused.critical.too_large).toBe(1)
    expect(spool.statistics.accepted.critical).toBe(1)
    expect(notices.map(({ code }) => code)).toEqual(['dropped'])
    expect(inFiles(spool.place.root)).toEqual(['next'])
  })

  test('that is begun while another of its class is being encoded harms neither', () => {
    const { spool } = stage()
    for (const recordClass of ['critical', 'normal'] as const) {
      const outer = spool.begin(recordClass, 1)
      outer.reserve(5)
      outer.bytes.set(Buffer.from('outer'), outer.position)
      outer.position += 5
      expect(emit(spool, 'inner', { class: recordClass })).toBe(true)
      outer.reserve(400_000)
      outer.bytes.fill(33, outer.position, outer.position + 400_000)
      outer.position += 400_000
      expect(spool.commit(outer, 'log')).toBe(true)
    }
    spool.flushSync()
    const texts = inFiles(spool.place.root)
    const whole = `outer${'!'.repeat(400_000)}`
    // The inner one is written first, though it was begun later.
    expect(texts.filter((text) => text === 'inner')).toHaveLength(2)
    expect(texts.filter((text) => text === whole)).toHaveLength(2)
    expect(texts).toHaveLength(4)
  })

  test('whose encoder threw is given up without a trace', () => {
    const { spool } = stage()
    emit(spool, 'before')
    const room = spool.begin('critical', 1)
    room.position += 3
    spool.abort(room)
    emit(spool, 'after')
    expect(inFiles(spool.place.root)).toEqual(['before', 'after'])
  })

  test('never changes its payload for a reader that keeps it', () => {
    const { spool } = stage()
    const { reader } = stageReader({ place: spool.place })
    const kept = Array.from({ length: 2000 }, (_, index) => {
      emit(spool, `record ${index}`)
      return reader.next('collector', 'live', { recordsMax: 1, bytesMax: 1e6 })[0]
    })
    expect(kept.map((record) => Buffer.from(record?.payload ?? []).toString())).toEqual(
      Array.from({ length: 2000 }, (_, index) => `record ${index}`),
    )
  })
})

describe('a spool', () => {
  test('begins a new segment when one is full, and each can be read alone', () => {
    const { spool } = stage({ segmentBytesMax: 1000, quotaBytes: 1e6 })
    const texts = Array.from(
      { length: 40 },
      (_, index) => `record ${index} of forty ${'.'.repeat(50)}`,
    )
    for (const [index, text] of texts.entries())
      emit(spool, text, { scope: index < 20 ? 'early' : 'late' })
    const segments = segmentsIn(spool.place.root)
    expect(segments.length).toBeGreaterThan(4)
    for (const segment of segments) expect(statSync(segment).size).toBeLessThanOrEqual(1000)
    expect(inFiles(spool.place.root)).toEqual(texts)
  })

  test('leaves what was not delivered to the next one, with its ids', async () => {
    const folder = temporaryFolder()
    const { spool } = stage({ folder })
    const { boot, install } = spool
    emit(spool, 'left behind')
    await spool.close()
    expect(spool.statistics.state).toBe('closed')
    const { spool: next } = stage({ folder })
    emit(next, 'new')
    expect(next.install).toBe(install)
    expect(next.boot).not.toBe(boot)
    const { reader } = stageReader({ place: next.place })
    const [record] = reader.next('collector', 'backlog', { recordsMax: 10, bytesMax: 1e6 })
    expect(record).toMatchObject({ boot, sequence: 1 })
    expect(take(reader, 'live')).toEqual(['new'])
  })

  test('with nothing left leaves no folder behind', async () => {
    const folder = temporaryFolder()
    const { spool } = stage({ folder })
    await spool.close()
    expect(filesIn(folder)).toEqual(['install'])
  })

  test('takes nothing after it was closed, says so once, and throws nothing', async () => {
    const { spool, notices } = stage()
    await spool.close()
    await spool.close()
    spool.closeSync()
    spool.flushSync()
    for (const recordClass of ['critical', 'normal', 'snapshot'] as const) {
      expect(emit(spool, 'late', { class: recordClass })).toBe(false)
      expect(emit(spool, 'later', { class: recordClass })).toBe(false)
      expect(spool.statistics.refused[recordClass].exit).toBe(2)
    }
    await tick()
    expect(notices.map(({ code }) => code)).toEqual(['dropped', 'dropped', 'dropped'])
  })

  test('makes files that nobody else can read', () => {
    const { spool } = stage({
      folder: join(temporaryFolder(), 'deep', 'spool'),
      reserveBytes: 4096,
    })
    emit(spool, 'secret')
    const { root } = spool.place
    expect(statSync(root).mode & 0o777).toBe(0o700)
    for (const file of filesIn(root))
      expect(statSync(join(root, file)).mode & 0o777, file).toBe(0o600)
  })

  test('says who writes, for people', () => {
    const { spool } = stage()
    const file = filesIn(spool.place.root).find((name) => name.endsWith('owner.json')) ?? ''
    const owner: unknown = JSON.parse(readFileSync(join(spool.place.root, file), 'utf8'))
    expect(owner).toMatchObject({ pid: process.pid })
  })

  test('that cannot have its folder says so in plain words', () => {
    const file = join(temporaryFolder(), 'file')
    const first = stage({ folder: file })
    first.spool.closeSync()
    const folder = join(file, 'install', 'under-a-file')
    const open = (): unknown => openSpool({ folder })
    expect(open).toThrow(FillpathError)
    expect(open).toThrow(folder)
    expect(open).toThrow(expect.objectContaining({ code: 'spool_unavailable' }))
  })

  test('in a relative folder stays where it is when the bot goes elsewhere, and ends when the working folder is deleted', () => {
    const folder = temporaryFolder()
    const place = JSON.stringify(new URL('../../../src/probe/spool/spool.ts', import.meta.url))
    const script = `
      import { mkdirSync, rmdirSync } from 'node:fs'
      import { openSpool } from ${place}
      const spool = openSpool({ folder: 'spool', onNotice: () => undefined })
      process.stdout.write(spool.place.root + ' ')
      mkdirSync('gone')
      process.chdir('gone')
      rmdirSync('../gone')
      try { openSpool({ folder: 'spool' }) } catch ({ code }) { process.stdout.write(code) }
      await spool.close()`
    // Node goes on for ever to make a relative folder in one that is gone.
    const { stdout, signal } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { cwd: folder, encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' },
    )
    expect(signal).toBeNull()
    expect(stdout).toBe(`${join(folder, 'spool')} spool_unavailable`)
  })

  test('keeps a foreign file in its folder, and an install id of old', () => {
    const folder = temporaryFolder()
    const { spool } = stage({ folder })
    const install = readFileSync(join(folder, 'install'), 'utf8').trim()
    expect(install).toBe(spool.install)
    expect(install).toMatch(/^[0-9a-f]{32}$/)
  })

  test('counts what it took and has, by class', async () => {
    const { spool } = stage()
    emit(spool, 'a')
    emit(spool, 'b', { class: 'normal' })
    emit(spool, 'c', { class: 'normal' })
    emit(spool, 'd', { class: 'snapshot' })
    await tick()
    const { accepted, state, bytes, segments, memoryRecords } = spool.statistics
    expect(accepted).toEqual({ critical: 1, normal: 2, snapshot: 1 })
    expect({ state, segments, memoryRecords }).toEqual({
      state: 'writing',
      segments: 3,
      memoryRecords: 0,
    })
    const onDisk = segmentsIn(spool.place.root).map((path) => statSync(path).size)
    expect(bytes).toBe(onDisk.reduce((sum, size) => sum + size, 0))
  })
})

describe('[B50, P16] what the quota deletes', () => {
  test('is lost, and counted, when one receiver has it all and another none yet', async () => {
    const { spool } = stage({ segmentBytesMax: 2000, quotaBytes: 40_000 })
    const destinations = ['has all', 'has none']
    const { reader } = stageReader({ place: spool.place, destinations })
    const text = 'x'.repeat(500)
    for (let index = 0; index < 40; index += 1) emit(spool, text, { class: 'normal' })
    spool.flushSync()
    reader.refresh()
    expect(take(reader, 'backlog', 'has all').length + take(reader, 'live', 'has all').length).toBe(
      40,
    )
    reader.save()
    for (let index = 0; index < 200; index += 1) {
      emit(spool, text, { class: 'normal' })
      spool.flushSync()
    }
    const { accepted, dropped } = spool.statistics
    const left = inFiles(spool.place.root).length
    expect(left).toBeLessThan(100)
    expect(dropped.normal.quota).toBe(accepted.normal - left)
  })
})
