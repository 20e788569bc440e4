import { sameMarket } from './symbol.ts'
import type { OrderHandle } from './order.ts'

/**
 * Orders by every id they go by. Client order ids come first, then the venue's order ids, then execution ids: venues
 * count the last two from small numbers, so that the same id may stand for orders at several venues.
 * Ended orders stay for late fills, bounded in number and age.
 */
export class OrderIndex {
  readonly #keepMs: number
  readonly #keepMax: number
  readonly #byClientId = new Map<string, OrderHandle[]>()
  readonly #byOrderId = new Map<string, OrderHandle[]>()
  readonly #byExecId = new Map<string, OrderHandle[]>()
  readonly #open = new Set<OrderHandle>()
  readonly #ids = new Map<
    OrderHandle,
    { readonly map: Map<string, OrderHandle[]>; readonly id: string }[]
  >()
  /** Called after an order got its order id: updates may have waited for it. */
  onOrderId: (() => void) | undefined
  #ended: { readonly order: OrderHandle; readonly atMs: number }[] = []

  constructor(keepMs: number, keepMax: number) {
    this.#keepMs = keepMs
    this.#keepMax = keepMax
  }

  /** Orders that have not ended. */
  get open(): ReadonlySet<OrderHandle> {
    return this.#open
  }

  add(order: OrderHandle): void {
    this.#open.add(order)
    this.addClientId(order, order.clientOrderId)
  }

  addClientId(order: OrderHandle, id: string): void {
    this.#put(this.#byClientId, order, id)
  }

  addOrderId(order: OrderHandle, id: string): void {
    this.#put(this.#byOrderId, order, id)
  }

  addExecId(order: OrderHandle, id: string): void {
    this.#put(this.#byExecId, order, id)
  }

  /** The order ended; it is found until it is too old. */
  end(order: OrderHandle, atMs: number): void {
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

  byClientId(id: string | undefined, venue: string | undefined): OrderHandle | undefined {
    return choose(this.#byClientId, id, venue)
  }

  byOrderId(id: string | undefined, venue: string | undefined): OrderHandle | undefined {
    return choose(this.#byOrderId, id, venue)
  }

  byExecId(id: string | undefined, venue: string | undefined): OrderHandle | undefined {
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

  #put(map: Map<string, OrderHandle[]>, order: OrderHandle, id: string): void {
    const orders = map.get(id)
    if (orders?.includes(order)) return
    if (orders) orders.push(order)
    else map.set(id, [order])
    const ids = this.#ids.get(order)
    if (ids) ids.push({ map, id })
    else this.#ids.set(order, [{ map, id }])
  }

  #forget(order: OrderHandle): void {
    for (const { map, id } of this.#ids.get(order) ?? []) {
      const rest = (map.get(id) ?? []).filter((other) => other !== order)
      if (rest.length === 0) map.delete(id)
      else map.set(id, rest)
    }
    this.#ids.delete(order)
  }
}

// Without a venue an open order is likelier meant than an ended one, and a new one likelier than an old one.
function choose(
  map: ReadonlyMap<string, readonly OrderHandle[]>,
  id: string | undefined,
  venue: string | undefined,
): OrderHandle | undefined {
  const orders = id === undefined ? undefined : map.get(id)
  if (!orders) return undefined
  const candidates = venue === undefined ? orders : orders.filter((order) => order.venue === venue)
  return candidates.findLast((order) => !order.ended) ?? candidates.at(-1)
}
