import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { redactLabels } from '../../src/redact/labels.ts'
import { suspicionOf } from '../../src/redact/names.ts'

const redact = (text: string): string => redactLabels(text, '[REDACTED]', suspicionOf)
const key = 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A'

describe('a secret behind its name', () => {
  test.each([
    ['a query', `GET /api/v3/order?symbol=BTCUSDT&signature=${key}&recvWindow=5000`, `GET /api/v3/order?symbol=BTCUSDT&signature=[REDACTED]&recvWindow=5000`],
    ['the end of a query', `https://h/x?a=1&listenKey=${key}`, 'https://h/x?a=1&listenKey=[REDACTED]'],
    ['an encoded query', `next=%2Fx%3FapiKey%3D${key}%26a%3D1`, 'next=%2Fx%3FapiKey%3D[REDACTED]'],
    ['JSON', `{"apiKey":"${key}","orderId":"881"}`, '{"apiKey":"[REDACTED]","orderId":"881"}'],
    ['encoded JSON', `q=%7B%22apiKey%22%3A%22${key}%22%2C%22a%22%3A1%7D`, 'q=%7B%22apiKey%22%3A%22[REDACTED]%22%2C%22a%22%3A1%7D'],
    ['a list in JSON', `{"apiKeys":["${key}","x"],"a":1}`, '{"apiKeys":[REDACTED],"a":1}'],
    ['printed JSON', `{\n  "secret":\n    "${key}",\n  "a": 1\n}`, '{\n  "secret":\n    "[REDACTED]",\n  "a": 1\n}'],
    ['util.inspect', `{ apiKey: '${key}', symbol: 'BTC/USDT', secret: 42 }`, `{ apiKey: '[REDACTED]', symbol: 'BTC/USDT', secret: [REDACTED] }`],
    ['a header dump', `POST / HTTP/1.1\r\nX-MBX-APIKEY: ${key}\r\nHost: h`, 'POST / HTTP/1.1\r\nX-MBX-APIKEY: [REDACTED]\r\nHost: h'],
    ['a cookie', `Cookie: sid=${key}; lang=en\nHost: h`, 'Cookie: [REDACTED]\nHost: h'],
    ['curl', `curl -H "Authorization: Bearer ${key}" -H 'a: b'`, `curl -H "Authorization: [REDACTED]" -H 'a: b'`],
    ['a raw header list', `[ 'Host', 'h', 'OK-ACCESS-KEY', '${key}' ]`, `[ 'Host', 'h', 'OK-ACCESS-KEY', '[REDACTED]' ]`],
    ['a name and a value', `{"name":"apiKey","value":"${key}"},{"name":"authorization", "value":"x"}`, '{"name":"apiKey","value":"[REDACTED]"},{"name":"authorization", "value":"[REDACTED]"}'],
    ['pairs', `[["listenKey","${key}"],[ 'secret', 'x' ],["a","secret","b"]]`, `[["listenKey","[REDACTED]"],[ 'secret', '[REDACTED]' ],["a","secret","b"]]`],
    ['an .env line', `A=1\nBINANCE_API_SECRET=${key}\nB=2`, 'A=1\nBINANCE_API_SECRET=[REDACTED]\nB=2'],
    ['arguments', `bot --symbol BTC --api-key ${key} --dry-run`, 'bot --symbol BTC --api-key [REDACTED] --dry-run'],
    ['an argument with =', `bot --api-secret=${key} -v`, 'bot --api-secret=[REDACTED] -v'],
    ['a toString', `AuthData(apiKey=${key}, secret=abc/def+==, passphrase=a2f1) at line 5`, 'AuthData(apiKey=[REDACTED], secret=[REDACTED], passphrase=[REDACTED]) at line 5'],
    ['a connection string', `Server=db;User=bot;Password=p4ss!word;Port=1`, 'Server=db;User=bot;Password=[REDACTED];Port=1'],
    ['FIX', '8=FIX.4.4\u000135=A\u0001553=bot\u0001554=hunter2\u000196=sig+/==\u000110=001\u0001', '8=FIX.4.4\u000135=A\u0001553=bot\u0001554=[REDACTED]\u000196=[REDACTED]\u000110=001\u0001'],
    ['FIX with bars', '8=FIX.4.4|553=bot|554=hunter2|10=001|', '8=FIX.4.4|553=bot|554=[REDACTED]|10=001|'],
    ['prose', `wrong API key: ${key}, try again`, 'wrong API key: [REDACTED], try again'],
    ['prose with a phrase', 'seed phrase: legal winner thank year. Keep it', 'seed phrase: [REDACTED]. Keep it'],
    ['prose in Chinese', `密码：${key}，请重试`, '密码：[REDACTED]，请重试'],
    ['credentials with a bare key', '{"key":"6fb31e6a-7a51-4f0c-9f57-1a3b5c7d9e0f","secret":"x","passphrase":"y"}', '{"key":"[REDACTED]","secret":"[REDACTED]","passphrase":"[REDACTED]"}'],
  ])('[B46] in %s', (_, text, expected) => {
    expect(redact(text)).toBe(expected)
    expect(redact(expected)).toBe(expected)
  }) // prettier-ignore

  test('[B46] at any depth of JSON within JSON, and the rest reads as before', () => {
    const secret = fc.string({ unit: 'binary', minLength: 1 })
    fc.assert(
      fc.property(secret, fc.string(), fc.nat({ max: 3 }), (value, note, depth) => {
        const wrap = (inner: unknown): string => {
          let text = JSON.stringify(inner)
          for (let level = 0; level < depth; level += 1)
            text = JSON.stringify({ body: text, n: level })
          return text
        }
        // A note that looks like a label of its own is another test's matter.
        fc.pre(redact(JSON.stringify(note)) === JSON.stringify(note))
        const order = { id: '881', note, price: '43210.50' }
        expect(redact(wrap({ apiSecret: value, order }))).toBe(
          wrap({ apiSecret: '[REDACTED]', order }),
        )
        expect(redact(wrap({ order, passphrase: value }))).toBe(
          wrap({ order, passphrase: '[REDACTED]' }),
        )
      }),
      { numRuns: 500 },
    )
  })

  test('[B46] in a text that was cut anywhere, nothing of it is left', () => {
    const text = JSON.stringify({
      a: 1,
      config: JSON.stringify({ apiKey: key, b: [{ secret: key }] }),
    })
    for (let end = 0; end <= text.length; end += 1) {
      expect(redact(text.slice(0, end))).not.toContain(key.slice(0, 3))
    }
  })
})

describe('what only looks like it', () => {
  test.each([
    'order filled: qty=0.010 price=43210.50 at 12:30:45.123',
    '{"code":-1022,"msg":"Signature for this request is not valid."}',
    '{"tokenId":"7132104567925221","asset_id":"881","clobTokenIds":["1","2"],"signatureType":2}',
    'token: USDC, baseToken=WETH, token=0x52908400098527886E0F7030069857D2E4169EE7',
    'clientOrderId=x-1a2b3c&orderId=881&txHash=0xabababababababab',
    'apiKey: undefined, secret: null, passphrase: missing',
    'wss://stream.binance.com:9443/ws/btcusdt@trade',
    'key=BTC/USDT sign: -1 seed=42 pass: ok',
    "['token', 'password', 'amount']",
    "['OK-ACCESS-KEY', 'OK-ACCESS-SIGN']",
    '["apiKey","secret"]',
    '{"field":"authorization","reason":"missing"}',
    'C:\\bot\\run.ts:12:5',
    '2025-01-08T12:00:00Z',
    'a === b, c => d, e ? f : g',
    '',
    '=',
    ':::',
    '%3A%3D%22',
    '--',
    '554=hunter2',
  ])('[B46] %j stays', (text) => {
    expect(redact(text)).toBe(text)
  })
})
