/**
 * The CSV layouts that markets are recorded in, told apart by their first line.
 *
 * A header is read by its column names, in any order, upper or lower case. Files of Binance public data
 * have no header; they are known by the number of columns and by where the True/False stands. A time is
 * seconds, milliseconds, microseconds or nanoseconds since the Unix epoch, told by its size: Binance
 * spot went from ms to µs on 2025-01-01, and Tardis always has µs.
 */
import { decimal } from '../decimal.ts'
import { amount, BadLine, positive, sideOf, takerOf, timeOf } from './cell.ts'
import type { Level, Side } from './event.ts'

interface Timed {
  readonly timeNs: bigint
}

/** A trade, its venue not yet known. */
export interface TradeRow extends Timed {
  readonly kind: 'trade'
  readonly id: string
  readonly price: string
  readonly quantity: string
  readonly aggressor: Side
}

/** Best bid and ask. */
export interface QuoteRow extends Timed {
  readonly kind: 'quote'
  readonly bid: Level
  readonly ask: Level
}

/** Whole levels, best first. */
export interface BookRow extends Timed {
  readonly kind: 'book'
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
}
/** One level of a book that comes in pieces; rows with the same `group` belong together. */
export interface DepthRow extends Timed {
  readonly kind: 'depth'
  readonly side: 'bid' | 'ask'
  readonly level: Level
  readonly isSnapshot: boolean
  readonly group: string
}

/** One usable line of a recording. */
export type Row = TradeRow | QuoteRow | BookRow | DepthRow

/** How the lines of one file are read. */
export interface Layout {
  readonly name: string
  readonly kind: Row['kind']
  readonly hasHeader: boolean
  /** Symbol in the row, where the layout has one. */
  readonly symbol: (cells: readonly string[]) => string | undefined
  /** @throws {BadLine} */
  readonly read: (cells: readonly string[]) => Row
}

/** What `layoutOf` knows, for messages. */
export const knownLayouts: readonly string[] = [
  'trades: time,trade_id,price,quantity,is_buyer_maker (or side in place of is_buyer_maker)',
  'quotes: time,bid,bid_quantity,ask,ask_quantity',
  'Binance public data, no header: aggTrades (7 or 8 columns), trades (6 or 7 columns)',
  'Binance futures data with header: aggTrades, trades, bookTicker',
  'Binance depth: symbol,timestamp,…,side,update_type,price,qty',
  'Tardis: trades, quotes, book_snapshot_5, book_snapshot_25, incremental_book_L2',
]

const aliases = {
  time: ['time', 'timestamp', 'transact_time', 'transaction_time'],
  id: ['trade_id', 'id', 'agg_trade_id', 'tradeid'],
  price: ['price'],
  quantity: ['quantity', 'qty', 'amount', 'size'],
  side: ['side'],
  buyerIsMaker: ['is_buyer_maker', 'isbuyermaker'],
  symbol: ['symbol'],
  bid: ['bid', 'bid_price', 'best_bid_price'],
  bidQuantity: ['bid_quantity', 'bid_amount', 'bid_qty', 'best_bid_qty'],
  ask: ['ask', 'ask_price', 'best_ask_price'],
  askQuantity: ['ask_quantity', 'ask_amount', 'ask_qty', 'best_ask_qty'],
  updateType: ['update_type'],
  isSnapshot: ['is_snapshot'],
  group: ['last_update_id', 'local_timestamp'],
} as const

type Column = keyof typeof aliases
type Columns = Partial<Record<Column, number>>

/** The layout of a file by its first line; undefined when it is none of those known. */
export function layoutOf(first: readonly string[]): Layout | undefined {
  return /^\d/.test(first[0] ?? '') ? withoutHeader(first) : withHeader(first)
}

function withHeader(header: readonly string[]): Layout | undefined {
  const names = header.map((name) => name.toLowerCase())
  const columns: Columns = {}
  for (const column of Object.keys(aliases) as Column[]) {
    const index = names.findIndex((name) => (aliases[column] as readonly string[]).includes(name))
    if (index >= 0) columns[column] = index
  }
  const has = (...wanted: Column[]): boolean =>
    wanted.every((column) => columns[column] !== undefined)
  const layout = (kind: Row['kind'], name: string, read: Layout['read']): Layout => ({
    kind,
    name,
    hasHeader: true,
    symbol: (cells) => (columns.symbol === undefined ? undefined : cells[columns.symbol]),
    read,
  })
  if (!has('time')) return undefined
  const depth = levelColumns(names)
  if (depth.length > 0)
    return layout('book', `book of ${depth.length} levels`, readBook(columns, depth))
  if (has('bid', 'bidQuantity', 'ask', 'askQuantity'))
    return layout('quote', 'quotes', readQuote(columns))
  if (has('side', 'price', 'quantity') && (has('updateType') || has('isSnapshot'))) {
    return layout('depth', 'book updates', readDepth(columns))
  }
  if (has('price', 'quantity') && (has('side') || has('buyerIsMaker'))) {
    return layout('trade', 'trades', readTrade(columns))
  }
  return undefined
}

function withoutHeader(first: readonly string[]): Layout | undefined {
  const flag = first.findIndex((cell) => /^(true|false)$/i.test(cell))
  const shape = `${first.length}/${flag}`
  const aggregated = shape === '8/6' || shape === '7/6'
  if (!aggregated && shape !== '7/5' && shape !== '6/5') return undefined
  const columns: Columns = { id: 0, price: 1, quantity: 2, time: flag - 1, buyerIsMaker: flag }
  return {
    kind: 'trade',
    name: aggregated ? 'Binance aggTrades' : 'Binance trades',
    hasHeader: false,
    symbol: () => undefined,
    read: readTrade(columns),
  }
}

/** Index pairs of `asks[i].price` … as Tardis names them. */
function levelColumns(names: readonly string[]): readonly (readonly number[])[] {
  const levels: number[][] = []
  for (;;) {
    const at = (field: string): number => names.indexOf(field.replace('#', `${levels.length}`))
    const found = ['bids[#].price', 'bids[#].amount', 'asks[#].price', 'asks[#].amount'].map(at)
    if (found.includes(-1)) return levels
    levels.push(found)
  }
}

function readTrade(columns: Columns): Layout['read'] {
  return (cells) => ({
    kind: 'trade',
    timeNs: timeOf(cells, columns.time),
    id: columns.id === undefined ? '' : (cells[columns.id] ?? ''),
    price: positive(cells, columns.price, 'price'),
    quantity: positive(cells, columns.quantity, 'quantity'),
    aggressor:
      columns.side === undefined
        ? takerOf(cells, columns.buyerIsMaker)
        : sideOf(cells, columns.side),
  })
}

function readQuote(columns: Columns): Layout['read'] {
  return (cells) => {
    const bid = positive(cells, columns.bid, 'bid')
    const ask = positive(cells, columns.ask, 'ask')
    if (decimal(bid).gte(ask)) throw new BadLine(`bid ${bid} is not below ask ${ask}`)
    return {
      kind: 'quote',
      timeNs: timeOf(cells, columns.time),
      bid: [bid, positive(cells, columns.bidQuantity, 'bid quantity')],
      ask: [ask, positive(cells, columns.askQuantity, 'ask quantity')],
    }
  }
}

function readBook(columns: Columns, depth: readonly (readonly number[])[]): Layout['read'] {
  return (cells) => {
    const side = (price: 0 | 2): Level[] =>
      depth
        // A thin book leaves the cells of its last levels empty.
        .filter((level) => (cells[level[price] ?? -1] ?? '') !== '')
        .map((level) => [
          positive(cells, level[price], 'price of a level'),
          positive(cells, level[price + 1], 'quantity of a level'),
        ])
    const row: BookRow = {
      kind: 'book',
      timeNs: timeOf(cells, columns.time),
      bids: side(0),
      asks: side(2),
    }
    const bid = row.bids[0]?.[0]
    const ask = row.asks[0]?.[0]
    if (bid === undefined || ask === undefined) throw new BadLine('a side of the book is empty')
    if (decimal(bid).gte(ask)) throw new BadLine(`best bid ${bid} is not below best ask ${ask}`)
    return row
  }
}

function readDepth(columns: Columns): Layout['read'] {
  return (cells) => {
    const word = (cells[columns.side ?? -1] ?? '').toLowerCase()
    if (!/^(b|bid|bids|a|ask|asks)$/.test(word))
      throw new BadLine(`side is '${word}', not bid or ask`)
    const kind = (cells[columns.updateType ?? columns.isSnapshot ?? -1] ?? '').toLowerCase()
    const timeNs = timeOf(cells, columns.time)
    const price = positive(cells, columns.price, 'price')
    return {
      kind: 'depth',
      timeNs,
      side: word.startsWith('b') ? 'bid' : 'ask',
      level: [price, amount(cells, columns.quantity, 'quantity')],
      isSnapshot: kind === 'snap' || kind === 'true',
      group: `${timeNs}/${cells[columns.group ?? -1] ?? ''}`,
    }
  }
}
