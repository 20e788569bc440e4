import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  redactAddresses,
  redactPem,
  redactSchemes,
  redactSpoken,
  redactTokens,
  redactUrls,
} from '../../src/redact/shapes.ts'

const mask = '[REDACTED]'
const extendedKey =
  'xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi'
const hex64 = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'.repeat(2)

describe('private keys in PEM', () => {
  const block = (body: string, kind = 'EC PRIVATE KEY'): string =>
    `-----BEGIN ${kind}-----${body}-----END ${kind}-----`

  test('[B46] are hidden between their marks, also with escaped line breaks, also several', () => {
    expect(
      redactPem(`a ${block('\nMHcCAQEE\n')} b ${block('\\nMIIE\\n', 'PRIVATE KEY')}`, mask),
    ).toBe(`a ${block(mask)} b ${block(mask, 'PRIVATE KEY')}`)
    expect(redactPem(block('abc', 'OPENSSH PRIVATE KEY'), mask)).toBe(
      block(mask, 'OPENSSH PRIVATE KEY'),
    )
  })

  test('[B46] a block that was cut is hidden to the end', () => {
    expect(redactPem('x -----BEGIN PRIVATE KEY-----\nMIIEvQ', mask)).toBe(
      `x -----BEGIN PRIVATE KEY-----${mask}`,
    )
  })

  test('a public key and a certificate stay', () => {
    const text = `${block('abc', 'PUBLIC KEY')} ${block('def', 'CERTIFICATE')}`
    expect(redactPem(text, mask)).toBe(text)
  })
})

describe('URLs', () => {
  test.each([
    ['postgres://bot:p4ss@db:5432/x', `postgres://bot:${mask}@db:5432/x`],
    ['redis://:p4ss@127.0.0.1', `redis://:${mask}@127.0.0.1`],
    ['amqp://bot:p#a/s?s@mq', `amqp://bot:${mask}@mq`],
    ['https://a1b2c3d4e5f6a7b8c9d0@sentry.example/1', `https://${mask}@sentry.example/1`],
    [
      'https://hooks.slack.com/services/T00/B00/abcDEF123',
      `https://hooks.slack.com/services/${mask}`,
    ],
    [
      '(https://discord.com/api/webhooks/112233/abc-DEF_123) ok',
      `(https://discord.com/api/webhooks/112233/${mask}) ok`,
    ],
    [
      'https://mainnet.infura.io/v3/0123456789abcdef, retry',
      `https://mainnet.infura.io/v3/${mask}, retry`,
    ],
    ['wss://eth-mainnet.g.alchemy.com/v2/AbC_123', `wss://eth-mainnet.g.alchemy.com/v2/${mask}`],
    ['https://late-dry-sun.quiknode.pro/0123abcd/', `https://late-dry-sun.quiknode.pro/${mask}`],
    [`https://rpc.ankr.com/eth/${hex64}`, `https://rpc.ankr.com/eth/${mask}`],
    [
      `wss://stream.binance.com:9443/ws/${'aB1'.repeat(21)}x`,
      `wss://stream.binance.com:9443/ws/${mask}`,
    ],
    [
      `wss://fstream.binance.com/stream?streams=${'aB1'.repeat(21)}x`,
      `wss://fstream.binance.com/stream?streams=${mask}`,
    ],
    [
      'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7bc4-97a0',
      `https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=${mask}`,
    ],
    ['https://sctapi.ftqq.com/SCT12345Tabc.send', `https://sctapi.ftqq.com/${mask}`],
    ['https://api.day.app/abcdefGHIJ1234/title', `https://api.day.app/${mask}`],
  ])('[B46] %j', (text, expected) => {
    expect(redactUrls(text, mask)).toBe(expected)
  })

  test.each([
    'https://api.binance.com:443/api/v3/order?email=a@b',
    'wss://stream.binance.com:9443/ws/btcusdt@aggTrade/ethusdt@depth5@100ms',
    'ssh://git@host/repo',
    'https://medium.example/@user/a:b@c',
    'https://rpc.ankr.com/eth',
    'https://hooks.slack.com/services/',
  ])('[B46] %j stays', (text) => {
    expect(redactUrls(text, mask)).toBe(text)
  })
})

describe('credentials of HTTP', () => {
  test('[B46] Bearer and Basic are hidden, words about them are not', () => {
    expect(redactSchemes('sent Bearer abc123def456, then bearer%20xyz987abc', mask)).toBe(
      `sent Bearer ${mask}, then bearer%20${mask}`,
    )
    const basic = Buffer.from('bot:p4ss').toString('base64')
    expect(redactSchemes(`Basic ${basic}`, mask)).toBe(`Basic ${mask}`)
    const prose = 'Basic authentication failed, bearer authentication required, basic understanding'
    expect(redactSchemes(prose, mask)).toBe(prose)
  })

  test.each([
    // 20 letters, or 8 with a digit among them.
    [`Bearer ${'a'.repeat(20)}`, true],
    [`Bearer ${'a'.repeat(19)}`, false],
    ['Bearer abcdefg1', true],
    ['Bearer abcdef1', false],
    ['Bearer abcdefgh', false],
    [`Basic ${Buffer.from('nobody').toString('base64')}`, false],
    [`BASIC ${Buffer.from('a:').toString('base64')}`, true],
  ])('[B46] %j is a credential: %s', (text, isSecret) => {
    expect(redactSchemes(text, mask) !== text).toBe(isSecret)
  })

  test('[B46] a token of many thousand characters is hidden to its end', () => {
    expect(redactSchemes(`Bearer ${'aB3-'.repeat(500_000)}. `, mask)).toBe(`Bearer ${mask} `)
  })
})

describe('tokens', () => {
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib3QifQ.c2lnbmF0dXJl-_x'
  const telegram = '123456789:AAE1234567890-bcdefGHIJKL_mnopqrstu'
  test.each([
    [`got ${jwt}, ok`, `got ${mask}, ok`],
    [`jwt%3D${jwt}&a`, `jwt%3D${mask}&a`],
    ['ghp_abcdefghij0123456789', mask],
    ['xoxb-123456789012-abcdefghijkl', mask],
    ['glsa_abcdefghijklmnopqrst_0123abcd', mask],
    [`wallet ${extendedKey} loaded`, `wallet ${mask} loaded`],
    ['sk-proj-abcdefghij0123456789', mask],
    [`https://h/bot${telegram}/send`, `https://h/bot123456789:${mask}/send`],
    ['MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDE.abcdefghijklmnopqrstuvwxyz0', mask],
  ])('[B46] %j', (text, expected) => {
    expect(redactTokens(text, mask)).toBe(expected)
  })

  test.each([
    ['eyJhbGciOiJ.eyJzdWIi', true],
    ['eyJhbGciOi.eyJzdWIi', false],
    ['eyJhbGciOiJ.eyJzdWI', false],
    ['eyJhbGciOiJIUzI1NiJ9', false],
    ['ghp_abcdefghijklmno1', true],
    ['ghp_abcdefghijklmn1', false],
    ['ghp_abcdefghijklmnop', false],
  ])('[B46] %j is a token: %s', (text, isSecret) => {
    expect(redactTokens(text, mask) !== text).toBe(isSecret)
  })

  test.each([
    'f47ac10b-58cc-4372-a567-0e02b2c3d479',
    `0x${hex64}`,
    'sk-long-locale-without-digits-at-all',
    '12:30:45 eyJ.a.b',
    '1700000000:abcdef0123456789abcdef0123456789abc',
    'fillpath.flow.order.submitted.once',
  ])('[B46] %j stays', (text) => {
    expect(redactTokens(text, mask)).toBe(text)
  })
})

describe('secrets spoken of', () => {
  const redact = (text: string): string => redactSpoken(text, mask, () => true)

  test('[B46] a key or mnemonic after its name is hidden', () => {
    expect(redact(`Using private key 0x${hex64} now`)).toBe(`Using private key ${mask} now`)
    expect(redact(`the API key is "${hex64}"`)).toBe(`the API key is "${mask}"`)
    const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
    expect(redact(`mnemonic (${words})`)).toBe(`mnemonic (${mask})`)
  })

  test('[B46] prose stays, and a name that is allowed lets its value be', () => {
    const prose = 'the api key authentication-required-for-this-route, private key not found'
    expect(redact(prose)).toBe(prose)
    const text = `private key 0x${hex64}`
    expect(redactSpoken(text, mask, () => false)).toBe(text)
  })
})

describe('wallet addresses', () => {
  test('[B46] of several chains are found, hashes are not', () => {
    const evm = '0x52908400098527886E0F7030069857D2E4169EE7'
    expect(
      redactAddresses(
        `${evm} 0x${'0'.repeat(24)}${evm.slice(2)} bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 TJRabPrwbZy45sbavfcjinPJC18kjpRTv8`,
        mask,
      ),
    ).toBe([mask, mask, mask, mask].join(' '))
    fc.assert(
      fc.property(fc.stringMatching(/^0x[0-9a-f]{64}$/), (hash) => {
        fc.pre(!hash.startsWith(`0x${'0'.repeat(24)}`))
        expect(redactAddresses(`tx ${hash}.`, mask)).toBe(`tx ${hash}.`)
      }),
    )
  })
})
