/**
 * The orders behind one id. Venues keep ids apart only among the open orders of a market, so that a bot may begin anew
 * with `1` in each run, and some venues count their own ids by market. Two bots on one account see the same order, and
 * name it by the same id.
 *
 * What one teller (a span of a module of a run) says is of one order, until it sends the id again after its end. Then:
 *
 * - Two markets in one notation are two orders, and so are two ids of the venue.
 * - Each sending is an order, unless what was sent before is still open and has the same id at the venue, or the same
 *   flow tells of it in another step or by another module.
 * - Who saw an order and did not send it, such as another bot on the account, saw the one with the id that the venue gave
 *   or of the same flow, else the last that was sent by then.
 */
import { orderEnds, orderSends } from './order.ts'
import type { StoredEvent } from './fields.ts'

const sends: ReadonlySet<string> = new Set(orderSends)
const ends: ReadonlySet<string> = new Set(orderEnds)

/** What clocks of two machines may differ by. */
const skewMs = 60_000
/** Orders before and after a telling that it can be of: an id that all orders have must not make each slow. */
const nearMax = 50

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
  const orders = new Orders()
  for (const telling of tellings) if (telling.sends.size > 0) orders.take(telling)
  for (const telling of tellings) if (telling.sends.size === 0) orders.take(telling)
  const places = new Map(events.map((event, place) => [event, place]))
  const placeOf = (event: StoredEvent | undefined): number => (event && places.get(event)) ?? 0
  return orders.all
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

/** What is known of one order so far. */
class Order {
  readonly tellings: Telling[] = []
  readonly symbols = new Set<string>()
  readonly ids = new Set<string>()
  readonly traces = new Set<string>()
  readonly firstAt: number
  /** By module. */
  readonly #sends = new Set<string>()
  #endedAt = Number.POSITIVE_INFINITY

  constructor({ firstAt }: Telling) {
    this.firstAt = firstAt
  }

  add(telling: Telling): void {
    this.tellings.push(telling)
    for (const symbol of telling.symbols) this.symbols.add(symbol)
    for (const step of telling.sends) this.#sends.add(`${telling.module} ${step}`)
    this.#endedAt = Math.min(this.#endedAt, telling.endedAt)
  }

  /** Whether a telling can be of this order. */
  canBe({ symbols, ids, trace, module, sends: steps, firstAt }: Telling): boolean {
    for (const symbol of symbols) if (isOther(this.symbols, symbol)) return false
    let sharesId = false
    for (const id of ids) sharesId ||= this.ids.has(id)
    if (ids.size > 0 && this.ids.size > 0 && !sharesId) return false
    if (steps.size === 0) return true
    let isRepeat = false
    for (const step of steps) isRepeat ||= this.#sends.has(`${module} ${step}`)
    if (trace !== null && this.traces.has(trace) && !isRepeat) return true
    return sharesId && this.#endedAt >= firstAt
  }
}

/** The orders of an id, found by what they share with a telling. */
class Orders {
  /** By when they began, as those of an id of the venue and of a flow. */
  readonly all: Order[] = []
  readonly #byId = new Map<string, Order[]>()
  readonly #byTrace = new Map<string, Order[]>()

  /** Takes a telling for one of an order that is known, else for a new one. */
  take(telling: Telling): void {
    let order = this.#find(telling)
    if (order === undefined) {
      order = new Order(telling)
      insert(this.all, order)
    }
    order.add(telling)
    for (const id of telling.ids) note(this.#byId, order.ids, id, order)
    if (telling.trace !== null) note(this.#byTrace, order.traces, telling.trace, order)
  }

  #find(telling: Telling): Order | undefined {
    for (const id of telling.ids) {
      const found = nearest(this.#byId.get(id), telling)
      if (found) return found
    }
    const ofFlow = telling.trace === null ? undefined : this.#byTrace.get(telling.trace)
    const found = nearest(ofFlow, telling)
    // What is sent is of an order that is known only where the two have an id or a flow in common.
    return found ?? (telling.sends.size === 0 ? nearest(this.all, telling) : undefined)
  }
}

function note(orders: Map<string, Order[]>, known: Set<string>, name: string, order: Order): void {
  if (known.has(name)) return
  known.add(name)
  const some = orders.get(name)
  if (some) insert(some, order)
  else orders.set(name, [order])
}

/** The last order that a telling can be of and that had begun by then, else the first one soon after. */
function nearest(orders: readonly Order[] | undefined, telling: Telling): Order | undefined {
  if (orders === undefined) return undefined
  const at = placeBehind(orders, telling.firstAt)
  const before = orders.slice(Math.max(0, at - nearMax), at)
  const after = orders.slice(at, at + nearMax)
  return (
    before.findLast((order) => order.canBe(telling)) ??
    after.find((order) => order.firstAt <= telling.firstAt + skewMs && order.canBe(telling))
  )
}

function insert(orders: Order[], order: Order): void {
  orders.splice(placeBehind(orders, order.firstAt), 0, order)
}

/** The place behind the orders that began by `at`. */
function placeBehind(orders: readonly Order[], at: number): number {
  let low = 0
  let high = orders.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((orders[middle]?.firstAt ?? 0) <= at) low = middle + 1
    else high = middle
  }
  return low
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
