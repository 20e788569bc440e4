import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SegmentHeader } from '../../src/wire/segment.ts'
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  parseSegmentName,
  segmentHeaderBytes,
  segmentName,
} from '../../src/wire/segment.ts'

const header: SegmentHeader = {
  class: 'critical',
  install: '0123456789abcdef'.repeat(2),
  boot: 'fedcba9876543210'.repeat(2),
  machine: '00ff'.repeat(8),
  wallNs: 1_763_717_053_123_456_789n,
  monotonicNs: 987_654_321_000n,
  number: 12,
  ordinal: 345_678,
}

test('[B48] a segment header is read back as it was written', () => {
  const hex = fc.stringMatching(/^[0-9a-f]{32}$/)
  const arbitrary = fc.record({
    class: fc.constantFrom(
      'critical' as const,
      'normal' as const,
      'snapshot' as const,
      'quarantined' as const,
    ),
    install: hex,
    boot: hex,
    machine: hex,
    wallNs: fc.bigInt(0n, 2n ** 64n - 1n),
    monotonicNs: fc.bigInt(0n, 2n ** 64n - 1n),
    number: fc.nat(0xffffffff),
    ordinal: fc.nat(0xffffffff),
  })
  fc.assert(
    fc.property(arbitrary, (any) => {
      expect(decodeSegmentHeader(encodeSegmentHeader(any))).toEqual({
        header: any,
        length: segmentHeaderBytes,
      })
    }),
  )
})

test('[P4] no flipped bit of a header goes unseen, and none makes our segment look like one of another version', () => {
  for (let bit = 0; bit < segmentHeaderBytes * 8; bit += 1) {
    const bytes = encodeSegmentHeader(header)
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const result = decodeSegmentHeader(bytes)
    expect(result.header, `bit ${bit}`).toBeUndefined()
    expect('fault' in result && result.fault, `bit ${bit}`).toBe(bit < 64 ? 'foreign' : 'damaged')
  }
})

test('a header of another version is told apart from a damaged one', () => {
  const bytes = Buffer.from(encodeSegmentHeader(header))
  bytes.writeUInt16LE(2, 8)
  bytes.writeUInt32LE(0x12345678, 88)
  expect(decodeSegmentHeader(bytes)).toEqual({ header: undefined, fault: 'version', version: 2 })
  bytes.writeUInt16LE(0, 8)
  expect(decodeSegmentHeader(bytes)).toMatchObject({ fault: 'version', version: 0 })
})

test('a header that is cut off is short, and the beginning of another file is foreign', () => {
  const bytes = encodeSegmentHeader(header)
  for (let length = 0; length < segmentHeaderBytes; length += 1) {
    expect(decodeSegmentHeader(bytes.subarray(0, length)), `${length}`).toMatchObject({
      fault: 'short',
    })
  }
  expect(decodeSegmentHeader(Buffer.from('{"timestamp":'))).toMatchObject({ fault: 'foreign' })
  expect(decodeSegmentHeader(Buffer.from('SQLite format 3\0'))).toMatchObject({ fault: 'foreign' })
})

test('a file name says class and number, and other names say nothing', () => {
  expect(segmentName('snapshot', 7)).toBe('snapshot-00000007.seg')
  expect(parseSegmentName('snapshot-00000007.seg')).toEqual({ class: 'snapshot', number: 7 })
  expect(parseSegmentName(segmentName('normal', 123_456_789))).toEqual({
    class: 'normal',
    number: 123_456_789,
  })
  for (const name of [
    'owner.json',
    'normal-1.seg',
    'normal-00000001.seg.new',
    'audit-00000001.seg',
    '',
  ]) {
    expect(parseSegmentName(name)).toBeUndefined()
  }
})
