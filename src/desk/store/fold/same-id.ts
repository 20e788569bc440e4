/**
 * The orders behind one id. Venues keep ids apart only among the open orders of a market, so that a bot may begin anew
 * with `1` in each run, and some venues count their own ids by market. Two bots on one account see the same order, and
 * name it by the same id.
 *
 * What one teller (a span of a module of a run) says is of one order, until it sends the id again after its end. Then:
 *
 * - Two markets in one notation are two orders, and so are two ids of the venue.
 * - Each sending is an order, unless what was sent before is still open and has the same id at the venue, or another
 *   module of the same flow tells of it too.
 * - Who saw an order and did not send it, such as another bot on the account, saw the one with the id that the venue gave
 *   or of the same flow, else the last that was sent by then.
 */
import { orderEnds, orderSends } from './order.ts'
import type { StoredEvent } from './fields.ts'

const sends: ReadonlySet<string> = new Set(orderSends)
const ends: ReadonlySet<string> = new Set(orderEnds)

/** What clocks of two machines may differ by. */
const skewMs = 60_000

/** The events of one order. */
export interface OrderEvents {
  /** In the order of time. */
  readonly events: readonly StoredEvent[]
  /** Those of who sent it first. */
  readonly ownFirst: readonly StoredEvent[]
}

/**
 * The orders that events of an id tell of, the first one first.
 * @param events in the order of time
 */
export function ordersOf(events: readonly StoredEvent[]): OrderEvents[] {
  const tellings = tellingsOf(events)
  const [only] = tellings
  if (tellings.length < 2) return only ? [{ events, ownFirst: events }] : []
  const orders: Order[] = []
  for (const sent of [true, false]) {
    for (const telling of tellings.filter((one) => one.sends.size > 0 === sent)) {
      const order = bestOf(orders, telling)
      if (order === undefined) orders.push(new Order(telling))
      else order.add(telling)
    }
  }
  const places = new Map(events.map((event, place) => [event, place]))
  const placeOf = (event: StoredEvent | undefined): number => (event && places.get(event)) ?? 0
  return orders
    .map(({ tellings: of }) => {
      const ownFirst = of.flatMap((telling) => telling.events)
      return { ownFirst, events: ownFirst.toSorted((a, b) => placeOf(a) - placeOf(b)) }
    })
    .sort((a, b) => placeOf(a.events[0]) - placeOf(b.events[0]))
}

/** What one teller says of one order. */
class Telling {
  readonly events: StoredEvent[] = []
  readonly sends = new Set<string>()
  readonly symbols = new Set<string>()
  readonly ids = new Set<string>()
  readonly module: string | null
  readonly trace: string | null
  readonly firstAt: number
  endedAt = Number.POSITIVE_INFINITY

  constructor(first: StoredEvent) {
    this.module = first.module
    this.trace = first.trace_id
    this.firstAt = first.timestamp
  }

  /** Whether an event of the same teller is of the same order. */
  takes({ type, symbol }: StoredEvent): boolean {
    const isSentAgain = this.sends.has(type) && this.endedAt < Number.POSITIVE_INFINITY
    return !isSentAgain && (symbol === null || !isOther(this.symbols, symbol))
  }

  add(event: StoredEvent): void {
    const { type, symbol, timestamp, fields } = event
    this.events.push(event)
    if (sends.has(type)) this.sends.add(type)
    if (symbol !== null) this.symbols.add(symbol)
    const id = fields['trading.order.id']
    if (typeof id === 'string' && id !== '') this.ids.add(id)
    if (ends.has(type)) this.endedAt = Math.min(this.endedAt, timestamp)
  }
}

function tellingsOf(events: readonly StoredEvent[]): Telling[] {
  const tellings: Telling[] = []
  const byTeller = new Map<string, Telling[]>()
  for (const event of events) {
    const teller = [event.run_id, event.module, event.trace_id, event.span_id].join('\n')
    let own = byTeller.get(teller)
    if (own === undefined) byTeller.set(teller, (own = []))
    let telling = own.findLast((one) => one.takes(event))
    if (telling === undefined) {
      telling = new Telling(event)
      own.push(telling)
      tellings.push(telling)
    }
    telling.add(event)
  }
  return tellings
}

class Order {
  readonly tellings: Telling[]

  constructor(telling: Telling) {
    this.tellings = [telling]
  }

  add(telling: Telling): void {
    this.tellings.push(telling)
  }

  get firstAt(): number {
    return Math.min(...this.tellings.map(({ firstAt }) => firstAt))
  }

  sharesId({ ids }: Telling): boolean {
    return this.tellings.some((one) => [...ids].some((id) => one.ids.has(id)))
  }

  sharesFlow({ trace }: Telling): boolean {
    return trace !== null && this.tellings.some((one) => one.trace === trace)
  }

  /** Whether a telling can be of this order. */
  canBe(telling: Telling): boolean {
    const { tellings } = this
    const { symbols, ids, module, firstAt } = telling
    if (tellings.some((one) => [...symbols].some((symbol) => isOther(one.symbols, symbol))))
      return false
    const sharesId = this.sharesId(telling)
    if (ids.size > 0 && !sharesId && tellings.some((one) => one.ids.size > 0)) return false
    if (telling.sends.size === 0) return true
    const senders = tellings.filter((one) => one.sends.size > 0)
    if (this.sharesFlow(telling) && senders.every((one) => one.module !== module)) return true
    return sharesId && tellings.every(({ endedAt }) => endedAt >= firstAt)
  }
}

function bestOf(orders: readonly Order[], telling: Telling): Order | undefined {
  const possible = orders.filter(
    (order) => order.firstAt <= telling.firstAt + skewMs && order.canBe(telling),
  )
  return (
    possible.findLast((order) => order.sharesId(telling)) ??
    possible.findLast((order) => order.sharesFlow(telling)) ??
    possible.at(-1)
  )
}

/** Whether a market is another one than those of an order. `BTC/USDT` and `BTCUSDT` may be one: they are not compared. */
function isOther(symbols: ReadonlySet<string>, symbol: string): boolean {
  const plain = symbol.toUpperCase()
  for (const known of symbols) {
    const other = known.toUpperCase()
    if (plain === other) return false
    if (notationOf(plain) === notationOf(other)) return true
  }
  return false
}

function notationOf(symbol: string): string {
  // ccxt names what it is settled in, too: BTC/USDT is another market than BTC/USDT:USDT.
  return symbol.includes('/') ? '/' : symbol.replaceAll(/[^-_:.]/g, '')
}
