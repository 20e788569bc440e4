/** Everything the bot has to do with one venue: calls, market, orders, what it holds there, its own stream. */
import { watchFeed, type Feed, type Flows, type Logger } from '../../index.ts'
import { decimal, zero, type Decimal } from '../decimal.ts'
import type { Instrument } from '../market/event.ts'
import type { Timeline } from '../timeline.ts'
import { BaseError } from '../venue/exchange-error.ts'
import type { Exchange, Order, Position, Trade } from '../venue/exchange.ts'
import { VenueClient } from './client.ts'
import { LegBook } from './leg.ts'
import { MarketFeed } from './market-feed.ts'
import { VenueOrders } from './orders.ts'
import type { Tally } from './tally.ts'
import { keepWatching } from './watching.ts'

/** What a desk is made of. */
export interface VenueDeskOptions {
  readonly exchange: Exchange
  readonly instrument: Instrument
  readonly timeline: Timeline
  readonly candleMs: number
  readonly latencyLimitMs: number
  readonly flows: Flows
  readonly log: Logger
  readonly tally: Tally
  readonly onTrade?: (trade: Trade) => void
  /** An order the bot never sent, with the fills it tells of. */
  readonly onForeign: (desk: VenueDesk, order: Order) => void
}

/** How often money and margin are looked at. */
const accountCandles = 6
/** How long a flat leg is kept for late news. */
const graceMs = 10_000

/** One venue. */
export class VenueDesk {
  readonly client: VenueClient
  readonly feed: MarketFeed
  readonly orders: VenueOrders
  readonly legs = new LegBook()
  readonly #options: VenueDeskOptions
  readonly #stream: Feed
  #money = { free: zero, total: zero }
  #position: Position | undefined
  readonly #fundingSeen = new Set<string>()
  #fundingSince: number
  #fillsSince: number

  constructor(options: VenueDeskOptions) {
    const { exchange, instrument, timeline, candleMs, flows, log, tally, latencyLimitMs } = options
    const { symbol, lotSize } = instrument
    this.#options = options
    this.#fundingSince = timeline.nowMs
    this.#fillsSince = timeline.nowMs
    this.client = new VenueClient({
      exchange,
      symbol,
      timeline,
      events: log.events,
      latencyLimitMs,
    })
    this.#stream = watchFeed({ venue: this.id, name: 'user_stream' })
    this.feed = new MarketFeed({
      exchange,
      client: this.client,
      symbol,
      lotSize,
      timeline,
      events: log.events,
      candleMs,
      ...(options.onTrade && { onTrade: options.onTrade }),
      onDisconnected: () => (tally.disconnects += 1),
    })
    this.orders = new VenueOrders({
      client: this.client,
      timeline,
      flows,
      log,
      tally,
      candleMs,
      mid: () => this.feed.mid,
      onForeign: (order) => options.onForeign(this, order),
    })
  }

  get id(): string {
    return this.client.id
  }

  /** Money that is free for new orders, and all of it, as the venue said last. */
  get money(): { readonly free: Decimal; readonly total: Decimal } {
    return this.#money
  }

  /** The net position with its margin, as the venue said last. */
  get position(): Position | undefined {
    return this.#position
  }

  /** Connects, and sets the leverage. */
  async start(leverage: number): Promise<void> {
    const { exchange, instrument, timeline, candleMs, log, tally } = this.#options
    const { symbol } = instrument
    this.feed.start()
    void keepWatching({
      feed: this.#stream,
      timeline,
      watch: () => exchange.watchOrders(symbol),
      sentMs: (orders) => orders.at(-1)?.lastUpdateTimestamp,
      onMessage: (orders) => {
        for (const order of orders) this.orders.ingest(order)
      },
      onDisconnected: () => (tally.disconnects += 1),
      onReconnected: () => {
        log.info('the user stream is back; looking for what was missed', {
          'trading.venue': this.id,
        })
        void this.catchUp()
      },
    })
    await this.#patiently(() => this.client.setLeverage(leverage), 'set leverage')
    await this.refresh()
    // Without knowing the money there is nothing to trade with.
    while (this.#money.total.eq(0)) {
      await timeline.sleep(candleMs)
      await this.refresh()
    }
    timeline.every(accountCandles * candleMs, () => void this.refresh())
  }

  /** The bot is over: silence is no longer news. */
  close(): void {
    this.feed.close()
    this.#stream.close()
    this.client.close()
  }

  /** Looks at money, margin and funding. */
  async refresh(): Promise<void> {
    const { quote } = this.#options.instrument
    await this.#patiently(async () => {
      const { free, total } = await this.client.fetchMoney(quote)
      this.#money = { free: decimal(free), total: decimal(total) }
      this.#position = (await this.client.fetchPositions())[0]
    }, 'refresh')
    await this.settleFunding()
  }

  /** Looks for what the stream did not tell: what became of the own orders, and fills of nobody's orders. */
  async catchUp(): Promise<void> {
    await this.orders.reconcileAll()
    await this.#patiently(async () => {
      const trades = await this.client.fetchMyTrades(this.#fillsSince)
      for (const { clientOrderId } of trades) {
        if (clientOrderId === undefined || this.orders.knows(clientOrderId)) continue
        this.orders.ingest(await this.client.fetchOrder(clientOrderId))
      }
      // Only now is all of it known; the last moment is asked for again next time.
      this.#fillsSince = Math.max(this.#fillsSince, ...trades.map(({ timestamp }) => timestamp))
    }, 'catch up')
  }

  /** Asks what funding was paid, and gives it to the legs that held something then. */
  async settleFunding(): Promise<void> {
    await this.#patiently(async () => {
      const askedMs = this.#options.timeline.nowMs
      const payments = await this.client.fetchFundingHistory(this.#fundingSince)
      for (const { id, amount, timestamp } of payments) {
        if (this.#fundingSeen.has(id)) continue
        this.#fundingSeen.add(id)
        this.#fundingSince = timestamp
        this.legs.settle(decimal(amount), timestamp)
      }
      // Late news of fills may still come for a moment.
      this.legs.prune(askedMs - graceMs)
    }, 'settle funding')
  }

  /** What the venue does not answer is told, and left for the next time. */
  async #patiently(act: () => Promise<void>, step: string): Promise<void> {
    try {
      await act()
    } catch (error) {
      if (!(error instanceof BaseError)) throw error
      const { events } = this.#options.log
      events.error({ venue: this.id, errorDetails: { step } }, { error, message: `${step} failed` })
    }
  }
}
