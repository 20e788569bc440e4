import { once } from 'node:events'
import { createServer } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { linesOf } from '../../src/stack/loki.ts'
import { anyOf, isOneOf, linesWith, literal, quoted } from '../../src/stack/logql.ts'
import { serverAt } from '../../src/stack/servers.ts'
import type { Server as HttpServer, ServerResponse } from 'node:http'
import type { Entry } from '../../src/stack/loki.ts'
import type { Server } from '../../src/stack/servers.ts'

/** What a stub of Loki holds, and the limits that it has. */
interface Holds {
  lines: { readonly timeNs: bigint; readonly line: string }[]
  entriesMax: number
  rangeNsMax: bigint
  /** More lines in one answer do not come: as when a message is too large between its parts. */
  hangsAbove: number
  busy: number
  requests: { readonly limit: number; readonly hours: number }[]
}

describe('lines of Loki', () => {
  let http: HttpServer
  let loki: Server
  let holds: Holds

  beforeEach(() => {
    holds = {
      lines: [],
      entriesMax: 5_000,
      rangeNsMax: 10n ** 20n,
      hangsAbove: 5_000,
      busy: 0,
      requests: [],
    }
  })
  beforeAll(async () => {
    http = createServer((request, response) => {
      answer(new URL(request.url ?? '/', 'http://loki').searchParams, response)
    }).listen(0, '127.0.0.1')
    await once(http, 'listening')
    const address = http.address()
    loki = serverAt('loki', `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
  })
  afterAll(() => {
    http.closeAllConnections()
    http.close()
  })

  /** The rules of `query_range`: start is within, end is not, the limit is for all streams together. */
  function answer(parameters: URLSearchParams, response: ServerResponse): void {
    const say = (status: number, body: string): void => {
      response.writeHead(status).end(body)
    }
    const [start, end] = [BigInt(parameters.get('start') ?? 0), BigInt(parameters.get('end') ?? 0)]
    const limit = Number(parameters.get('limit'))
    holds.requests.push({ limit, hours: Number((end - start) / 3_600_000_000_000n) })
    if (holds.busy-- > 0) return say(429, 'too many outstanding requests')
    if (limit > holds.entriesMax) {
      return say(
        400,
        `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${holds.entriesMax})`,
      )
    }
    if (end - start > holds.rangeNsMax) {
      return say(
        400,
        'the query time range exceeds the limit (query length: 720h0m0s, limit: 24h0m0s)',
      )
    }
    const isBackward = parameters.get('direction') === 'backward'
    const found = holds.lines
      .filter(({ timeNs }) => timeNs >= start && timeNs < end)
      .sort((a, b) => Number(a.timeNs - b.timeNs) * (isBackward ? -1 : 1))
      .slice(0, limit)
    if (found.length > holds.hangsAbove) return say(504, 'context deadline exceeded')
    const streams = [0, 1].map((parity) => ({
      stream: { service_name: `bot-${parity}` },
      values: found
        .filter(({ line }) => line.length % 2 === parity)
        .map(({ timeNs, line }) => [String(timeNs), line, { structuredMetadata: { a: 'b' } }]),
    }))
    say(200, JSON.stringify({ data: { resultType: 'streams', result: streams } }))
  }

  async function all(
    direction: 'forward' | 'backward',
    linesMax?: number,
    lost: bigint[] = [],
  ): Promise<Entry[]> {
    const entries: Entry[] = []
    const query = {
      ...{ query: '{a="b"}', fromNs: 0n, toNs: 10n ** 15n, direction },
      ...(linesMax === undefined ? {} : { linesMax }),
      onUnreachable: (timeNs: bigint) => lost.push(timeNs),
    }
    for await (const page of linesOf(loki, query)) entries.push(...page)
    return entries
  }

  test('every line once and in order, however many have one time, in both directions', async () => {
    const times = fc.array(fc.nat(40), { maxLength: 400, size: 'max' })
    await fc.assert(
      fc.asyncProperty(times, fc.constantFrom('forward', 'backward'), async (found, direction) => {
        holds.entriesMax = 60
        holds.lines = found.map((time, index) => ({ timeNs: BigInt(time), line: `line ${index}` }))
        // A page must reach over one time; beyond that Loki itself can give no more.
        const groups = Map.groupBy(found, (time) => time).values()
        const most = Math.max(0, ...Array.from(groups, ({ length }) => length))
        fc.pre(most < 50)
        const entries = await all(direction)
        expect(entries.map(({ line }) => line).toSorted()).toEqual(
          holds.lines.map(({ line }) => line).toSorted(),
        )
        const sorted = found.toSorted((a, b) => (direction === 'forward' ? a - b : b - a))
        expect(entries.map(({ timeNs }) => Number(timeNs))).toEqual(sorted)
      }),
      { numRuns: 40 },
    )
  })

  test('more lines at one time than Loki gives at once are told as missing, and the others come', async () => {
    const crowd = Array.from({ length: 5_200 }, (_, index) => ({
      timeNs: 7n,
      line: `same ${index}`,
    }))
    holds.lines = [{ timeNs: 1n, line: 'before' }, ...crowd, { timeNs: 9n, line: 'after' }]
    for (const direction of ['forward', 'backward'] as const) {
      const lost: bigint[] = []
      const lines = (await all(direction, undefined, lost)).map(({ line }) => line)
      expect(lost).toEqual([7n])
      expect(lines).toContain('before')
      expect(lines).toContain('after')
      expect(lines.length).toBeGreaterThanOrEqual(5_000)
    }
  })

  test('a range that Loki finds too long is asked for in parts', async () => {
    const day = 86_400_000_000_000n
    holds.rangeNsMax = day
    holds.lines = Array.from({ length: 12 }, (_, index) => ({
      timeNs: BigInt(index) * 80_000_000_000_000n,
      line: `line ${index}`,
    }))
    for (const direction of ['forward', 'backward'] as const) {
      const lines = (await all(direction)).map(({ line }) => line)
      const expected = holds.lines.map(({ line }) => line)
      expect(lines).toEqual(direction === 'forward' ? expected : expected.toReversed())
    }
  })

  test('an answer that is too large for Loki is asked for in smaller pages', async () => {
    holds.hangsAbove = 100
    holds.lines = Array.from({ length: 700 }, (_, index) => ({
      timeNs: BigInt(index),
      line: `${index}`,
    }))
    expect(await all('forward')).toHaveLength(700)
    holds.hangsAbove = 10
    await expect(all('forward')).rejects.toMatchObject({
      code: 'server_refused',
      hint: expect.stringContaining('grpc_server_max_send_msg_size'),
    })
  })

  test('no more lines than wanted are asked for, and a busy Loki is asked again', async () => {
    holds.lines = Array.from({ length: 3_000 }, (_, index) => ({
      timeNs: BigInt(index),
      line: `${index}`,
    }))
    holds.busy = 2
    const newest = await all('backward', 3)
    expect(newest.map(({ line }) => line)).toEqual(['2999', '2998', '2997'])
    expect(holds.requests.at(-1)?.limit).toBe(3)
    holds.busy = 100
    await expect(all('forward')).rejects.toThrow('429')
  })

  test('what is no Loki, and a Loki that is away, are told apart', async () => {
    const away = serverAt('loki', 'http://127.0.0.1:1')
    const query = { query: '{a="b"}', fromNs: 0n, toNs: 1n }
    await expect(linesOf(away, query).next()).rejects.toMatchObject({ code: 'server_unreachable' })
    const other = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    await expect(linesOf(serverAt('loki', url), query).next()).rejects.toThrow('is not loki')
    other.closeAllConnections()
    other.close()
  })
})

describe('LogQL', () => {
  test('whatever a user writes stays one string of the query', () => {
    expect(quoted('a"b\\c\n')).toBe(String.raw`"a\"b\\c\x0a"`)
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const inner = quoted(text).slice(1, -1)
        // No quote is left that is not escaped, and no line ends within.
        expect(/^(?:[^"\\\n]|\\.)*$/s.test(inner)).toBe(true)
      }),
    )
  })

  test('a value within a regular expression means itself', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(new RegExp(`^(?:${literal(text)})$`).test(text)).toBe(true)
      }),
    )
    expect(isOneOf('trading.order.id', ['a.b', 'c|d'])).toBe(
      String.raw`trading_order_id=~"a\\.b|c\\|d"`,
    )
  })

  test('filters follow the selector', () => {
    expect(linesWith('{a="b"}', [anyOf(['x="1"', 'y="2"']), 'z="3"'])).toBe(
      '{a="b"} | x="1" or y="2" | z="3"',
    )
  })
})

test('user and password of an address become a header', () => {
  const { url, headers } = serverAt('loki', 'https://me:se%40cret@loki.lan/base/', 'team')
  expect(url).toBe('https://loki.lan/base')
  expect(headers).toEqual({
    authorization: `Basic ${Buffer.from('me:se@cret').toString('base64')}`,
    'x-scope-orgid': 'team',
  })
})
