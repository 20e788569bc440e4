/**
 * What the events of an order tell of its fills, in whatever order they came.
 *
 * - A fill with an execution id counts once. What is told later under the same id, such as its fee, is added.
 * - A venue may say only how much is filled in all; the bot then tells a derived fill, without an id. Fills that come
 *   with their id afterwards take the place of derived ones, of those that were told first; of the derived ones stays
 *   what the filled quantity of the order is ahead of all others. So the fills of an order add up to what is filled.
 * - `trading.order.fill_confirmed` tells a fill that took the place of a derived one, or the fee of one that was told.
 * - A fill that the venue took back is none, wherever it was told, also by two bots on one account; one that no fill is
 *   known for by its id was one of the derived ones.
 */
import { add, compare, format, maximum, parseDecimal, subtract, zero } from '../base/decimal.ts'
import type { Decimal } from '../base/decimal.ts'
import type { AttributeName } from '../semconv/attributes.ts'

/** Reads an attribute of an event. */
export type ReadAttribute = (name: AttributeName) => unknown

/** What one event tells of a fill. Quantities and money are decimal texts as they came. */
export interface ToldFill {
  /** Of one that was taken back, its own id, not that of the report. */
  readonly execId: string | null
  /** The venue took it back. */
  readonly busted: boolean
  readonly quantity: string
  readonly price: string | null
  readonly liquidity: string | null
  /** Fees by currency, the first one first; `''` where the venue named no currency. */
  readonly fees: ReadonlyMap<string, string>
  readonly derived: boolean
  /** What is filled of the order with it. */
  readonly filledQuantity: string | null
}

const fillEvents: ReadonlySet<string> = new Set([
  'trading.order.filled',
  'trading.order.partially_filled',
  'trading.order.fill_confirmed',
])
const bust = 'trading.order.fill_busted'

/** What an event tells of a fill; undefined where it tells of none, or only of the total so far. */
export function toldFill(event: string, read: ReadAttribute): ToldFill | undefined {
  const busted = event === bust
  if (!busted && !fillEvents.has(event)) return undefined
  const quantity = textOf(read('trading.fill.quantity'))
  if (quantity === null) return undefined
  return {
    execId: textOf(read(busted ? 'trading.fill.ref_id' : 'trading.fill.id')),
    busted,
    quantity,
    price: textOf(read('trading.fill.price')),
    liquidity: textOf(read('trading.fill.liquidity')),
    fees: feesOf(read),
    derived: read('trading.fill.derived') === true,
    filledQuantity: textOf(read('trading.order.filled_quantity')),
  }
}

function feesOf(read: ReadAttribute): ReadonlyMap<string, string> {
  const fees = new Map<string, string>()
  const fee = textOf(read('trading.fill.fee'))
  if (fee !== null) fees.set(textOf(read('trading.fill.fee_currency')) ?? '', fee)
  for (const [currency, amount] of entriesOf(read('trading.fees_by_currency'))) {
    const text = textOf(amount)
    if (text !== null) fees.set(String(currency), text)
  }
  return fees
}

function entriesOf(value: unknown): Iterable<readonly [unknown, unknown]> {
  if (value instanceof Map) return value
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

/** What tells orders apart: the id that the client gave, else that of the venue, at its venue; null without an id. */
export function orderKeyOf(read: ReadAttribute): string | null {
  const id = textOf(read('trading.order.client_id')) ?? textOf(read('trading.order.id'))
  return id === null ? null : `${textOf(read('trading.venue')) ?? ''}/${id}`
}

/**
 * The fills of one order.
 * @param told in the order of time
 */
export function fillsOf<T extends ToldFill>(told: readonly T[]): T[] {
  const places = new Map<string, number>()
  const fills: T[] = []
  const busts: T[] = []
  // What was filled in all, also where some of it was taken back.
  let filled = zero
  for (const fill of told) {
    filled = maximum(filled, add(decimalOf(fill.filledQuantity), sumOf(busts)))
    const place = fill.execId === null ? undefined : places.get(fill.execId)
    const before = place === undefined ? undefined : fills[place]
    if (fill.busted) {
      const isTold = fill.execId !== null && busts.some(({ execId }) => execId === fill.execId)
      if (!isTold) busts.push(fill)
    } else if (place !== undefined && before !== undefined) fills[place] = completed(before, fill)
    else {
      if (fill.execId !== null) places.set(fill.execId, fills.length)
      fills.push(fill)
    }
  }
  const all = fills.some(isDerived) ? withoutReplaced(fills, filled) : fills
  return busts.length > 0 ? withoutBusted(all, busts) : all
}

/** The fills that the events of many orders tell of. */
export class FillsTold {
  /** By order. */
  readonly #told = new Map<string, ToldFill[]>()

  /** Takes an event of any kind, in the order of time. */
  add(event: string, read: ReadAttribute): void {
    const fill = toldFill(event, read)
    if (fill === undefined) return
    const order = orderKeyOf(read) ?? ''
    const told = this.#told.get(order)
    if (told === undefined) this.#told.set(order, [fill])
    else told.push(fill)
  }

  /** The fills, order by order. */
  fills(): ToldFill[] {
    return [...this.#told.values()].flatMap((told) => fillsOf(told))
  }
}

/** A fill with what was told of it later. */
function completed<T extends ToldFill>(before: T, later: T): T {
  return {
    ...before,
    price: before.price ?? later.price,
    liquidity: before.liquidity ?? later.liquidity,
    fees: before.fees.size > 0 ? before.fees : later.fees,
  }
}

function isDerived({ derived, execId }: ToldFill): boolean {
  return derived && execId === null
}

/** Of derived fills what no other took the place of, the last ones first. */
function withoutReplaced<T extends ToldFill>(fills: readonly T[], filled: Decimal): T[] {
  const others = sumOf(fills.filter((fill) => !isDerived(fill)))
  return withDerived(fills, maximum(subtract(filled, others), zero))
}

/** Fills without those that were taken back. */
function withoutBusted<T extends ToldFill>(fills: readonly T[], busts: readonly T[]): T[] {
  const ids = new Set(busts.map(({ execId }) => execId))
  const known = new Set(fills.map(({ execId }) => execId))
  const left = fills.filter(({ execId }) => execId === null || !ids.has(execId))
  const unknown = busts.filter(({ execId }) => execId === null || !known.has(execId))
  if (unknown.length === 0) return left
  const derived = sumOf(left.filter(isDerived))
  return withDerived(left, maximum(subtract(derived, sumOf(unknown)), zero))
}

/** Fills with no more than `most` of derived ones, of which the last ones stay. */
function withDerived<T extends ToldFill>(fills: readonly T[], most: Decimal): T[] {
  let left = most
  const kept: T[] = []
  for (const fill of fills.toReversed()) {
    const part = isDerived(fill) ? partOf(fill, left) : fill
    if (part === undefined) continue
    kept.push(part)
    if (isDerived(part)) left = subtract(left, decimalOf(part.quantity))
  }
  return kept.reverse()
}

function partOf<T extends ToldFill>(fill: T, left: Decimal): T | undefined {
  if (compare(left, zero) === 0) return undefined
  const quantity = decimalOf(fill.quantity)
  return compare(quantity, left) <= 0 ? fill : { ...fill, quantity: format(left) }
}

function sumOf(fills: readonly ToldFill[]): Decimal {
  return fills.reduce((sum, { quantity }) => add(sum, decimalOf(quantity)), zero)
}

function decimalOf(text: string | null): Decimal {
  return parseDecimal(text) ?? zero
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : null
}
