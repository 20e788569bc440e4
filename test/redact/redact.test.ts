import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalize } from '../../src/base/normalize.ts'
import { createRedactor } from '../../src/redact/redact.ts'
import { attributes } from '../../src/semconv/attributes.ts'

const redactor = createRedactor()
const mask = '[REDACTED]'
const uuid = '6fb31e6a-7a51-4f0c-9f57-1a3b5c7d9e0f'
const hmac = 'Zk8sQ1mWb3TtY6uVc9XxR2pLf5NnG7hJd4KkE0aSo1i='
const hash = `0x${'7c4b'.repeat(16)}`
const tokenId = '71321045679252212594626385532706912750332728571942532289631379312455583992563'

/** What a signing client of a prediction market prints when a request fails. All values are made up. */
const clobRequest = {
  status: 400,
  statusText: 'Bad Request',
  data: { error: 'not enough balance / allowance' },
  config: {
    url: 'https://clob.example/order',
    method: 'post',
    headers: {
      Accept: '*/*',
      POLY_ADDRESS: '0x52908400098527886E0F7030069857D2E4169EE7',
      POLY_SIGNATURE: hmac,
      POLY_TIMESTAMP: '1764672963',
      POLY_API_KEY: uuid,
      POLY_PASSPHRASE: 'a258b41aa3366311cb0b415656d24e65',
    },
    data: JSON.stringify({
      order: { salt: 123, maker: '0x52908400098527886E0F7030069857D2E4169EE7', tokenId, side: 'BUY', signatureType: 2, signature: `0x${'ab'.repeat(65)}` },
      owner: uuid,
      orderType: 'GTC',
    }),
  },
} // prettier-ignore

/** What an HTTP client's error holds when a bearer token was refused. */
function axiosError(): Error {
  const headers = { Authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib3QifQ.c2lnbmF0dXJl', 'X-MBX-APIKEY': hmac }
  return Object.assign(new Error('Request failed with status code 403'), {
    name: 'AxiosError',
    code: 'ERR_BAD_REQUEST',
    config: { headers, url: `https://api.example/v3/order?symbol=BTCUSDT&timestamp=1&signature=${'ab12'.repeat(16)}` },
    response: { status: 403, config: { headers }, data: { code: -2015, msg: 'Invalid API-key, IP, or permissions for action.' } },
  })
} // prettier-ignore

describe('leaks that happened', () => {
  const secrets = [hmac, 'a258b41aa336', 'abababab', 'eyJzdWIi', 'ab12ab12']

  test('[B46, C33] the request config of a signing client shows the order, not its credentials', () => {
    const clean = redactor.redact('response', clobRequest)
    const shown = JSON.stringify(clean)
    expect(secrets.filter((secret) => shown.includes(secret))).toEqual([])
    expect(clean).toMatchObject({
      status: 400,
      data: { error: 'not enough balance / allowance' },
      config: {
        headers: {
          POLY_ADDRESS: '0x52908400098527886E0F7030069857D2E4169EE7',
          POLY_SIGNATURE: mask,
          POLY_TIMESTAMP: '1764672963',
          POLY_API_KEY: mask,
          POLY_PASSPHRASE: mask,
        },
      },
    })
    expect(shown).toContain(tokenId)
    expect(shown).toContain(String.raw`\"signatureType\":2`)
  })

  test('[B46, C33] the same as text: JSON, util.inspect, a stack', () => {
    const texts = [
      JSON.stringify(clobRequest),
      JSON.stringify({ body: JSON.stringify(clobRequest) }),
      inspect(clobRequest, { depth: 9 }),
      inspect(axiosError(), { depth: 9 }),
      `Failed with: ${inspect(clobRequest.config.headers)} at order.ts:12`,
    ]
    for (const text of texts) {
      const shown = redactor.redactText(text)
      expect(secrets.filter((secret) => shown.includes(secret))).toEqual([])
      expect(shown.length).toBeGreaterThan(150)
    }
  })

  test('[B46, C33] an error of an HTTP client keeps status, code and message', () => {
    const clean = redactor.redactAttributes({ error: axiosError(), attempt: 1 })
    const shown = JSON.stringify(clean)
    expect(secrets.filter((secret) => shown.includes(secret))).toEqual([])
    expect(clean).toMatchObject({
      attempt: 1,
      error: {
        type: 'AxiosError',
        code: 'ERR_BAD_REQUEST',
        message: 'Request failed with status code 403',
        config: {
          url: `https://api.example/v3/order?symbol=BTCUSDT&timestamp=1&signature=${mask}`,
        },
        response: { status: 403, data: { code: -2015 } },
      },
    })
  })
})

describe('where a secret can be', () => {
  test.each([
    ['under its name', { apiKey: hmac, a: 1 }, { apiKey: mask, a: 1 }],
    ['a number', { password: 123456 }, { password: mask }],
    ['a bigint', { privateKey: 5n }, { privateKey: mask }],
    ['an object under its name', { credentials: { user: 'a', code: 'b' } }, { credentials: mask }],
    ['a list under its name', { apiKeys: [hmac] }, { apiKeys: mask }],
    ['a list under a doubtful name', { token: ['USDC', hmac] }, { token: ['USDC', mask] }],
    ['bytes', { seed: new Uint8Array(32).fill(7) }, { seed: mask }],
    ['a Map', new Map([['api_key', hmac], ['a', '1']]), { api_key: mask, a: '1' }],
    ['a Map of Maps', new Map([[1, new Map([['secret', hmac]])]]), [[1, { secret: mask }]]],
    ['a list of pairs', [['X-MBX-APIKEY', hmac], ['Host', 'h']], [['X-MBX-APIKEY', mask], ['Host', 'h']]],
    ['a flat header list', ['x-mbx-apikey', hmac, 'Host', 'h'], ['x-mbx-apikey', mask, 'Host', 'h']],
    ['Headers', new Headers({ authorization: `Basic ${hmac}`, a: 'b' }), [['a', 'b'], ['authorization', mask]]],
    ['a name and a value', [{ name: 'Cookie', value: hmac }, { key: 'a', value: 'b' }], [{ name: 'Cookie', value: mask }, { key: 'a', value: 'b' }]],
    ['arguments', ['--api-key', hmac, '--symbol', 'BTC'], ['--api-key', mask, '--symbol', 'BTC']],
    ['a class instance', new (class Client { readonly apiSecret = hmac })(), { apiSecret: mask }],
    ['a key of an object', { 'https://bot:p4ss@venue.example': 1 }, { [`https://bot:${mask}@venue.example`]: 1 }],
    ['a bare key beside its secret', { key: uuid, secret: hmac }, { key: mask, secret: mask }],
    ['an ethers signature', { signature: { r: '0x1', s: '0x2', v: 27 } }, { signature: mask }],
  ])('[B46] %s', (_, value, expected) => {
    expect(redactor.redact('payload', value)).toEqual(expected)
  }) // prettier-ignore

  test('[B46] message, stack and cause of an error', () => {
    const error = new Error(`sign failed for apiKey=${hmac}`, { cause: { secret: hmac } })
    expect(JSON.stringify(redactor.redact('error', error))).not.toContain(hmac)
    expect(redactor.redact('error', error)).toMatchObject({
      message: `sign failed for apiKey=${mask}`,
      stack: expect.stringContaining('redact.test.ts'),
      cause: { secret: mask },
    })
  })

  test('[B46] at any depth of any structure, and under any name for it', () => {
    const names = fc.constantFrom(
      'apiKey',
      'X-MBX-APIKEY',
      'secret',
      'passphrase',
      'POLY_SIGNATURE',
      'authorization',
      'private_key',
      'mnemonic',
      'listenKey',
      'cookie',
    )
    const secrets = fc.stringMatching(/^S3cr3T[\w+/=-]{12,60}$/)
    const harmless = fc.anything({
      maxDepth: 2,
      withMap: true,
      withSet: true,
      withDate: true,
      withBigInt: true,
    })
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 5 }, tie('leaf'), tie('object'), tie('array'), tie('map'), tie('json')),
      leaf: fc.tuple(names, secrets).chain(([name, secret]) =>
        fc.constantFrom<unknown>(
          { [name]: secret },
          { [name]: [secret, { a: secret }] },
          [[name, secret], ['a', 'b']],
          new Map([[name, secret]]),
          { name, value: secret },
          `${name}=${secret}&a=1`,
          JSON.stringify({ a: 1, [name]: secret }),
          new Error(`${name}: ${secret}`),
        ),
      ),
      object: fc.tuple(tie('value'), harmless).map(([inner, other]) => ({ other, inner, id: '881' })),
      array: fc.array(tie('value'), { maxLength: 3 }),
      map: tie('value').map((inner) => new Map<unknown, unknown>([['k', inner], [1, inner]])),
      json: tie('value').map((inner) => {
        return { body: JSON.stringify(normalize(inner)) }
      }),
    })) // prettier-ignore
    fc.assert(
      fc.property(value, (given) => {
        const clean = redactor.redact('payload', given)
        expect(inspect(clean, { depth: null, maxStringLength: null })).not.toContain('S3cr3T')
        expect(redactor.redact('payload', clean)).toBe(clean)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('what is not secret', () => {
  const order = {
    id: '881',
    clientOrderId: 'x-1a2b3c4d5e6f',
    orderHash: hash,
    transactionHash: hash,
    tokenId,
    clobTokenIds: [tokenId, tokenId],
    asset_id: tokenId,
    token: 'USDC',
    baseToken: { symbol: 'WETH', address: '0x52908400098527886E0F7030069857D2E4169EE7' },
    maker: '0x52908400098527886E0F7030069857D2E4169EE7',
    signatureType: 2,
    price: '43210.50',
    info: { status: 'MATCHED', fills: [{ tradeId: uuid, qty: 0.5, at: 1736337600000 }] },
    key: 'BTC/USDT',
    seed: 7,
    signature: '5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW',
    password: null,
    apiKey: undefined,
    secret: true,
    passphrase: '',
  } // prettier-ignore

  test('[B46] passes as the same object: ids, hashes, token ids, addresses, prices', () => {
    expect(redactor.redact('order', order)).toBe(order)
    expect(redactor.redactAttributes(order)).toBe(order)
    const orders = [order, [order]]
    expect(redactor.redact('orders', orders)).toBe(orders)
    expect(redactor.redact('clientOrderId', uuid)).toBe(uuid)
  })

  test('[B46] every example of the vocabulary passes as it is', () => {
    const examples = Object.fromEntries(
      Object.entries(attributes).map(([name, { example }]) => [name, example]),
    )
    expect(redactor.redactAttributes(examples)).toBe(examples)
  })

  test('[B46] is not copied around the one part that is', () => {
    const result = redactor.redactAttributes({ order, apiKey: hmac })
    expect(result['order']).toBe(order)
    expect(result['apiKey']).toBe(mask)
  })

  test('[B46] lists of words stay, also of words like token and password', () => {
    const columns = ['token', 'amount', 'password', 'secret', 'signature', 'id']
    expect(redactor.redact('columns', columns)).toBe(columns)
    const required = ['apiKey', 'secret']
    expect(redactor.redact('requiredCredentialNames', required)).toBe(required)
  })

  test('[B46] any plain value without suspicious names and texts is the same object afterwards', () => {
    const words = fc.constantFrom(
      'filled',
      'BTC/USDT',
      'order 881 filled',
      '43210.50',
      hash,
      uuid,
      tokenId,
    )
    const names = fc.constantFrom('id', 'side', 'tokenId', 'fills', 'info', 'signer', 'txHash')
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        words,
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('value'), { maxLength: 4 }),
      object: fc.dictionary(names, tie('value'), { noNullPrototype: true }),
    }))
    fc.assert(
      fc.property(value, (given) => {
        expect(redactor.redact('payload', given)).toBe(given)
      }),
    )
  })

  test('the input is never changed', () => {
    const inner = Object.freeze({ apiKey: hmac })
    const given = Object.freeze({
      list: Object.freeze([inner]),
      raw: Object.freeze(['X-KEY', 'a']),
    })
    expect(redactor.redact('payload', given)).toEqual({
      list: [{ apiKey: mask }],
      raw: ['X-KEY', 'a'],
    })
    expect(inner.apiKey).toBe(hmac)
  })
})

describe('options', () => {
  test('[B46] names, patterns and the replacement of the bot', () => {
    const own = createRedactor({
      keys: ['accountNumber', /^x-internal/],
      allowKeys: ['signature'],
      patterns: [/acct-(?<secret>\d+)/, 'DE\\d{20}'],
      replacement: '***',
    })
    expect(
      own.redactAttributes({
        account_number: 7,
        'X-Internal-Note': 'n',
        signature: hash,
        apiKey: 'k',
        note: 'paid acct-12345 from DE89370400440532013000, signature=abc apiKey=def',
      }),
    ).toEqual({
      account_number: '***',
      'X-Internal-Note': '***',
      signature: hash,
      apiKey: '***',
      note: 'paid acct-*** from ***, signature=abc apiKey=***',
    })
  })

  test('[B46] addresses are hidden when asked, hashes and token ids still stay', () => {
    const own = createRedactor({ addresses: true })
    const address = '0x52908400098527886E0F7030069857D2E4169EE7'
    expect(
      own.redactAttributes({
        funder: address,
        note: `sent ${hash} from ${address}`,
        wallet: 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v',
        tokenId,
        'server.address': '127.0.0.1',
      }),
    ).toEqual({
      funder: mask,
      note: `sent ${hash} from ${mask}`,
      wallet: mask,
      tokenId,
      'server.address': '127.0.0.1',
    })
  })

  test('[B46] a text on which an expression of the bot fails is hidden whole', () => {
    const own = createRedactor({ patterns: [/z(a|b)*z/] })
    expect(own.redactText(`z${'ab'.repeat(10_000_000)}`)).toBe(mask)
    expect(own.redactText('zabz and so on')).toBe(`${mask} and so on`)
  })
})

describe('values made to do harm', () => {
  test('cycles, getters and proxies neither throw nor leak', () => {
    const cycle: Record<string, unknown> = { apiKey: hmac }
    cycle['self'] = cycle
    cycle['list'] = Array.from({ length: 20 }, () => cycle)
    expect(JSON.stringify(redactor.redact('payload', cycle))).not.toContain(hmac)
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const mean = {
      secret: hmac,
      get price(): never {
        throw new Error(`no price for apiKey=${hmac}`)
      },
      proxy,
    }
    const shown = JSON.stringify(redactor.redactAttributes(mean))
    expect(shown).toContain('no price')
    expect(shown).not.toContain(hmac)
  })

  test('what is too deep or too wide is cut, not passed', () => {
    let deep: unknown = { apiKey: hmac }
    for (let level = 0; level < 50_000; level += 1) deep = level % 2 ? [deep] : { in: deep }
    expect(JSON.stringify(redactor.redact('payload', deep))).toContain('too deep')
    const wide = Array.from({ length: 100_000 }, () => ({ apiKey: hmac }))
    const shown = JSON.stringify(redactor.redact('payload', wide))
    expect(shown).not.toContain(hmac)
    expect(shown).toContain('more]')
  })

  test('a key that names the prototype makes no prototype', () => {
    const given: unknown = JSON.parse(`{"__proto__": {"apiKey": "${hmac}"}, "a": 1}`)
    const clean = redactor.redact('payload', given)
    expect(inspect(clean)).not.toContain(hmac)
    expect(Object.getPrototypeOf(clean)).toBe(Object.prototype)
  })

  // Each of these once took minutes, or threw, in some form of the rules.
  test.each([
    'eyJ', 'key=', 'seed=', 'token:"', 'apiKey:[', 'apiKey=a)', '://', '://a:b@', '-----BEGIN PRIVATE KEY-----',
    'basic+', 'mnemonic abc ', 'private key ', '0x', 'sk-', '\\', '"', "'a',", '%22:%22', '/ws/', 'Cookie:',
    'passphrase: a ', ',;)]}|', '[REDACTED]', 'a.', '--a ', '1234567:A', 'x{',
  ])('megabytes of %j come to an end', (unit) => {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length))
    const clean = redactor.redactText(text)
    expect(clean.length).toBeGreaterThan(0)
    expect(redactor.redactText(`${clean} apiKey=${hmac}`)).not.toContain(hmac)
  }) // prettier-ignore
})

test('[B46] redacting twice gives what redacting once gave, on any mixture', () => {
  const pieces = fc.constantFrom(
    'apiKey', 'secret', 'Authorization', 'signature', 'token', 'key', 'mnemonic', 'passphrase', 'orderId', 'private key',
    'Bearer ', 'Basic dXNlcjpwYXNz', 'eyJhbGciOiJI.eyJzdWIiOiIx.abc', 'https://', 'user:pw@host', '/ws/',
    '123456789:AAE1234567890-bcdefGHIJKL_mnopqrstu', '-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY-----',
    '=', ':', ': ', '"', "'", '\\', '\\"', '{', '}', '[', ']', ',', ', ', '&', '?', ' ', '\n', '%22', '%3A', '--',
    '：', mask, 'abc', hash, 'hello world', '.', '@', '/', '(', ')', ';', '|', '<', '>', '1', 'sk-', 'true', 'null',
    'legal winner thank year wave sausage worth useful legal winner thank yellow', 'hooks.slack.com/services/',
  ) // prettier-ignore
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20, size: 'max' }), (parts) => {
      const once = redactor.redactText(parts.join(''))
      expect(redactor.redactText(once)).toBe(once)
    }),
    { numRuns: 5000 },
  )
})
