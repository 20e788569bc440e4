import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Disk } from '../../../src/probe/spool/disk.ts'
import { realDisk } from '../../../src/probe/spool/disk.ts'
import type { SpoolReader } from '../../../src/probe/spool/reader.ts'
import { emit, quarantined, segmentsIn, stage, stageReader } from './stage.ts'

/** Refuses the next record for good. */
function refuse(reader: SpoolReader, reason: string): void {
  const [record] = reader.next('collector', 'live', { recordsMax: 1, bytesMax: 1e6 })
  if (record === undefined) throw new Error('no record is left')
  reader.quarantine('collector', record, reason)
}

describe('[D05, P8] what was put aside', () => {
  test('may be deleted by a person while the bot runs: what is refused later is kept, and segments go as before', () => {
    const { spool } = stage()
    const { root } = spool.place
    emit(spool, 'first')
    emit(spool, 'second')
    emit(spool, 'third')
    const { reader, notices } = stageReader({ place: spool.place })
    refuse(reader, 'poison')
    expect(reader.save()).toEqual([])
    rmSync(join(root, 'quarantine'), { recursive: true })
    refuse(reader, 'poison too')
    expect(quarantined(root).map(({ text }) => text)).toEqual(['second'])
    // Deleted between the look at it and the sync.
    rmSync(join(root, 'quarantine'), { recursive: true })
    expect(reader.save()).toEqual([])
    refuse(reader, 'poison as well')
    expect(quarantined(root).map(({ text }) => text)).toEqual(['third'])
    spool.roll()
    emit(spool, 'fourth')
    reader.next('collector', 'live', { recordsMax: 1, bytesMax: 1e6 })
    expect(reader.save()).toEqual([])
    expect(segmentsIn(root)).toHaveLength(1)
    expect(notices).toEqual([])
  })

  test('a disk that takes nothing costs no descriptor for each record that is refused', () => {
    const { spool } = stage()
    for (let index = 0; index < 20; index += 1) emit(spool, `record ${index}`)
    let open = 0
    let isFull = false
    const disk: Disk = {
      ...realDisk,
      open(...call) {
        const file = realDisk.open(...call)
        open += 1
        return file
      },
      close(file) {
        open -= 1
        realDisk.close(file)
      },
      write(...call) {
        if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
        return realDisk.write(...call)
      },
    }
    const { reader } = stageReader({ place: spool.place, disk })
    reader.next('collector', 'live', { recordsMax: 1, bytesMax: 1e6 })
    const before = open
    isFull = true
    for (let index = 0; index < 10; index += 1) refuse(reader, 'poison')
    expect(open).toBe(before)
    isFull = false
    refuse(reader, 'poison')
    expect(quarantined(spool.place.root)).toHaveLength(1)
    expect(reader.counts.quarantined).toBe(11)
  })
})
