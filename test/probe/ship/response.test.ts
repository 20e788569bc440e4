import { describe, expect, test } from 'vitest'
import { partialSuccessOf, reasonOf } from '../../../src/probe/ship/response.ts'
import { partialSuccess, rpcStatus } from '../../stub-collector.ts'

const protobuf = 'application/x-protobuf'

describe('partial success', () => {
  test('[P8] the count and the message, from protobuf and from JSON', () => {
    const body = Buffer.from(partialSuccess(300, 'line too old'))
    expect(partialSuccessOf(body, protobuf)).toEqual({ rejected: 300, message: 'line too old' })
    const json = Buffer.from(
      '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too\\u001b[31m\\n old"}}',
    )
    expect(partialSuccessOf(json, 'application/json')).toEqual({
      rejected: 2,
      message: 'too [31m old',
    })
  })

  test('a message without a count is a warning', () => {
    expect(partialSuccessOf(Buffer.from(partialSuccess(0, 'deprecated')), protobuf)).toEqual({
      rejected: 0,
      message: 'deprecated',
    })
  })

  test('full success has none: empty body, empty message, empty JSON, text', () => {
    for (const body of ['', '{}', '{"partialSuccess":{}}', '{"partialSuccess":null}', 'ok']) {
      expect(partialSuccessOf(Buffer.from(body), 'text/plain')).toBeUndefined()
    }
    expect(partialSuccessOf(Buffer.from([0x0a, 0x00]), protobuf)).toBeUndefined()
  })

  test('bytes that are no protobuf are no partial success, and no error', () => {
    for (let length = 1; length < 40; length += 1) {
      const torn = Buffer.from(partialSuccess(300, 'a message of some length')).subarray(0, length)
      expect(() => partialSuccessOf(torn, protobuf)).not.toThrow()
    }
    expect(partialSuccessOf(Buffer.alloc(20, 0xff), protobuf)).toBeUndefined()
  })
})

describe('the reason of an error', () => {
  test('from google.rpc.Status, in protobuf and in JSON', () => {
    expect(reasonOf(Buffer.from(rpcStatus('no space left on device')), protobuf)).toBe(
      'no space left on device',
    )
    expect(reasonOf(Buffer.from('{"code":13,"message":"queue is full"}'), 'application/json')).toBe(
      'queue is full',
    )
    expect(reasonOf(Buffer.from('{"status":"error","error":"out of bounds"}'), '')).toBe(
      'out of bounds',
    )
  })

  test('else the text, on one short line', () => {
    expect(reasonOf(Buffer.from('entry too\nfar behind\n'), 'text/plain')).toBe(
      'entry too far behind',
    )
    expect(reasonOf(Buffer.alloc(5000, 'x'), 'text/plain')).toHaveLength(501)
  })
})
