import {
  add,
  compare,
  decimal,
  decimalText,
  divide,
  format,
  minimum,
  multiply,
  parseDecimal,
  subtract,
  toNumber,
  zero,
} from '../../base/decimal.ts'
import type { Decimal } from '../../base/decimal.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import type {
  ArbitrageLeg,
  ArbitrageMetrics,
  ArbitrageOptions,
  Book,
  BookLevel,
  Books,
} from './handles/book.ts'

/** Order books as they stand in a snapshot: the best five levels of each side, decimals as text. */

const levelsMax = 5
const one = decimal(1)
const hundred = decimal(100)

interface Level {
  readonly price: Decimal
  readonly quantity: Decimal
  readonly texts: readonly [price: string, quantity: string]
}

interface Sides {
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
}

/** The attributes of a snapshot event. */
export function snapshotAttributes(books: Books, arbitrage?: ArbitrageOptions): TradingAttributes {
  const sides = new Map<string, Sides>()
  const venues: Record<string, unknown> = {}
  for (const [venue, book] of Object.entries(books)) {
    const read = book ? sidesOf(book) : undefined
    if (read) sides.set(venue, read)
    venues[venue] = book && read ? describe(book, read) : null
  }
  const metrics = arbitrage && arbitrageOf(sides, arbitrage)
  return {
    'trading.book.venues': venues,
    ...(metrics && {
      'trading.arb.total_cost': metrics.totalCost,
      'trading.arb.profit_percent': metrics.profitPercent,
      'trading.arb.valid': metrics.valid,
      'trading.arb.max_depth': metrics.maxDepth,
    }),
  }
}

/**
 * What an arbitrage over these books would cost and bring, per unit. Undefined when a book or a price is missing.
 *
 * cost = Σ price × (1 + fee rate) of the buys + Σ price × fee rate of the sells; profit = payout − cost.
 */
export function arbitrageMetrics(
  books: Books,
  options: ArbitrageOptions,
): ArbitrageMetrics | undefined {
  const sides = new Map<string, Sides>()
  for (const [venue, book] of Object.entries(books)) if (book) sides.set(venue, sidesOf(book))
  return arbitrageOf(sides, options)
}

function arbitrageOf(
  books: ReadonlyMap<string, Sides>,
  options: ArbitrageOptions,
): ArbitrageMetrics | undefined {
  let cost = zero
  let sold = zero
  let depth: Decimal | undefined
  let buys = 0
  for (const leg of options.legs) {
    const side = sideFor(books.get(leg.venue), leg)
    const price = parseDecimal(leg.price) ?? side?.[0]?.price
    if (!side || !price) return undefined
    const fee = multiply(price, parseDecimal(leg.feeRate) ?? zero)
    cost = add(cost, fee)
    if (leg.side === 'buy') {
      cost = add(cost, price)
      buys += 1
    } else sold = add(sold, price)
    const available = depthWithin(side, leg.side, price)
    depth = depth ? minimum(depth, available) : available
  }
  const payout = parseDecimal(options.payout) ?? (buys === 2 ? one : sold)
  const profit = subtract(payout, cost)
  const percent = divide(multiply(profit, hundred), cost)
  if (!percent) return undefined
  const profitPercent = toNumber(percent)
  return {
    totalCost: format(cost),
    profitPercent,
    valid: profitPercent > (options.profitPercentMin ?? 0),
    maxDepth: format(depth ?? zero),
  }
}

function sideFor(sides: Sides | undefined, leg: ArbitrageLeg): readonly Level[] | undefined {
  return leg.side === 'buy' ? sides?.asks : sides?.bids
}

// What the levels hold up to the price reckoned with.
function depthWithin(levels: readonly Level[], side: 'buy' | 'sell', limit: Decimal): Decimal {
  let depth = zero
  for (const { price, quantity } of levels) {
    const order = compare(price, limit)
    if (side === 'buy' ? order <= 0 : order >= 0) depth = add(depth, quantity)
  }
  return depth
}

function describe(book: Book, { bids, asks }: Sides): Record<string, unknown> {
  const [bid] = bids
  const [ask] = asks
  return {
    bids: bids.map(({ texts }) => texts),
    asks: asks.map(({ texts }) => texts),
    best_bid: bid?.texts[0] ?? null,
    best_ask: ask?.texts[0] ?? null,
    spread: bid && ask ? format(subtract(ask.price, bid.price)) : null,
    ...(book.latencyMs !== undefined && { latency_ms: book.latencyMs }),
    ...(book.timestamp !== undefined &&
      book.timestamp !== null && { timestamp_ms: book.timestamp }),
    ...(book.nonce !== undefined && book.nonce !== null && { nonce: book.nonce }),
    ...(book.reversed === true && { reversed: true }),
  }
}

// The book of the other outcome: who bids p for NO asks 1 − p for YES.
function sidesOf(book: Book): Sides {
  const bids = best(book.bids, -1)
  const asks = best(book.asks, 1)
  if (book.reversed !== true) return { bids, asks }
  return { bids: asks.map(mirrored), asks: bids.map(mirrored) }
}

function mirrored({ price, quantity, texts }: Level): Level {
  const other = subtract(one, price)
  return { price: other, quantity, texts: [format(other), texts[1]] }
}

// Venues do not agree on the order of levels (Polymarket sends the best last), and a book may have thousands: the best
// are picked as doubles in one pass, and only those are read as decimals.
function best(levels: readonly BookLevel[], towards: 1 | -1): Level[] {
  const picked: { readonly level: BookLevel; readonly rank: number }[] = []
  for (const level of levels) {
    const rank = Number(level[0]) * towards
    const isUsable = Number.isFinite(rank) && Number(level[1]) > 0
    const last = picked[levelsMax - 1]
    if (!isUsable || (last && rank >= last.rank)) continue
    const place = picked.findIndex((other) => other.rank > rank)
    picked.splice(place < 0 ? picked.length : place, 0, { level, rank })
    if (picked.length > levelsMax) picked.pop()
  }
  return picked.flatMap(({ level }) => levelOf(level) ?? [])
}

function levelOf([rawPrice, rawQuantity]: BookLevel): Level | undefined {
  const price = parseDecimal(rawPrice)
  const quantity = parseDecimal(rawQuantity)
  if (!price || !quantity) return undefined
  return {
    price,
    quantity,
    texts: [decimalText(rawPrice) ?? format(price), decimalText(rawQuantity) ?? format(quantity)],
  }
}
