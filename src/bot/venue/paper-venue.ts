/**
 * A paper venue: an exchange that trades with nobody's money, on the book and the trades of a market.
 *
 * The engine is honest (`core.ts`, `matching.ts`), the way to it is not (`link.ts`, `channel.ts`,
 * `faults.ts`). Everything is decided by the market, the seed and the bot's own calls.
 */
import { decimal, text, type Decimal } from '../decimal.ts'
import type { Instrument, Level, MarketEvent } from '../market/event.ts'
import { randomStream } from '../random.ts'
import type { Timeline } from '../timeline.ts'
import { Channel } from './channel.ts'
import { Core, Refused, type FeeRates } from './core.ts'
import { refusal } from './exchange-error.ts'
import type {
  Balance,
  Exchange,
  FundingPayment,
  Order,
  OrderBook,
  OrderLookup,
  OrderParams,
  OrderType,
  Position,
  Side,
  Ticker,
  Trade,
} from './exchange.ts'
import type { RequestFault, VenueFaults } from './faults.ts'
import { Link, receiveWindowMs, type RequestKind } from './link.ts'
import {
  publicTrade,
  rawUpdate,
  toOrder,
  toTrade,
  type OrderRequest,
  type PaperOrder,
} from './paper-order.ts'
import { planRecurring } from './recurring.ts'
import { balanceOf, positionsOf, tickerOf } from './statement.ts'

/** What a paper venue is made of. */
export interface PaperVenueOptions {
  readonly id: string
  readonly instrument: Instrument
  readonly timeline: Timeline
  readonly seed: number | string
  readonly faults: VenueFaults
  /** Put before the ids of orders and fills, so that those of several runs differ. @default none */
  readonly idPrefix?: string
  /** The unit of what happens by itself. */
  readonly candleMs: number
  /** @default 0.2 basis points back for a maker, half a one from a taker: what market makers get */
  readonly fees?: FeeRates
  /** Quote money at the start. @default 10000 */
  readonly deposit?: string
}

const defaultFees: FeeRates = { maker: '-0.00002', taker: '0.00005' }
const bookLevels = 10

/** An {@link Exchange} of paper. Feed it the market with `onMarket`. */
export class PaperVenue implements Exchange {
  readonly id: string
  readonly options = { recvWindow: receiveWindowMs }
  readonly #core: Core
  readonly #link: Link
  readonly #orders: Channel<Order>
  readonly #trades: Channel<Trade>
  readonly #books: Channel<OrderBook>
  readonly #options: PaperVenueOptions
  #nonce = 0
  #clientIds = 0

  constructor(options: PaperVenueOptions) {
    const { id, timeline, faults, seed } = options
    this.id = id
    this.#options = options
    this.#core = new Core({
      instrument: options.instrument,
      fees: options.fees ?? defaultFees,
      deposit: options.deposit ?? '10000',
      idPrefix: options.idPrefix ?? '',
      nowNs: () => timeline.nowNs,
      onOrder: (order, happened, fill) => {
        const raw = rawUpdate(order, options.instrument, happened, fill)
        this.#orders.send(toOrder(order, options.instrument, fill ? [fill] : [], raw))
      },
    })
    const random = (name: string): ReturnType<typeof randomStream> =>
      randomStream(seed, `${id} ${name}`)
    this.#link = new Link({ venue: id, timeline, faults, random: random('link') })
    const feed = { delayMs: faults.stream.delayMs }
    this.#orders = new Channel({
      name: `${id} user stream`,
      timeline,
      faults: faults.stream,
      random: random('orders'),
    })
    this.#trades = new Channel({
      name: `${id} trades`,
      timeline,
      faults: feed,
      random: random('trades'),
    })
    this.#books = new Channel({
      name: `${id} books`,
      timeline,
      faults: feed,
      random: random('books'),
    })
    planRecurring(options, {
      breakStream: (forMs) => this.#orders.break(forMs),
      breakFeed: (forMs) => [this.#trades, this.#books].forEach((feed) => feed.break(forMs)),
      close: (forMs) => this.#link.close(forMs),
      core: this.#core,
    })
  }

  /** The inside, for whoever checks the bot against it. A bot has no such thing. */
  get core(): Core {
    return this.#core
  }

  get usedWeight(): number {
    return this.#link.usedWeight
  }

  get weightLimit(): number {
    return this.#link.weightLimit
  }

  /** The venue stops: every connection breaks, and nothing that is sent to it is answered, for so long. */
  stop(forMs: number): void {
    this.#link.silence(forMs)
    for (const channel of [this.#orders, this.#trades, this.#books]) channel.break(forMs)
  }

  /** What happened in the market at this venue. */
  onMarket(event: MarketEvent): void {
    this.#core.onMarket(event)
    if (event.kind === 'trade') this.#trades.send(publicTrade(event, this.#options.instrument))
    else this.#books.send(this.#orderBook(bookLevels))
  }

  // oxlint-disable-next-line max-params -- the signature is ccxt's
  createOrder(
    _symbol: string,
    type: OrderType,
    side: Side,
    amount: string,
    price?: string,
    params: OrderParams = {},
  ): Promise<Order> {
    const request: OrderRequest = {
      clientOrderId: params.clientOrderId ?? `${this.id}-${(this.#clientIds += 1)}`,
      type,
      side,
      quantity: decimal(amount),
      price: price === undefined ? undefined : decimal(price),
      timeInForce: params.postOnly
        ? 'PO'
        : (params.timeInForce ?? (type === 'market' ? 'IOC' : 'GTC')),
      reduceOnly: params.reduceOnly ?? false,
      expiresAtMs: params.expiresAt,
    }
    return this.#request('create', 1, (fault) => {
      if (fault === 'refused') {
        throw new Refused(request.reduceOnly ? 'percent_price' : 'insufficient_balance')
      }
      const order = this.#core.place(request, fault === 'thin' ? decimal('0.005') : undefined)
      return this.#toOrder(order)
    })
  }

  // oxlint-disable-next-line max-params -- the signature is ccxt's
  editOrder(
    id: string,
    _symbol: string,
    _type: OrderType,
    _side: Side,
    amount: string,
    price: string,
  ): Promise<Order> {
    return this.#request('other', 1, () => {
      const order = this.#find(id, {}, 'unknown_order')
      this.#core.amend(order, decimal(price), decimal(amount))
      return this.#toOrder(order)
    })
  }

  cancelOrder(id: string, _symbol: string, params: OrderLookup = {}): Promise<Order> {
    return this.#request('cancel', 1, () => {
      const order = this.#find(id, params, 'unknown_order')
      this.#core.cancel(order)
      return this.#toOrder(order)
    })
  }

  fetchOrder(id: string, _symbol: string, params: OrderLookup = {}): Promise<Order> {
    return this.#request('other', 1, () => this.#toOrder(this.#find(id, params, 'not_found')))
  }

  fetchOpenOrders(_symbol: string): Promise<readonly Order[]> {
    return this.#request('other', 3, () =>
      this.#core.matching.resting.map((order) => this.#toOrder(order)),
    )
  }

  fetchMyTrades(_symbol: string, since = 0): Promise<readonly Trade[]> {
    return this.#request('other', 5, () =>
      this.#core.orders
        .flatMap((order) =>
          order.fills.map((fill) => toTrade(order, this.#options.instrument, fill)),
        )
        .filter((trade) => trade.timestamp >= since)
        .toSorted((one, other) => one.timestamp - other.timestamp),
    )
  }

  fetchOrderBook(_symbol: string, limit = bookLevels): Promise<OrderBook> {
    return this.#request('other', 2, () => this.#orderBook(limit))
  }

  fetchTicker(_symbol: string): Promise<Ticker> {
    const { instrument, timeline } = this.#options
    return this.#request('other', 1, () => tickerOf(this.#core, instrument, timeline.nowMs))
  }

  fetchBalance(): Promise<Readonly<Record<string, Balance>>> {
    return this.#request('other', 5, () => balanceOf(this.#core, this.#options.instrument))
  }

  fetchPositions(_symbols?: readonly string[]): Promise<readonly Position[]> {
    return this.#request('other', 5, () =>
      positionsOf(this.#core, this.#options.instrument, this.#options.timeline.nowMs),
    )
  }

  fetchFundingHistory(_symbol: string, since = 0): Promise<readonly FundingPayment[]> {
    return this.#request('other', 1, () =>
      this.#core.funding.filter((payment) => payment.timestamp >= since),
    )
  }

  setLeverage(leverage: number, _symbol: string): Promise<void> {
    return this.#request('other', 1, () => {
      this.#core.account.leverage = leverage
    })
  }

  watchOrders(_symbol: string): Promise<readonly Order[]> {
    return this.#orders.next()
  }

  watchTrades(_symbol: string): Promise<readonly Trade[]> {
    return this.#trades.next()
  }

  async watchOrderBook(_symbol: string): Promise<OrderBook> {
    const books = await this.#books.next()
    return books.at(-1) ?? this.#orderBook(bookLevels)
  }

  #request<T>(kind: RequestKind, weight: number, act: (fault: RequestFault) => T): Promise<T> {
    return this.#link.request({
      kind,
      weight,
      act: (fault) => {
        try {
          return act(fault)
        } catch (error) {
          throw error instanceof Refused ? refusal(this.id, error.reason) : error
        }
      },
    })
  }

  #find(id: string, params: OrderLookup, reason: 'not_found' | 'unknown_order'): PaperOrder {
    const order = this.#core.find(id, params.clientOrderId)
    if (!order) throw new Refused(reason)
    return order
  }

  #toOrder(order: PaperOrder): Order {
    return toOrder(order, this.#options.instrument, order.fills)
  }

  #orderBook(limit: number): OrderBook {
    const { book } = this.#core.matching
    const timestamp = Number(book.timeNs / 1_000_000n)
    return {
      symbol: this.#options.instrument.symbol,
      bids: book.bids.slice(0, limit).map(toLevel),
      asks: book.asks.slice(0, limit).map(toLevel),
      timestamp,
      datetime: new Date(timestamp).toISOString(),
      nonce: (this.#nonce += 1),
    }
  }
}

function toLevel(level: { readonly price: Decimal; readonly quantity: Decimal }): Level {
  return [text(level.price), text(level.quantity)]
}
