import { describe, expect, test } from 'vitest'
import { glance } from '../../src/redact/glance.ts'

describe('one look at a text', () => {
  test.each([
    'limit',
    'BTC/USDT',
    'f47ac10b-58cc-4372-a567-0e02b2c3d479',
    `0x${'ab'.repeat(32)}`,
    '71321045679252212594626385532706912750332728571942532289631379312455583992563',
    'order filled',
    '43210.50',
    'partially_filled',
    'x-1',
    '2026 11 21 18.40.04',
    '-0.00125',
  ])('%j is done with', (text) => {
    expect(glance(text)).toBeUndefined()
  })

  test('tells what is worth a search', () => {
    const none = { labels: false, words: false, paths: false, tokens: false }
    expect(glance('a=bcd')).toEqual({ ...none, labels: true })
    expect(glance('my mnemonic is long')).toEqual({ ...none, words: true })
    expect(glance('see /var/log/bot')).toEqual({ ...none, paths: true })
    expect(glance('2026/11/21 18')).toEqual({ ...none, paths: true })
    expect(glance('run --a b')).toEqual({ ...none, labels: true })
    expect(glance('12345\u00e9678901')).toBeUndefined()
    expect(glance('12\uff1a34')).toEqual({ ...none, labels: true })
    expect(glance('ghp_abcdefgh1234')).toEqual({ ...none, tokens: true })
    expect(glance('eyJhbGciOiJI.eyJzdWIi')).toEqual({ ...none, tokens: true })
    expect(glance("['X-KEY', 'abc']")).toEqual({ ...none, labels: true, words: true })
    expect(glance('密码：一二三')).toEqual({ ...none, labels: true })
  })
})
