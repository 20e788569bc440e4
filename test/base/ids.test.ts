import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSpanId, isTraceId, randomSpanId, randomTraceId, traceIdOf } from '../../src/base/ids.ts'

describe('the trace id of a correlation id', () => {
  test('[A72, A75] 32 hex digits stay as they are, in lower case', () => {
    expect(traceIdOf('0af7651916cd43dd8448eb211c80319c')).toBe('0af7651916cd43dd8448eb211c80319c')
    expect(traceIdOf('0AF7651916CD43DD8448EB211C80319C')).toBe('0af7651916cd43dd8448eb211c80319c')
  })

  test('[A72, A75] anything else becomes the first 16 bytes of its SHA-256', () => {
    // From sha256sum: the rule must hold in other languages too.
    expect(traceIdOf('sig_abc123')).toBe('3cfbd12d60a93548e46a229e3e7ee27f')
    expect(traceIdOf('')).toBe('e3b0c44298fc1c149afbf4c8996fb924')
    expect(traceIdOf('abc')).toBe('ba7816bf8f01cfea414140de5dae2223')
  })

  test('[A72, A75] 32 zeros are no trace id and are hashed', () => {
    expect(isTraceId(traceIdOf('0'.repeat(32)))).toBe(true)
  })

  test('[A72, A75] every correlation id has a valid trace id, which maps to itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (correlationId) => {
        const traceId = traceIdOf(correlationId)
        expect(isTraceId(traceId)).toBe(true)
        expect(traceIdOf(traceId)).toBe(traceId)
      }),
    )
  })
})

describe('random ids', () => {
  test('are valid and do not repeat, also past the end of the pool', () => {
    const traceIds = Array.from({ length: 3000 }, () => randomTraceId())
    const spanIds = Array.from({ length: 3000 }, () => randomSpanId())
    expect(traceIds.every(isTraceId)).toBe(true)
    expect(spanIds.every(isSpanId)).toBe(true)
    expect(new Set([...traceIds, ...spanIds]).size).toBe(6000)
  })
})

test('ids that W3C forbids are refused', () => {
  const traceIds = [
    '',
    '0'.repeat(32),
    'A'.repeat(32),
    'a'.repeat(31),
    'a'.repeat(33),
    'g'.repeat(32),
  ]
  const spanIds = ['', '0'.repeat(16), 'A'.repeat(16), 'a'.repeat(15), `${'a'.repeat(16)}\n`]
  expect([...traceIds.filter(isTraceId), ...spanIds.filter(isSpanId)]).toEqual([])
})
