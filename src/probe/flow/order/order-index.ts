import { idText } from '../../../base/ids.ts'
import { sameMarket } from '../symbol.ts'

/** What the index asks of an order. */
export interface IndexedOrder {
  readonly clientOrderId: string
  readonly orderId: string | undefined
  readonly venue: string
  readonly symbol: string
  readonly side: string
  /** Whether it was, or is being, sent to the venue. */
  readonly wasSent: boolean
  readonly ended: boolean
}

/**
 * Orders by every id they go by. Client order ids come first, then the venue's order ids, then execution ids: venues
 * count the last two from small numbers, so that the same id may stand for orders at several venues.
 * Ended orders stay for late fills, bounded in number and age.
 */
export class OrderIndex<Order extends IndexedOrder> {
  readonly #keepMs: number
  readonly #keepMax: number
  readonly #byClientId = new Map<string, Order[]>()
  readonly #byOrderId = new Map<string, Order[]>()
  readonly #byExecId = new Map<string, Order[]>()
  readonly #open = new Set<Order>()
  readonly #ids = new Map<Order, { readonly map: Map<string, Order[]>; readonly id: string }[]>()
  /** Called after an order got its order id: updates may have waited for it. */
  onOrderId: (() => void) | undefined
  #ended: { readonly order: Order; readonly atMs: number }[] = []

  constructor(keepMs: number, keepMax: number) {
    this.#keepMs = keepMs
    this.#keepMax = keepMax
  }

  /** Orders that have not ended. */
  get open(): ReadonlySet<Order> {
    return this.#open
  }

  add(order: Order): void {
    this.#open.add(order)
    this.addClientId(order, order.clientOrderId)
  }

  addClientId(order: Order, id: string): void {
    this.#put(this.#byClientId, order, id)
  }

  addOrderId(order: Order, id: string): void {
    this.#put(this.#byOrderId, order, id)
  }

  addExecId(order: Order, id: string): void {
    this.#put(this.#byExecId, order, id)
  }

  /** The order ended; it is found until it is too old. */
  end(order: Order, atMs: number): void {
    if (!this.#open.delete(order)) return
    this.#ended.push({ order, atMs })
    if (this.#ended.length > this.#keepMax * 2) this.trim(atMs)
  }

  /** Forgets ended orders beyond their age and number. */
  trim(nowMs: number): void {
    const surplus = this.#ended.length - this.#keepMax
    let gone = 0
    for (const { order, atMs } of this.#ended) {
      if (gone >= surplus && nowMs - atMs <= this.#keepMs) break
      this.#forget(order)
      gone += 1
    }
    if (gone > 0) this.#ended = this.#ended.slice(gone)
  }

  byClientId(id: string | undefined, venue: string | undefined): Order | undefined {
    return choose(this.#byClientId, id, venue)
  }

  byOrderId(id: string | undefined, venue: string | undefined): Order | undefined {
    return choose(this.#byOrderId, id, venue)
  }

  byExecId(id: string | undefined, venue: string | undefined): Order | undefined {
    return choose(this.#byExecId, id, venue)
  }

  /** Whether an order was sent that the venue has not given an id yet, and this could be it. */
  hasInFlight(
    venue: string | undefined,
    symbol: string | undefined,
    side: string | undefined,
  ): boolean {
    for (const order of this.#open) {
      if (order.orderId !== undefined || !order.wasSent) continue
      if (venue !== undefined && order.venue !== venue) continue
      if (side !== undefined && order.side !== side) continue
      if (symbol === undefined || sameMarket(order.symbol, symbol)) return true
    }
    return false
  }

  /** Whether another order of its venue was sent under the client id of this one, and has not ended. */
  hasTwin(order: Order): boolean {
    return (this.#byClientId.get(order.clientOrderId) ?? []).some(
      (other) => other !== order && other.venue === order.venue && other.wasSent && !other.ended,
    )
  }

  #put(map: Map<string, Order[]>, order: Order, written: string): void {
    const id = idText(written)
    if (id === undefined) return
    const orders = map.get(id)
    if (orders?.includes(order)) return
    if (orders) orders.push(order)
    else map.set(id, [order])
    const ids = this.#ids.get(order)
    if (ids) ids.push({ map, id })
    else this.#ids.set(order, [{ map, id }])
  }

  #forget(order: Order): void {
    for (const { map, id } of this.#ids.get(order) ?? []) {
      const rest = (map.get(id) ?? []).filter((other) => other !== order)
      if (rest.length === 0) map.delete(id)
      else map.set(id, rest)
    }
    this.#ids.delete(order)
  }
}

// Without a venue an open order is likelier meant than an ended one, and a new one likelier than an old one.
function choose<Order extends IndexedOrder>(
  map: ReadonlyMap<string, readonly Order[]>,
  id: string | undefined,
  venue: string | undefined,
): Order | undefined {
  const text = idText(id)
  const orders = text === undefined ? undefined : map.get(text)
  if (!orders) return undefined
  const candidates = venue === undefined ? orders : orders.filter((order) => order.venue === venue)
  return candidates.findLast((order) => !order.ended) ?? candidates.at(-1)
}
