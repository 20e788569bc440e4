/**
 * A recorded market: one CSV file of trades, quotes or books, or trades with quotes or books beside it.
 *
 * Beside `x-trades.csv` a file `x-quotes.csv` is found by itself, as are the names that Binance and
 * Tardis give (`aggTrades` → `bookTicker`, `_trades_` → `_book_snapshot_25_`, `_book_snapshot_5_`,
 * `_quotes_`). What a recording does not hold is estimated, and the title says so: depth behind quotes
 * (see `estimated-depth.ts`) and the second venue (see `second-venue.ts`).
 */
import { access } from 'node:fs/promises'
import { basename } from 'node:path'
import { randomStream } from '../random.ts'
import { DepthAssembly } from './depth.ts'
import { EstimatedDepth } from './estimated-depth.ts'
import type { Market, MarketEvent } from './event.ts'
import { instrumentOf } from './instrument.ts'
import type { Row } from './layout.ts'
import { MarketFileError } from './market-file-error.ts'
import { headOf, rowsOf, type OnBadLine } from './rows.ts'
import { withSecondVenue } from './second-venue.ts'

/** Which recording, and what to add to it. */
export interface RecordedOptions {
  readonly path: string
  /** Quotes or books of the same time. @default the file beside `path`, where there is one */
  readonly quotesPath?: string
  /** @default what the file or its name says */
  readonly symbol?: string
  /** Seed of what is estimated. */
  readonly seed: number | string
  /** @default 'paper-a', 'paper-b' */
  readonly venues?: readonly [first: string, second: string]
  /** How much later the second venue follows. @default 120 */
  readonly lagMs?: number
  readonly onBadLine: OnBadLine
}

/** A market out of files. */
export interface RecordedMarket extends Market {
  /** Venue time of the first row. */
  readonly startNs: bigint
  readonly hasTrades: boolean
}

/** @throws {MarketFileError} for files that are missing, empty, without a usable line, or of no known layout */
export async function recordedMarket(options: RecordedOptions): Promise<RecordedMarket> {
  const { path, seed, lagMs = 120 } = options
  const venues = options.venues ?? ['paper-a', 'paper-b']
  const head = await headOf(path, 500)
  if (head.rows.length === 0) throw new MarketFileError(`${path}: no usable line in the file`)
  const besidePath =
    options.quotesPath ?? (head.layout.kind === 'trade' ? await fileBeside(path) : undefined)
  const beside = besidePath === undefined ? undefined : await headOf(besidePath, 50)
  if (beside?.layout.kind === 'trade') {
    throw new MarketFileError(
      `${besidePath}: holds trades; quotes or books are wanted beside ${path}`,
    )
  }
  const instrument = instrumentOf(options.symbol ?? head.symbol ?? basename(path), head.rows)
  const [first, second] = venues
  const paths = besidePath === undefined ? [path] : [besidePath, path]
  const booksComeFrom = beside?.layout.kind ?? head.layout.kind
  return {
    instrument,
    venues,
    title: titleOf({ path, besidePath, symbol: instrument.symbol, booksComeFrom }),
    startNs: startOf([head.rows, beside?.rows ?? []]),
    hasTrades: head.layout.kind === 'trade',
    tradesPerSecond: tradesPerSecond(head.rows),
    [Symbol.asyncIterator]() {
      const depth = new EstimatedDepth(instrument.tickSize, randomStream(seed, 'depth'))
      const rows = inOrder(paths.map((file) => rowsOf(file, options.onBadLine)))
      const events = eventsOf(rows, { venue: first, depth, hasBooks: booksComeFrom !== 'trade' })
      const random = randomStream(seed, 'second venue')
      return withSecondVenue(events, { venue: second, instrument, random, lagMs })
    },
  }
}

async function* eventsOf(
  rows: AsyncIterable<Row>,
  from: { readonly venue: string; readonly depth: EstimatedDepth; readonly hasBooks: boolean },
): AsyncGenerator<MarketEvent, void, undefined> {
  const { venue, depth } = from
  const assembly = new DepthAssembly()
  let group: { readonly name: string; readonly timeNs: bigint } | undefined
  for await (const row of rows) {
    if (group && (row.kind !== 'depth' || row.group !== group.name)) {
      const book = assembly.book(venue, group.timeNs)
      if (book) yield book
      group = undefined
    }
    switch (row.kind) {
      case 'trade': {
        const trade = { ...row, venue }
        yield trade
        depth.learn(trade)
        const book = from.hasBooks ? undefined : depth.ofTrade(trade)
        if (book) yield book
        break
      }
      case 'quote':
        yield depth.ofQuote({ ...row, venue })
        break
      case 'book':
        yield { ...row, venue }
        break
      case 'depth':
        assembly.apply(row)
        group = { name: row.group, timeNs: row.timeNs }
        break
    }
  }
  const last = group && assembly.book(venue, group.timeNs)
  if (last) yield last
}

/** Merges files by time; equal times in the order of the files. */
async function* inOrder(
  sources: readonly AsyncGenerator<Row>[],
): AsyncGenerator<Row, void, undefined> {
  const heads = await Promise.all(sources.map((source) => source.next()))
  try {
    for (;;) {
      let earliest = -1
      for (const [index, head] of heads.entries()) {
        const best = heads[earliest]
        if (!head.done && (!best || best.done || head.value.timeNs < best.value.timeNs))
          earliest = index
      }
      const head = heads[earliest]
      const source = sources[earliest]
      if (!head || head.done || !source) return
      yield head.value
      heads[earliest] = await source.next()
    }
  } finally {
    for (const source of sources) await source.return(undefined)
  }
}

const besides = [
  ['trades', 'quotes'],
  ['aggTrades', 'bookTicker'],
  ['_trades_', '_book_snapshot_25_'],
  ['_trades_', '_book_snapshot_5_'],
  ['_trades_', '_quotes_'],
] as const

async function fileBeside(path: string): Promise<string | undefined> {
  const name = basename(path)
  const folder = path.slice(0, path.length - name.length)
  for (const [trades, quotes] of besides) {
    const other = name.replace(trades, quotes)
    if (other === name) continue
    const found = await access(folder + other).then(
      () => true,
      () => false,
    )
    if (found) return folder + other
  }
  return undefined
}

function startOf(heads: readonly (readonly Row[])[]): bigint {
  const times = heads.flatMap((rows) => rows.slice(0, 1).map((row) => row.timeNs))
  return times.reduce((earliest, time) => (time < earliest ? time : earliest))
}

function tradesPerSecond(rows: readonly Row[]): number {
  const trades = rows.filter((row) => row.kind === 'trade')
  const [first, last] = [trades[0], trades.at(-1)]
  if (!first || !last) return 0
  const seconds = Math.max(Number(last.timeNs - first.timeNs) / 1e9, 0.1)
  return trades.length / seconds
}

function titleOf(market: {
  readonly path: string
  readonly besidePath: string | undefined
  readonly symbol: string
  readonly booksComeFrom: Row['kind']
}): string {
  const files = [market.path, ...(market.besidePath === undefined ? [] : [market.besidePath])]
  const books = {
    trade: 'book estimated from trades',
    quote: 'depth behind the quotes estimated',
    book: 'recorded book',
    depth: 'recorded book',
  }[market.booksComeFrom]
  return `recorded ${market.symbol} (${files.map((file) => basename(file)).join(' + ')}; ${books}, second venue derived)`
}
