import { crc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FrameFields, FrameKind, Signal } from '../../src/wire/frame.ts'
import {
  decodeOrigin,
  decodeQuarantined,
  encodeOrigin,
  encodeQuarantined,
  findFrame,
  frameHeaderBytes,
  payloadBytesMax,
  readFrame,
  signals,
  writeFrameHeader,
  writeU32,
} from '../../src/wire/frame.ts'

const recordKinds = ['critical', 'normal', 'snapshot'] as const
const fields: fc.Arbitrary<FrameFields> = fc
  .record({
    kind: fc.constantFrom<FrameKind>(...recordKinds, 'dictionary', 'quarantined'),
    signal: fc.constantFrom<Signal>(...signals),
    origin: fc.nat(0xffff),
    ordinal: fc.nat(0xffffffff),
    timeMs: fc.nat(0xffffffff),
    sequence: fc.maxSafeNat(),
  })
  .map((all) => ({
    ...all,
    signal: recordKinds.some((kind) => kind === all.kind) ? all.signal : undefined,
  }))

/** One frame with its payload. */
function frameOf(frame: FrameFields, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(frameHeaderBytes + payload.length)
  bytes.set(payload, frameHeaderBytes)
  writeFrameHeader(bytes, 0, bytes.length, frame)
  return bytes
}

const sample = frameOf(
  { kind: 'critical', signal: 'span', origin: 7, ordinal: 41, timeMs: 1234, sequence: 2 ** 40 + 5 },
  Buffer.from('the payload'),
)

test('[B48] a frame is read back as it was written, wherever it stands', () => {
  fc.assert(
    fc.property(fields, fc.uint8Array({ maxLength: 500 }), fc.nat(40), (frame, payload, start) => {
      const bytes = Buffer.concat([
        Buffer.alloc(start, 1),
        frameOf(frame, payload),
        Buffer.alloc(9),
      ])
      const result = readFrame(bytes, start)
      expect(result.frame).toEqual({
        ...frame,
        start,
        end: start + frameHeaderBytes + payload.length,
        payload: bytes.subarray(
          start + frameHeaderBytes,
          start + frameHeaderBytes + payload.length,
        ),
      })
    }),
  )
})

test('the layout is the one that is documented', () => {
  expect(sample.readUInt32LE(0)).toBe('the payload'.length)
  expect(sample.readUInt32LE(4)).toBe(crc32(sample.subarray(8), 'the payload'.length))
  expect([...sample.subarray(8, 12)]).toEqual([1, 2, 7, 0])
  expect(sample.readUInt32LE(12)).toBe(41)
  expect(sample.readUInt32LE(16)).toBe(1234)
  expect(sample.readBigUInt64LE(20)).toBe(2n ** 40n + 5n)
  expect(sample.subarray(28).toString()).toBe('the payload')
})

test('[P4] no flipped bit of a frame goes unseen', () => {
  for (let bit = 0; bit < sample.length * 8; bit += 1) {
    const bytes = Buffer.from(sample)
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(
      readFrame(Buffer.concat([bytes, Buffer.alloc(64)]), 0).frame,
      `bit ${bit}`,
    ).toBeUndefined()
  }
})

test('[B48, P4] a frame that is cut off says how many bytes make it whole', () => {
  for (let length = 1; length < sample.length; length += 1) {
    const result = readFrame(sample.subarray(0, length), 0)
    const bytesNeeded = length < frameHeaderBytes ? frameHeaderBytes : sample.length
    expect(result, `${length} bytes`).toEqual({ frame: undefined, fault: 'short', bytesNeeded })
  }
})

test('zeros are empty space, and no damage', () => {
  for (const length of [0, 1, frameHeaderBytes - 1, frameHeaderBytes, 4096]) {
    expect(readFrame(Buffer.alloc(length), 0)).toMatchObject({ fault: 'empty' })
  }
})

test('[P4] a length beyond all reason is damage, and not a frame that is still to come', () => {
  const bytes = Buffer.from(sample)
  writeU32(bytes, 0, payloadBytesMax + 1)
  expect(readFrame(bytes, 0)).toMatchObject({ frame: undefined, fault: 'damaged' })
})

test('[P4] the next good frame is found behind any garbage', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (garbage) => {
      const bytes = Buffer.concat([garbage, sample, Buffer.alloc(20, 0xff)])
      expect(findFrame(bytes, 0)?.start).toBe(garbage.length)
      expect(findFrame(bytes, garbage.length + 1)).toBeUndefined()
    }),
  )
})

test('resource and scope, and what is put aside, are read back from their payloads', () => {
  const part = fc.uint8Array({ maxLength: 50 })
  fc.assert(
    fc.property(part, part, (resource, scope) => {
      expect(decodeOrigin(encodeOrigin({ resource, scope }))).toEqual({ resource, scope })
      const note = {
        reason: 'HTTP 400',
        records: 1,
        segment: 'normal-00000001.seg',
        offset: 92,
        length: 50,
      }
      expect(decodeQuarantined(encodeQuarantined(note, scope))).toEqual({ note, bytes: scope })
    }),
  )
})

test('malformed payloads of these are no reason to throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), (payload) => {
      const origin = decodeOrigin(payload)
      const length = origin && origin.resource.length + origin.scope.length
      expect([undefined, payload.length - 4]).toContain(length)
      expect(decodeQuarantined(payload)).toBeUndefined()
    }),
  )
  expect(
    decodeQuarantined(encodeOrigin({ resource: Buffer.from('7'), scope: sample })),
  ).toBeUndefined()
})
