import {
  appendFileSync,
  cpSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { MockInstance } from 'vitest'
import type { Disk } from '../../../src/probe/spool/disk.ts'
import { realDisk } from '../../../src/probe/spool/disk.ts'
import type { SpoolNotice } from '../../../src/probe/spool/notice.ts'
import { openReader } from '../../../src/probe/spool/reader.ts'
import type { SpoolReader } from '../../../src/probe/spool/reader.ts'
import type { Spool } from '../../../src/probe/spool/spool.ts'
import { frameHeaderBytes, readFrame } from '../../../src/wire/frame.ts'
import { segmentHeaderBytes } from '../../../src/wire/segment.ts'
import {
  emit,
  look,
  quarantined,
  segmentsIn,
  stage,
  stageReader,
  take,
  temporaryFolder,
} from './stage.ts'

const texts = Array.from(
  { length: 12 },
  (_, index) => `order ${index} ${'filled '.repeat(8)}${index}`,
)

/** A spool with one segment of the texts above, left in good order. */
function spoolOnDisk(): { folder: string; segment: string; ends: number[] } {
  const { spool } = stage()
  for (const text of texts) emit(spool, text)
  const folder = spool.place.root
  spool.closeSync()
  const [segment = ''] = segmentsIn(folder)
  const bytes = readFileSync(segment)
  const ends: number[] = []
  for (let place = segmentHeaderBytes; place < bytes.length;) {
    const { frame } = readFrame(bytes, place)
    if (frame === undefined) throw new Error('the sample is broken')
    if (frame.signal !== undefined) ends.push(frame.end)
    place = frame.end
  }
  expect(ends).toHaveLength(texts.length)
  return { folder, segment, ends }
}

/** Delivers a damaged folder as a shipper would. */
function deliver(folder: string): { texts: string[]; records: number; notices: SpoolNotice[] } {
  const notices: SpoolNotice[] = []
  const reader = openReader({
    place: { root: folder, owner: undefined, boot: undefined },
    destinations: ['collector'],
    onNotice: (notice) => notices.push(notice),
  })
  const delivered = take(reader)
  expect(reader.save()).toEqual([])
  reader.close()
  return { texts: delivered, records: reader.counts.quarantined, notices }
}

/** The folders of boots that are left: none, when all was delivered and nothing had to be removed by hand. */
function foldersLeft(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.includes('.'))
}

describe('[B48, D03, P4] a segment that was cut off', () => {
  test('anywhere in its last three records loses the cut record alone, and is cleared away', () => {
    const { folder, segment, ends } = spoolOnDisk()
    const whole = readFileSync(segment)
    let cuts = 0
    for (let length = ends.at(-4) ?? 0; length < whole.length; length += 1) {
      const copy = join(folder, `copy-${length}`)
      cpSync(dirname(segment), join(copy, basename(dirname(segment))), { recursive: true })
      truncateSync(segmentsIn(copy)[0] ?? '', length)
      const kept = ends.filter((end) => end <= length).length
      const isTorn = !ends.includes(length)
      const result = deliver(copy)
      expect(result.texts, `cut at ${length}`).toEqual(texts.slice(0, kept))
      expect(result.records, `cut at ${length}`).toBe(isTorn ? 1 : 0)
      expect(quarantined(copy), `cut at ${length}`).toHaveLength(isTorn ? 1 : 0)
      expect(foldersLeft(copy), `cut at ${length}`).toEqual([])
      cuts += 1
      rmSync(copy, { recursive: true })
    }
    expect(cuts).toBeGreaterThan(250)
  })

  test('keeps its good part when a destination has only a part of it, and is cut back to it', () => {
    const { folder, segment, ends } = spoolOnDisk()
    truncateSync(segment, (ends[9] ?? 0) + 17)
    const place = { root: folder, owner: undefined, boot: undefined }
    const options = { place, destinations: ['collector', 'desk'], onNotice: () => undefined }
    const reader = openReader(options)
    expect(take(reader)).toEqual(texts.slice(0, 10))
    reader.save()
    reader.close()
    expect(statSync(segment).size).toBe(ends[9])
    const next = openReader(options)
    expect(take(next, 'backlog', 'desk')).toEqual(texts.slice(0, 10))
    expect(take(next)).toEqual([])
    expect(next.counts.quarantined).toBe(0)
    next.save()
    next.close()
    expect(foldersLeft(folder)).toEqual([])
    expect(quarantined(folder)).toHaveLength(1)
  })

  test('before its first record holds none', () => {
    for (const length of [0, 1, segmentHeaderBytes - 1, segmentHeaderBytes]) {
      const { folder, segment } = spoolOnDisk()
      truncateSync(segment, length)
      const result = deliver(folder)
      expect(result.texts, `cut at ${length}`).toEqual([])
      expect(result.records, `cut at ${length}`).toBe(0)
      expect(foldersLeft(folder), `cut at ${length}`).toEqual([])
    }
  })
})

describe('[B48, D03, P4] bit rot', () => {
  test('in any byte of a record in the middle loses this record alone', () => {
    const { folder, segment, ends } = spoolOnDisk()
    const whole = readFileSync(segment)
    const start = ends[4] ?? 0
    const end = ends[5] ?? 0
    expect(end - start).toBeGreaterThan(frameHeaderBytes + 50)
    for (let place = start; place < end; place += 1) {
      const bytes = Buffer.from(whole)
      bytes[place] = (bytes[place] ?? 0) ^ 0x41
      writeFileSync(segment, bytes)
      expect(look(folder), `byte ${place}`).toEqual(texts.filter((_, index) => index !== 5))
    }
    const result = deliver(folder)
    expect(result.records).toBe(1)
    const [{ note, text } = { note: undefined, text: '' }] = quarantined(folder)
    expect(note).toMatchObject({
      reason: 'damaged',
      records: 1,
      offset: start,
      length: end - start,
    })
    expect(text).toContain('order 5')
    expect(result.notices.map(({ code }) => code)).toEqual(['damaged'])
  })

  test('in any byte of the header or of the dictionary loses nothing', () => {
    const { folder, segment, ends } = spoolOnDisk()
    const whole = readFileSync(segment)
    const first = (ends[0] ?? 0) - frameHeaderBytes - (texts[0] ?? '').length
    for (let place = 0; place < first; place += 1) {
      const bytes = Buffer.from(whole)
      bytes[place] = (bytes[place] ?? 0) ^ 0x10
      writeFileSync(segment, bytes)
      const reader = openReader({
        place: { root: folder, owner: undefined, boot: undefined },
        destinations: ['collector'],
        readOnly: true,
        onNotice: () => undefined,
      })
      const records = reader.next('collector', 'backlog', { recordsMax: 100, bytesMax: 1e6 })
      expect(
        records.map(({ payload }) => Buffer.from(payload).toString()),
        `byte ${place}`,
      ).toEqual(texts)
      expect(Buffer.from(records[0]?.origin.scope ?? []).toString()).toBe('the scope')
      expect(reader.counts.quarantined).toBe(0)
      reader.close()
    }
  })

  test('over many records is counted exactly', () => {
    const { folder, segment, ends } = spoolOnDisk()
    const bytes = readFileSync(segment)
    bytes.fill(0xee, (ends[2] ?? 0) + 5, (ends[6] ?? 0) - 5)
    writeFileSync(segment, bytes)
    const result = deliver(folder)
    expect(result.texts).toEqual([...texts.slice(0, 3), ...texts.slice(7)])
    expect(result.records).toBe(4)
  })

  test('in the last record is counted by what the next segment says', () => {
    const { spool } = stage({ segmentBytesMax: 400, quotaBytes: 1e6 })
    for (const text of texts) emit(spool, text)
    const folder = spool.place.root
    spool.closeSync()
    const [first = ''] = segmentsIn(folder)
    const bytes = readFileSync(first)
    bytes.fill(0xee, bytes.length - 150)
    writeFileSync(first, bytes)
    const result = deliver(folder)
    expect(result.records).toBe(2)
    expect(result.texts).toHaveLength(texts.length - 2)
    expect(foldersLeft(folder)).toEqual([])
  })
})

describe('[B48, D03, P4] a tail', () => {
  test('of zeros is no damage', () => {
    const { folder, segment } = spoolOnDisk()
    appendFileSync(segment, Buffer.alloc(4096))
    expect(deliver(folder)).toEqual({ texts, records: 0, notices: [] })
    expect(foldersLeft(folder)).toEqual([])
  })

  test('of garbage is put aside', () => {
    const { folder, segment } = spoolOnDisk()
    appendFileSync(segment, 'garbage'.repeat(100))
    const result = deliver(folder)
    expect(result.texts).toEqual(texts)
    expect(quarantined(folder)[0]?.text).toBe('garbage'.repeat(100))
    expect(foldersLeft(folder)).toEqual([])
  })

  test('that stands there twice is delivered once', () => {
    const { folder, segment, ends } = spoolOnDisk()
    appendFileSync(segment, readFileSync(segment).subarray(ends[8]))
    expect(deliver(folder)).toEqual({ texts, records: 0, notices: [] })
    expect(foldersLeft(folder)).toEqual([])
  })
})

describe('[B48, D03, P4] a folder', () => {
  test('with two segments missing delivers the others', () => {
    const { spool } = stage({ segmentBytesMax: 400, quotaBytes: 1e6 })
    for (const text of texts) emit(spool, text)
    const folder = spool.place.root
    spool.closeSync()
    const segments = segmentsIn(folder)
    expect(segments.length).toBeGreaterThan(4)
    rmSync(segments[1] ?? '')
    rmSync(segments[2] ?? '')
    const result = deliver(folder)
    expect(result.records).toBe(0)
    expect(texts.filter((text) => result.texts.includes(text))).toEqual(result.texts)
    expect(result.texts.length).toBeGreaterThan(4)
    expect(foldersLeft(folder)).toEqual([])
  })

  test('whose checkpoint is missing, damaged, of another boot or ahead is delivered again or not, and never harmed', () => {
    const variants: Readonly<Record<string, (text: string) => string | undefined>> = {
      missing: () => undefined,
      empty: () => '',
      damaged: (text) => text.replace('"records":4', '"records":5'),
      cut: (text) => text.slice(0, 20),
      garbage: () => 'not a checkpoint at all',
    }
    for (const [name, change] of Object.entries(variants)) {
      const { folder, checkpoint } = halfDelivered()
      const text = change(readFileSync(checkpoint, 'utf8'))
      if (text === undefined) rmSync(checkpoint)
      else writeFileSync(checkpoint, text)
      expect(deliver(folder).texts, name).toEqual(texts)
    }
    const { folder, segment } = halfDelivered()
    // Ahead: the tail that was delivered is gone from the disk.
    truncateSync(segment, segmentHeaderBytes + 200)
    expect(deliver(folder)).toMatchObject({ texts: [], records: 0 })
    expect(foldersLeft(folder)).toEqual([])
  })

  /** A folder of which the collector has four records, and has said so. */
  function halfDelivered(): { folder: string; segment: string; checkpoint: string } {
    const { folder, segment } = spoolOnDisk()
    const reader = openReader({
      place: { root: folder, owner: undefined, boot: undefined },
      destinations: ['collector'],
    })
    reader.ack('collector', reader.next('collector', 'backlog', { recordsMax: 4, bytesMax: 1e6 }))
    reader.save()
    reader.close()
    return { folder, segment, checkpoint: join(dirname(segment), 'checkpoint-collector') }
  }

  test('with segments of another version and foreign files leaves them alone, and says so', () => {
    const { folder, segment } = spoolOnDisk()
    const future = join(dirname(segment), 'critical-00000009.seg')
    const bytes = readFileSync(segment)
    bytes.writeUInt16LE(2, 8)
    bytes.writeUInt32LE(0, 88)
    writeFileSync(future, bytes)
    const foreign = join(dirname(segment), 'normal-00000001.seg')
    writeFileSync(foreign, 'not a segment at all, but a file that someone put here'.repeat(5))
    const note = join(dirname(segment), 'note.txt')
    writeFileSync(note, 'do not delete')
    const before = [future, foreign, note].map((path) => readFileSync(path))
    const result = deliver(folder)
    expect(result.texts).toEqual(texts)
    expect(result.notices.map(({ code }) => code).sort()).toEqual(['foreign', 'foreign', 'version'])
    expect(result.notices.find(({ code }) => code === 'version')?.message).toContain(
      'spool format 2',
    )
    expect([future, foreign, note].map((path) => readFileSync(path))).toEqual(before)
    expect(segmentsIn(folder)).not.toContain(segment)
  })

  test('that is not a spool at all is left as it is', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'index.db'), 'SQLite format 3')
    expect(deliver(folder)).toEqual({ texts: [], records: 0, notices: [] })
    expect(readFileSync(join(folder, 'index.db'), 'utf8')).toBe('SQLite format 3')
  })
})

describe('[P4, D05] a place that reads as damaged while the segment grows', () => {
  /** A spool whose reader sees zeros in place of the second record, as long as `isHidden` says so. */
  function hiding(isHidden: () => boolean): { spool: Spool; reader: SpoolReader } {
    const { spool } = stage()
    for (const text of texts.slice(0, 3)) emit(spool, text)
    const [segment = ''] = segmentsIn(spool.place.root)
    const bytes = readFileSync(segment)
    const from = bytes.indexOf(texts[1] ?? '') - frameHeaderBytes
    const to = bytes.indexOf(texts[2] ?? '') - frameHeaderBytes
    const disk: Disk = {
      ...realDisk,
      read(file, target, range, position) {
        const count = realDisk.read(file, target, range, position)
        const at = (place: number): number => range.offset + Math.max(0, place - position)
        if (isHidden()) target.fill(0, at(from), Math.min(at(to), range.offset + count))
        return count
      },
    }
    const { reader } = stageReader({ place: spool.place, disk })
    return { spool, reader }
  }

  let now: MockInstance<() => number>
  beforeEach(() => {
    now = vi.spyOn(performance, 'now').mockReturnValue(1000)
  })
  afterEach(() => {
    now.mockRestore()
  })

  test('is looked at again: what was written last may show first', () => {
    let isHidden = true
    const { reader } = hiding(() => isHidden)
    expect(take(reader, 'live')).toEqual([texts[0]])
    isHidden = false
    expect(take(reader, 'live')).toEqual([texts[1], texts[2]])
    expect(reader.counts.quarantined).toBe(0)
  })

  test('is looked at again in each segment, also where it stood in the one before', () => {
    let isHidden = true
    const { spool, reader } = hiding(() => isHidden)
    expect(take(reader, 'live')).toEqual([texts[0]])
    isHidden = false
    expect(take(reader, 'live')).toEqual([texts[1], texts[2]])
    spool.roll()
    for (const text of texts.slice(0, 3)) emit(spool, text)
    isHidden = true
    now.mockReturnValue(2000)
    expect(take(reader, 'live')).toEqual([texts[0]])
    isHidden = false
    expect(take(reader, 'live')).toEqual([texts[1], texts[2]])
    expect(reader.counts.quarantined).toBe(0)
  })

  test('and goes on doing so is put aside, and what stands behind it is read', () => {
    const { spool, reader } = hiding(() => true)
    expect(take(reader, 'live')).toEqual([texts[0]])
    now.mockReturnValue(2000)
    expect(take(reader, 'live')).toEqual([texts[2]])
    expect(reader.counts.quarantined).toBe(1)
    expect(quarantined(spool.place.root).map(({ note }) => note.records)).toEqual([1])
  })
})
