import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesInRequest, joinRecords } from '../../../src/probe/ship/request.ts'
import { decodeLogs } from '../../../src/wire/otlp-protobuf.ts'

/** A field of wire type 2. */
function field(number: number, content: Uint8Array): Buffer {
  const head: number[] = [(number << 3) | 2]
  let rest = content.length
  for (; rest >= 0x80; rest >>>= 7) head.push((rest & 0x7f) | 0x80)
  head.push(rest)
  return Buffer.concat([Buffer.from(head), content])
}

const text = (value: string): Buffer => field(1, Buffer.from(value))

/** Resource and scope that can be told apart: by schema URL and by name. */
function origin(name: string) {
  const resource = Buffer.concat([
    field(1, field(1, Buffer.concat([text('service.name'), field(2, text(name))]))),
    field(3, Buffer.from(`schema of ${name}`)),
  ])
  return { resource, scope: field(1, text(`scope of ${name}`)) }
}

/** A LogRecord with a text as its body. */
const log = (body: string): Buffer => field(5, text(body))

test('[P1] records of several origins come back whole, each with its own, in order', () => {
  const origins = [origin('bot'), origin('library'), origin('')]
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: 2 }), fc.string({ maxLength: 400 })), { maxLength: 60 }),
      (entries) => {
        const records = entries.map(([index, body]) => ({
          origin: origins[index] ?? origin('none'),
          payload: log(body),
        }))
        const found = decodeLogs(joinRecords(records))
        expect(found).toHaveLength(entries.length)
        for (const [index, name] of ['bot', 'library', ''].entries()) {
          const ours = found.filter(({ scope }) => scope.name === `scope of ${name}`)
          expect(ours.map(({ body }) => body)).toEqual(
            entries.filter(([own]) => own === index).map(([, body]) => body),
          )
          for (const { resource } of ours) {
            expect(resource.attributes.get('service.name')).toBe(name)
            expect(resource.schemaUrl).toBe(`schema of ${name}`)
          }
        }
      },
    ),
  )
})

test('lengths around the steps of a varint', () => {
  const own = origin('bot')
  for (const length of [0, 1, 120, 127, 128, 129, 16_380, 16_384, 2_097_150, 2_097_153]) {
    const records = [
      { origin: own, payload: log('x'.repeat(length)) },
      { origin: own, payload: log('y') },
    ]
    const body = joinRecords(records)
    expect(decodeLogs(body).map((record) => record.body)).toEqual(['x'.repeat(length), 'y'])
    const bytes = records.reduce((sum, { payload }) => sum + bytesInRequest(payload.length), 0)
    expect(body.length - bytes).toBeLessThan(own.resource.length + own.scope.length + 12)
  }
})

test('no records: an empty body, which is a request too', () => {
  expect(joinRecords([])).toHaveLength(0)
})
