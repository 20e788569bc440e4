import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findSpool } from '../../../src/commands/spool/place.ts'
import { scanAll, segmentsIn as segmentFiles } from '../../../src/commands/spool/scan.ts'
import { StoredRecords } from '../../../src/commands/spool/stored-records.ts'
import { readFrame, writeFrameHeader } from '../../../src/wire/frame.ts'
import { decodeSegmentHeader, encodeSegmentHeader } from '../../../src/wire/segment.ts'
import { emit, look, segmentsIn, stage, stageReader } from './stage.ts'

/** The bytes of a segment as they would be had its series begun with the ordinal `first`. */
function beginningWith(first: number, bytes: Buffer): Buffer {
  const head = decodeSegmentHeader(bytes)
  if (head.header === undefined) throw new Error('the sample is broken')
  Buffer.from(encodeSegmentHeader({ ...head.header, ordinal: first })).copy(bytes)
  for (let place = head.length; place < bytes.length;) {
    const { frame } = readFrame(bytes, place)
    if (frame === undefined) throw new Error('the sample is broken')
    // The header of a frame keeps the lower 32 bits.
    writeFrameHeader(bytes, place, frame.end, { ...frame, ordinal: first + frame.ordinal })
    place = frame.end
  }
  return bytes
}

test.each([2 ** 32 - 5, 2 ** 31 - 5, 2 ** 32 - 1])(
  '[D05, P1] a series that has had %d records goes on: none is taken for one that came before',
  (first) => {
    const { spool } = stage()
    const texts = Array.from({ length: 12 }, (_, index) => `order ${index}`)
    for (const text of texts) emit(spool, text)
    const { root } = spool.place
    spool.closeSync()
    const [segment = ''] = segmentsIn(root)
    writeFileSync(segment, beginningWith(first, readFileSync(segment)))
    expect(look(root)).toEqual(texts)
    const place = { root, owner: undefined, boot: undefined }
    const { reader, notices } = stageReader({ place, readOnly: true })
    expect(reader.waiting('collector').records).toBe(12)
    expect(notices).toEqual([])
    const files = findSpool(root).boots.flatMap(segmentFiles)
    expect([...scanAll(files)].map(({ state, records }) => ({ state, records }))).toEqual([
      { state: 'whole', records: 12 },
    ])
    expect([...new StoredRecords(files).all()]).toHaveLength(12)
  },
)

test('[D05, P4] a damaged place is counted right where the ordinals begin again', () => {
  const { spool } = stage()
  for (let index = 0; index < 12; index += 1) emit(spool, `order ${index}`)
  const { root } = spool.place
  spool.closeSync()
  const [segment = ''] = segmentsIn(root)
  const bytes = beginningWith(2 ** 32 - 5, readFileSync(segment))
  // The two records around the change.
  for (const text of ['order 4', 'order 5']) bytes.write('x', bytes.indexOf(text))
  writeFileSync(segment, bytes)
  const place = { root, owner: undefined, boot: undefined }
  const { reader } = stageReader({ place })
  expect(reader.next('collector', 'backlog', { recordsMax: 100, bytesMax: 1e6 })).toHaveLength(10)
  expect(reader.counts.quarantined).toBe(2)
  const scans = [...scanAll(findSpool(root).boots.flatMap(segmentFiles))]
  expect(scans.flatMap(({ damage }) => damage).map(({ records }) => records)).toEqual([2])
})

test('[X40, D05] what waits in a long segment is counted to its end, over records of any size and a damaged place', () => {
  const { spool } = stage()
  // The segment is read in pieces: some records end with one, others take more than one.
  const sizes = [10, 65_000, 500, 200_000, 65_536, 3, 131_000]
  const count = 20 * sizes.length
  for (let index = 0; index < count; index += 1) {
    emit(spool, `order ${index} `.padEnd(sizes[index % sizes.length] ?? 1, '.'))
  }
  const { root } = spool.place
  spool.closeSync()
  const segments = segmentsIn(root)
  const waiting = (): number => {
    const place = { root, owner: undefined, boot: undefined }
    return stageReader({ place, readOnly: true }).reader.waiting('collector').records
  }
  expect(waiting()).toBe(count)
  for (const segment of segments) {
    const bytes = readFileSync(segment)
    const place = bytes.indexOf('order 38 ')
    if (place < 0) continue
    bytes.write('X', place)
    writeFileSync(segment, bytes)
  }
  // The ordinals of those behind it tell that it was there.
  expect(waiting()).toBe(count)
})
