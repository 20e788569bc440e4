import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import type { Disk } from '../../../src/probe/spool/disk.ts'
import { realDisk } from '../../../src/probe/spool/disk.ts'
import type { Spool } from '../../../src/probe/spool/spool.ts'
import { emit, filesIn, look, stage, stageReader, take } from './stage.ts'

function full(): Error {
  return Object.assign(new Error('full'), { code: 'ENOSPC' })
}

describe('[B50, D05, P5] a full disk', () => {
  test('that takes records again while those of one call are kept gets all of them, and none stays in memory', async () => {
    let room = Infinity
    const disk: Disk = {
      ...realDisk,
      write(file, bytes, range, position) {
        if (range.length > room) throw full()
        room -= range.length
        return realDisk.write(file, bytes, range, position)
      },
      unlink(path) {
        // Deleting a stored segment makes room.
        if (path.endsWith('.seg')) room = Infinity
        realDisk.unlink(path)
      },
    }
    const { spool } = stage({ disk, memoryRecordsMax: 2 })
    emit(spool, 'old', { class: 'normal' })
    spool.flushSync()
    room = 0
    emit(spool, 'one')
    emit(spool, 'two')
    expect(spool.statistics).toMatchObject({ state: 'memory', memoryRecords: 2 })
    // Memory is full of critical records: for the next one the stored normal record goes.
    spool.hold()
    for (const text of ['three', 'four', 'five']) emit(spool, text)
    spool.release()
    const { state, memoryRecords, dropped } = spool.statistics
    expect({ state, memoryRecords }).toEqual({ state: 'writing', memoryRecords: 0 })
    expect(dropped.normal.disk_full).toBe(1)
    expect(dropped.critical.disk_full).toBe(0)
    expect(look(spool.place.root)).toEqual(['one', 'two', 'three', 'four', 'five'])
    await spool.durable()
  })

  test('keeps its reserve for records that fit into it', async () => {
    let isFull = false
    const reserve = Promise.withResolvers<void>()
    const disk: Disk = {
      ...realDisk,
      write(file, bytes, range, position) {
        // A reserve has its space already.
        if (isFull && realDisk.entry(file).size < position + range.length) throw full()
        return realDisk.write(file, bytes, range, position)
      },
      open(path, mode) {
        if (isFull && mode === 'create') throw full()
        return realDisk.open(path, mode)
      },
      async syncFile(file) {
        await realDisk.syncFile(file)
        reserve.resolve()
      },
    }
    const { spool } = stage({ disk, reserveBytes: 16_384 })
    await reserve.promise
    await new Promise((resolve) => setImmediate(resolve))
    isFull = true
    emit(spool, 'large '.repeat(5000))
    expect(spool.statistics).toMatchObject({ state: 'memory', memoryRecords: 1 })
    emit(spool, 'small')
    expect(spool.statistics).toMatchObject({ state: 'reserve', memoryRecords: 1 })
    expect(look(spool.place.root)).toEqual(['small'])
    isFull = false
    spool.flushSync()
    expect(spool.statistics).toMatchObject({ state: 'writing', memoryRecords: 0 })
    expect(look(spool.place.root)).toHaveLength(2)
  })

  test('from the start on costs what it had taken at its end, is not told as a deleted folder, and leaves no folder', async () => {
    const disk: Disk = {
      ...realDisk,
      write() {
        throw full()
      },
    }
    const { spool, notices } = stage({ disk })
    for (const signal of ['log', 'span', 'log'] as const) {
      expect(emit(spool, signal, { signal })).toBe(true)
      spool.flushSync()
    }
    await spool.close()
    // As at the exit of a process that has shut down.
    spool.flushSync()
    spool.flushSync()
    expect(spool.statistics.dropped.critical).toMatchObject({ exit: 3, folder_lost: 0 })
    expect(spool.statistics.droppedBySignal).toEqual({ log: 2, span: 1, metric: 0 })
    expect(notices.map(({ code }) => code)).toEqual(['disk_refused', 'dropped'])
    expect(notices[0]?.message).toContain('takes no records (ENOSPC); the bot goes on')
    expect(filesIn(spool.place.root)).toEqual([])
    expect(readdirSync(spool.place.root)).toEqual([])
  })

  test('at the start only leaves the id of the installation and the owner as they should be', () => {
    let isFull = true
    const disk: Disk = {
      ...realDisk,
      write(file, bytes, range, position) {
        if (isFull) throw full()
        return realDisk.write(file, bytes, range, position)
      },
    }
    const { spool } = stage({ disk })
    emit(spool, 'one')
    for (let tries = 0; tries < 4; tries += 1) spool.flushSync()
    isFull = false
    spool.flushSync()
    const { root } = spool.place
    expect(look(root)).toEqual(['one'])
    expect(readFileSync(join(root, 'install'), 'utf8').trim()).toBe(spool.install)
    const owner = filesIn(root).find((name) => name.endsWith('owner.json')) ?? ''
    expect(JSON.parse(readFileSync(join(root, owner), 'utf8'))).toMatchObject({ pid: process.pid })
  })
})

test('[B50, X40] a folder that cannot be made again is said once, however often it is tried', async () => {
  let code = 'ENOTDIR'
  const disk: Disk = {
    ...realDisk,
    makeFolder() {
      throw Object.assign(new Error('refused'), { code })
    },
  }
  let isRefused = false
  const { spool, notices } = stage({
    disk: { ...disk, makeFolder: (path) => (isRefused ? disk : realDisk).makeFolder(path) },
  })
  emit(spool, 'one')
  rmSync(spool.place.root, { recursive: true })
  isRefused = true
  spool.roll()
  emit(spool, 'two')
  const said = (): string[] =>
    notices.flatMap(({ message }) => /cannot be made again \((\w+)\)/.exec(message)?.[1] ?? [])
  for (let tries = 0; tries < 5; tries += 1) spool.flushSync()
  expect(said()).toEqual(['ENOTDIR'])
  code = 'EACCES'
  for (let tries = 0; tries < 5; tries += 1) spool.flushSync()
  expect(said()).toEqual(['ENOTDIR', 'EACCES'])
  isRefused = false
  spool.flushSync()
  expect(look(spool.place.root)).toContain('two')
})

describe('[B50, P10] a spool at its quota', () => {
  test('loses nothing for a record that finds no place even then', () => {
    const { spool } = stage({ quotaBytes: 64_000, segmentBytesMax: 4000 })
    for (let index = 0; index < 20; index += 1) {
      emit(spool, `line ${index}`, { class: 'normal' })
      emit(spool, `book ${index}`, { class: 'snapshot' })
      spool.flushSync()
    }
    const before = look(spool.place.root)
    expect(before).toHaveLength(40)
    expect(emit(spool, 'x'.repeat(70_000))).toBe(false)
    emit(spool, 'y'.repeat(70_000), { class: 'normal' })
    spool.flushSync()
    expect(look(spool.place.root)).toEqual(before)
    const { refused, dropped } = spool.statistics
    expect(refused.critical.quota).toBe(1)
    expect(dropped.normal.quota).toBe(1)
    expect(dropped.snapshot.quota).toBe(0)
  })

  test('does not look at the folder for each record that it refuses', () => {
    let looks = 0
    const disk: Disk = {
      ...realDisk,
      list(path) {
        looks += 1
        return realDisk.list(path)
      },
    }
    const clock = manualClock()
    const { spool } = stage({ quotaBytes: 32_000, segmentBytesMax: 4000, disk, clock })
    const text = 'x'.repeat(500)
    while (emit(spool, text)) {
      // The spool is filled with what may not be deleted.
    }
    looks = 0
    for (let index = 0; index < 1000; index += 1) expect(emit(spool, text)).toBe(false)
    expect(looks).toBe(0)
    // What the shipper has deleted meanwhile is seen soon.
    const { reader } = stageReader({ place: spool.place })
    take(reader, 'live')
    reader.save()
    clock.advanceMs(1000)
    expect(emit(spool, text)).toBe(true)
  })

  test('counts what goes with segments that it took over, to the record, and does not read them', () => {
    const sizes = { quotaBytes: 64_000, segmentBytesMax: 4000 }
    const dead = stage(sizes).spool
    const write = (spool: Spool, text: string): void => {
      emit(spool, text.padEnd(300, '.'), { class: 'normal' })
      spool.flushSync()
    }
    for (let index = 0; index < 120; index += 1) write(dead, `before ${index} `)
    dead.closeSync()
    const { root } = dead.place
    let bytesRead = 0
    const disk: Disk = {
      ...realDisk,
      read(file, bytes, range, position) {
        bytesRead += range.length
        return realDisk.read(file, bytes, range, position)
      },
    }
    const heir = stage({ ...sizes, folder: root, disk }).spool
    bytesRead = 0
    for (let index = 0; index < 110; index += 1) write(heir, `after ${index} `)
    const dropped = heir.statistics.dropped.normal.quota
    const left = look(root)
    // The oldest went, whole segments of them, and none of its own.
    expect(dropped).toBeGreaterThan(20)
    expect(left).toHaveLength(230 - dropped)
    expect(left[0]).toMatch(`before ${dropped} `)
    expect(bytesRead).toBeLessThan(4000)
  })

  test('keeps the scope of records that come when there is room again', () => {
    const clock = manualClock()
    const { spool } = stage({ quotaBytes: 32_000, segmentBytesMax: 4000, clock })
    const text = 'x'.repeat(500)
    while (emit(spool, text)) {
      // The spool is filled with what may not be deleted.
    }
    expect(emit(spool, text, { scope: 'a new one' })).toBe(false)
    const { reader } = stageReader({ place: spool.place })
    take(reader, 'live')
    reader.save()
    clock.advanceMs(1000)
    expect(emit(spool, 'again', { scope: 'a new one' })).toBe(true)
    const [record] = reader.next('collector', 'live', { recordsMax: 10, bytesMax: 1e6 })
    expect(Buffer.from(record?.payload ?? []).toString()).toBe('again')
    expect(Buffer.from(record?.origin.scope ?? []).toString()).toBe('a new one')
  })
})
