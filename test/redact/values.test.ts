import { describe, expect, test } from 'vitest'
import type { Suspicion } from '../../src/redact/names.ts'
import { isSecretText } from '../../src/redact/values.ts'

const hex64 = 'ab12'.repeat(16)
const address = '0x52908400098527886E0F7030069857D2E4169EE7'
const solanaTransaction =
  '5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW'
const tokenId = '71321045679252212594626385532706912750332728571942532289631379312455583992563'
const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow'

const rows: readonly (readonly [Suspicion, string, boolean])[] = [
  ['secret', 'x', true],
  ['secret', '', false],
  ['plain', hex64, false],
  ['signature', `0x${hex64}${hex64}1b`, true],
  ['signature', 'bGVnYWwgd2lubmVyIHRoYW5rIHllYXI=', true],
  ['signature', solanaTransaction, false],
  ['signature', '2', false],
  ['token', 'USDC', false],
  ['token', 'wstETH', false],
  ['token', 'BTC-USDT-SWAP', false],
  ['token', address, false],
  ['token', tokenId, false],
  ['token', 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v', false],
  ['token', 'is not valid', false],
  ['token', '6fb31e6a-7a51-4f0c-9f57-1a3b5c7d9e0f', true],
  ['token', 'Zk8sQ1mWb3TtY6uV', true],
  ['sign', '-1', false],
  ['sign', 'buy', false],
  ['sign', 'a sentence of many words', false],
  ['sign', hex64, true],
  ['sign', hex64.slice(0, 16), true],
  ['sign', hex64.slice(0, 15), false],
  ['signature', '', false],
  ['signature', '1234567', true],
  ['token', 'x'.repeat(101), true],
  ['token', 'x '.repeat(60), false],
  ['token', '7'.repeat(100), false],
  ['token', '7'.repeat(101), true],
  ['pass', 'abcd', true],
  ['pass', 'abc', false],
  ['seed', hex64.slice(0, 32), true],
  ['seed', hex64.slice(0, 31), false],
  ['sign', 'sig_20240115_000001', false],
  ['pass', 'passed', false],
  ['pass', 'ok', false],
  ['pass', 'hunter2', true],
  ['seed', '42', false],
  ['seed', words, true],
  ['seed', hex64, true],
  ['seed', 'the order book of this market was not seeded yet', false],
  ['key', 'BTC/USDT', false],
  ['key', '6fb31e6a-7a51-4f0c-9f57-1a3b5c7d9e0f', false],
  ['key', hex64, true],
  ['key', `0x${hex64}`, true],
  ['address', address, true],
  ['address', '127.0.0.1', false],
  ['address', 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v', true],
  ['address', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', true],
]

describe('a text under a suspicious name', () => {
  test.each(rows)('[B46] %s %j is a secret: %s', (suspicion, text, expected) => {
    expect(isSecretText(suspicion, text, false)).toBe(expected)
  })

  test('[B46] a bare key is an API key beside its secret', () => {
    const uuid = '6fb31e6a-7a51-4f0c-9f57-1a3b5c7d9e0f'
    expect(isSecretText('key', uuid, false)).toBe(false)
    expect(isSecretText('key', uuid, true)).toBe(true)
    expect(isSecretText('key', 'BTC/USDT', true)).toBe(false)
    expect(isSecretText('key', 'any text of many words 1', true)).toBe(false)
  })
})
