import { expect, test } from 'vitest'
import { parseExact } from '../../src/base/exact-json.ts'

test('integers beyond 2⁵³ keep their digits, wherever they stand; nothing else changes', () => {
  const text =
    '{"id":1234567890123456789,"list":[-9007199254740993, 2],"in":{"n":9007199254740991},"x":1e21,"t":"12345678901234567"}'
  expect(parseExact(text, BigInt)).toEqual({
    id: 1_234_567_890_123_456_789n,
    list: [-9_007_199_254_740_993n, 2],
    in: { n: 9_007_199_254_740_991 },
    x: 1e21,
    t: '12345678901234567',
  })
  expect(parseExact('{"id":1234567890123456789}', (digits) => digits)).toEqual({
    id: '1234567890123456789',
  })
  expect(parseExact('[1.5,"a",null]', BigInt)).toEqual([1.5, 'a', null])
  expect(() => parseExact('{"id":', BigInt)).toThrow(SyntaxError)
})
