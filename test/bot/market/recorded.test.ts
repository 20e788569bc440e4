import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MarketEvent, MarketTrade } from '../../../src/bot/market/event.ts'
import { recordedMarket, type RecordedMarket } from '../../../src/bot/market/recorded.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fillpath-market-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Read {
  readonly market: RecordedMarket
  readonly events: readonly MarketEvent[]
  readonly problems: readonly string[]
}

async function read(path: string, seed = 1): Promise<Read> {
  const problems: string[] = []
  const market = await recordedMarket({
    path,
    seed,
    onBadLine: ({ line, what }) => problems.push(`${line}: ${what}`),
  })
  return { market, events: await collect(market), problems }
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

function trades(events: readonly MarketEvent[]): MarketTrade[] {
  return events.filter(
    (event): event is MarketTrade => event.kind === 'trade' && event.venue === 'paper-a',
  )
}

const header = 'time,trade_id,price,quantity,is_buyer_maker\n'
const base = 1_700_000_000_000

describe('a recorded market', () => {
  test('bad lines are told by their number, and the rest goes on', async () => {
    const path = await file(
      'BTCUSDT-trades.csv',
      header +
        `${base},1,100.5,1,true\n` +
        `${base + 1},2,abc,1,true\n` +
        `\n` +
        `garbage\n` +
        `${base + 2},3,100.7,1,maybe\n` +
        `${base + 3},4,"100.8",2,false\n`,
    )
    const { events, problems, market } = await read(path)
    expect(trades(events).map(({ id, price }) => `${id}@${price}`)).toEqual(['1@100.5', '4@100.8'])
    expect(problems).toEqual([
      "3: price is 'abc', not a number",
      "5: time is 'garbage', not seconds, ms, µs or ns since 1970",
      "6: is_buyer_maker is 'maybe', not true or false",
    ])
    expect(market.instrument).toMatchObject({ symbol: 'BTC/USDT', tickSize: '0.1', lotSize: '1' })
  })

  test('times that jitter backwards are taken, times out of line are left out', async () => {
    const times = [0, 100, 90, 200, 9_000_000, 300, 400, -50_000, 500]
    const rows = times.map((time, index) => `${base + time},${index},100,1,true`)
    const { events, problems } = await read(await file('jitter.csv', header + rows.join('\n')))
    expect(trades(events).map(({ id }) => id)).toEqual(['0', '1', '2', '3', '5', '6', '8'])
    expect(trades(events).map(({ timeNs }) => Number(timeNs / 1_000_000n) - base)).toEqual([
      0, 100, 100, 200, 300, 400, 500,
    ])
    expect(problems).toEqual([
      '6: time is 8999.7 s ahead of the next line',
      '9: time goes back by 50.4 s',
    ])
  })

  test.each([
    ['a missing file', undefined, /cannot be read: ENOENT/],
    ['an empty file', '', /the file is empty/],
    ['a file of empty lines', '\n\n\n', /holds no line/],
    ['a header alone', header, /no usable line/],
    ['only bad lines', `${header}a,b,c,d,e\n`, /no usable line/],
    [
      'unknown columns',
      'open,high,low\n1,2,3\n',
      /unknown columns 'open,high,low'\. Known layouts:\n {2}trades: time/,
    ],
    ['a zip archive', 'PK\u0003\u0004zip', /zip archive; unpack it/],
    ['a broken gzip', new Uint8Array([0x1f, 0x8b, 8, 0, 1, 2, 3]), /cannot be read/],
    ['bytes', new Uint8Array(5000).map((_, index) => (index * 7919) % 251), /unknown columns/],
  ])('%s is a plain error with the name of the file', async (name, content, message) => {
    const path = join(folder, `${name.replaceAll(' ', '-')}.csv`)
    if (content !== undefined) await writeFile(path, content)
    const reading = read(path)
    await expect(reading).rejects.toThrow(message)
    await expect(reading).rejects.toThrow(path)
  })

  test('a file of candles is not taken for trades', async () => {
    const path = await file('klines.csv', '1700000000000,1,2,1,2,10,1700000059999,10,5,1,1,0\n')
    await expect(read(path)).rejects.toThrow(/unknown columns/)
  })

  test('gzip, semicolons, a byte-order mark and Windows line ends are read', async () => {
    const text = `\uFEFFtime;trade_id;price;quantity;is_buyer_maker\r\n${base};1;100.5;1;true\r\n`
    const { events } = await read(await file('trades.csv.gz', gzipSync(text)))
    expect(trades(events)).toMatchObject([{ price: '100.5', aggressor: 'sell' }])
  })

  test('quotes beside trades are found and merged by time', async () => {
    await file(
      'ETHUSDT-quotes.csv',
      `time,bid,bid_quantity,ask,ask_quantity\n${base + 5},99,1,101,2\n`,
    )
    const path = await file(
      'ETHUSDT-trades.csv',
      `${header}${base},1,100,1,true\n${base + 5},2,101,1,false\n${base + 9},3,99,1,true\n`,
    )
    const { events, market } = await read(path)
    const seen = events.filter(({ venue }) => venue === 'paper-a')
    expect(seen.map(({ kind }) => kind)).toEqual(['trade', 'book', 'trade', 'trade'])
    const book = seen.find((event) => event.kind === 'book')
    expect([book?.bids[0], book?.asks[0]]).toEqual([
      ['99', '1'],
      ['101', '2'],
    ])
    expect(book?.bids.length).toBe(10)
    expect(market.title).toContain('depth behind the quotes estimated')
  })

  test('the names that Tardis gives are found beside each other', async () => {
    const columns = 'exchange,symbol,timestamp,local_timestamp'
    await file(
      'deribit_book_snapshot_5_2024-01-01_SOLUSDT.csv',
      `${columns},asks[0].price,asks[0].amount,bids[0].price,bids[0].amount\n` +
        `deribit,SOLUSDT,${base}000,${base}000,101,1,100,2\n`,
    )
    const path = await file(
      'deribit_trades_2024-01-01_SOLUSDT.csv',
      `${columns},id,side,price,amount\nderibit,SOLUSDT,${base}000,${base}000,7,buy,101,0.5\n`,
    )
    const { market, events } = await read(path)
    expect(market.title).toContain('recorded book')
    expect(market.instrument.symbol).toBe('SOL/USDT')
    expect(events.filter(({ venue }) => venue === 'paper-a').map(({ kind }) => kind)).toEqual([
      'book',
      'trade',
    ])
  })

  test('a book in pieces becomes whole books; a snapshot makes the old one void', async () => {
    const columns =
      'symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu\n'
    const rows = [
      `BTCUSDT,${base},1,1,b,snap,100,1,-1`,
      `BTCUSDT,${base},1,1,b,snap,99,5,-1`,
      `BTCUSDT,${base},1,1,a,snap,101,2,-1`,
      `BTCUSDT,${base + 1},2,2,b,set,100,0,1`,
      `BTCUSDT,${base + 1},2,2,a,set,101.5,3,1`,
      `BTCUSDT,${base + 2},3,3,b,snap,90,1,-1`,
      `BTCUSDT,${base + 2},3,3,a,snap,91,1,-1`,
    ]
    const { events } = await read(await file('depth.csv', columns + rows.join('\n')))
    const books = events.filter(({ venue }) => venue === 'paper-a')
    expect(books).toMatchObject([
      {
        bids: [
          ['100', '1'],
          ['99', '5'],
        ],
        asks: [['101', '2']],
      },
      {
        bids: [['99', '5']],
        asks: [
          ['101', '2'],
          ['101.5', '3'],
        ],
      },
      { bids: [['90', '1']], asks: [['91', '1']] },
    ])
  })
})

const data = '../shared/data/market'
const isThere = existsSync(data)
if (!isThere) console.warn(`SKIPPED: ${data} is missing, so the recorded markets are not tested`)

describe.skipIf(!isThere)('the recordings in shared/data', () => {
  test.each([
    ['binance-btcusdt-2021-01-08-trades.csv', 'BTC/USDT', 2001, 451],
    ['binance-btcusdt-2021-01-08-quotes.csv', 'BTC/USDT', 0, 451],
    ['kraken-xbtusdt-2025-11-10-trades.csv', 'BTC/USDT', 1000, 996],
    ['fxsusdt-2023-11-17-trades.csv', 'FXS/USDT', 3600, 3597],
    ['tardis-binance-futures-btcusdt-book-5.csv', 'BTC/USDT', 0, 10],
    ['tardis-binance-futures-btcusdt-book-25.csv', 'BTC/USDT', 0, 10],
    ['binance-btcusdt-depth-updates.csv', 'BTC/USDT', 0, 1],
  ])(
    '%s is read whole, sorted and uncrossed, twice the same',
    async (name, symbol, tradeCount, bookCount) => {
      const [{ market, events, problems }, again] = await Promise.all([
        read(join(data, name)),
        read(join(data, name)),
      ])
      expect(problems).toEqual([])
      expect(market.instrument.symbol).toBe(symbol)
      expect(again.events).toEqual(events)
      const first = events.filter(({ venue }) => venue === 'paper-a')
      expect(first.filter(({ kind }) => kind === 'trade').length).toBe(tradeCount)
      expect(first.filter(({ kind }) => kind === 'book').length).toBe(bookCount)
      let lastNs = market.startNs
      for (const event of events) {
        expect(event.timeNs).toBeGreaterThanOrEqual(lastNs)
        lastNs = event.timeNs
        if (event.kind !== 'book') continue
        const bids = event.bids.map(([price]) => Number(price))
        const asks = event.asks.map(([price]) => Number(price))
        expect(bids).toEqual(bids.toSorted((a, b) => b - a))
        expect(asks).toEqual(asks.toSorted((a, b) => a - b))
        expect(bids[0]).toBeLessThan(asks[0]!)
      }
    },
  )
})
