import { describe, expect, test } from 'vitest'
import type { Disk } from '../../../src/probe/spool/disk.ts'
import { realDisk } from '../../../src/probe/spool/disk.ts'
import { emit, look, stage, stageReader, take } from './stage.ts'

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
})

describe('[B50, P10] a spool at its quota', () => {
  test('keeps the scope of records that come when there is room again', () => {
    const { spool } = stage({ quotaBytes: 32_000, segmentBytesMax: 4000 })
    const text = 'x'.repeat(500)
    while (emit(spool, text)) {
      // The spool is filled with what may not be deleted.
    }
    expect(emit(spool, text, { scope: 'a new one' })).toBe(false)
    const { reader } = stageReader({ place: spool.place })
    take(reader, 'live')
    reader.save()
    expect(emit(spool, 'again', { scope: 'a new one' })).toBe(true)
    const [record] = reader.next('collector', 'live', { recordsMax: 10, bytesMax: 1e6 })
    expect(Buffer.from(record?.payload ?? []).toString()).toBe('again')
    expect(Buffer.from(record?.origin.scope ?? []).toString()).toBe('a new one')
  })
})
