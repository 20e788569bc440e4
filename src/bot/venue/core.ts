/**
 * The inside of a paper venue: filters, margin, matching, money. No latency and no faults: what happens here
 * happens at once and in order, as in an engine; `PaperVenue` puts the world between it and the bot.
 *
 * Each order ends in one of closed, canceled, expired, or is refused and never exists. Orders the bot did
 * not send are made here too: liquidations (`autoclose-…`) and auto-deleveraging (`adl_autoclose-…`), with
 * the client order ids that Binance uses.
 */
import { decimal, least, text, zero, type Decimal } from '../decimal.ts'
import { oppositeOf, type Instrument, type MarketEvent, type Side } from '../market/event.ts'
import { Account } from './account.ts'
import type { RefusalReason } from './exchange-error.ts'
import type { FundingPayment } from './exchange.ts'
import { refusalByBook, refusalByFilters, refusalForMoney, type Surroundings } from './filter.ts'
import { Matching, type Match } from './matching.ts'
import { PaperOrder, type ExecutionType, type OrderRequest, type PaperFill } from './paper-order.ts'

/** Parts of the notional: '0.0002' is two basis points. */
export interface FeeRates {
  readonly maker: string
  readonly taker: string
}

/** What an engine stands on. */
export interface CoreOptions {
  readonly instrument: Instrument
  readonly fees: FeeRates
  /** Quote money at the start. */
  readonly deposit: string
  readonly idPrefix: string
  /** Market time now. */
  readonly nowNs: () => bigint
  /** Told of everything that happens to an order, the moment it happens. */
  readonly onOrder: (order: PaperOrder, happened: ExecutionType, fill?: PaperFill) => void
}

/** An order that the venue refuses: it never existed. */
export class Refused extends Error {
  readonly reason: RefusalReason

  constructor(reason: RefusalReason) {
    super(reason)
    this.reason = reason
  }
}

/** The engine of one venue. */
export class Core {
  readonly matching: Matching
  readonly account: Account
  readonly #options: CoreOptions
  readonly #orders = new Map<string, PaperOrder>()
  readonly #byClientId = new Map<string, PaperOrder>()
  readonly #funding: FundingPayment[] = []
  #ids = 0
  #fills = 0
  #markShift = decimal(1)

  constructor(options: CoreOptions) {
    this.#options = options
    this.matching = new Matching(options.instrument.lotSize)
    this.account = new Account(decimal(options.deposit))
  }

  /** All orders there ever were, oldest first. */
  get orders(): readonly PaperOrder[] {
    return [...this.#orders.values()]
  }

  get funding(): readonly FundingPayment[] {
    return this.#funding
  }

  /** Price that margin is reckoned with; undefined before the first book. */
  get mark(): Decimal | undefined {
    return this.matching.book.mid?.times(this.#markShift)
  }

  onMarket(event: MarketEvent): void {
    this.#apply(event.kind === 'trade' ? this.matching.onTrade(event) : this.matching.onBook(event))
    this.#expireOldOrders()
    this.#liquidateIfDue()
  }

  /** The venue's index goes wrong: its mark price is off by this ratio, until it is set to 1 again. */
  shiftMark(ratio: Decimal): void {
    this.#markShift = ratio
    this.#liquidateIfDue()
  }

  find(id: string, clientOrderId?: string): PaperOrder | undefined {
    return clientOrderId === undefined ? this.#orders.get(id) : this.#byClientId.get(clientOrderId)
  }

  /**
   * @param share Part of the displayed size that is really there for an order that takes.
   * @throws {Refused}
   */
  place(request: OrderRequest, share = decimal(1)): PaperOrder {
    const now = this.#options.nowNs()
    const order = new PaperOrder(this.#nextId(), request, now)
    const reason =
      this.#refusalOf(order, share) ?? refusalForMoney(order, this.#surroundings(share))
    if (reason) throw new Refused(reason)
    this.#register(order)
    this.#tell(order, 'NEW')
    this.#execute(order, share)
    return order
  }

  /** @throws {Refused} when it is not open any more */
  cancel(order: PaperOrder): void {
    if (!order.isOpen) throw new Refused('unknown_order')
    this.#end(order, 'canceled')
  }

  /**
   * Changes price or quantity under the same id. Less quantity at the same price keeps its place in the
   * queue; everything else goes to the end.
   * @throws {Refused}
   */
  amend(order: PaperOrder, price: Decimal, quantity: Decimal): void {
    if (!order.isOpen) throw new Refused('unknown_order')
    const before = { price: order.price, quantity: order.quantity }
    order.price = price
    order.quantity = quantity
    const reason = order.remaining.lte(0) ? 'lot_size' : this.#refusalOf(order, decimal(1))
    if (reason) {
      Object.assign(order, before)
      throw new Refused(reason)
    }
    const keepsPlace = before.price?.eq(price) && quantity.lte(before.quantity)
    if (!keepsPlace) {
      this.matching.remove(order)
      this.matching.rest(order)
    }
    order.updatedNs = this.#options.nowNs()
    this.#tell(order, 'AMENDMENT')
  }

  /** Long pays short at a positive rate. Nothing happens while flat. */
  settleFunding(rate: Decimal): void {
    const mark = this.mark
    if (!mark || this.account.position.eq(0)) return
    const amount = this.account.settle(rate, mark)
    const { instrument } = this.#options
    this.#funding.push({
      id: `funding-${this.#funding.length + 1}`,
      symbol: instrument.symbol,
      code: instrument.quote,
      amount: text(amount),
      timestamp: Number(this.#options.nowNs() / 1_000_000n),
      info: { incomeType: 'FUNDING_FEE', income: text(amount), fundingRate: text(rate) },
    })
  }

  /** The venue closes part of the position at the middle of the book, against somebody who was liquidated. */
  deleverage(share: Decimal): void {
    const { position } = this.account
    const { mid } = this.matching.book
    if (!mid || position.eq(0)) return
    const { lotSize, tickSize } = this.#options.instrument
    const lots = position.abs().times(share).div(lotSize).round(0, 3)
    const order = this.#venueOrder('adl', lots.times(lotSize))
    const price = mid.div(tickSize).round(0).times(tickSize)
    this.#fill({ order, price, quantity: order.quantity, liquidity: 'taker' }, zero)
  }

  #refusalOf(order: PaperOrder, share: Decimal): RefusalReason | undefined {
    const twin = this.#byClientId.get(order.request.clientOrderId)
    if (twin && twin !== order) return 'duplicate_client_order_id'
    const surroundings = this.#surroundings(share)
    return refusalByFilters(order, surroundings) ?? refusalByBook(order, surroundings)
  }

  #surroundings(share: Decimal): Surroundings {
    const { instrument, fees } = this.#options
    const { matching, account, mark } = this
    return { instrument, matching, account, mark, share, takerFee: fees.taker }
  }

  #execute(order: PaperOrder, share: Decimal): void {
    this.#apply(this.matching.take(order, share))
    if (!order.isOpen) return
    const { type, timeInForce } = order.request
    if (type === 'market' || timeInForce === 'IOC' || timeInForce === 'FOK')
      this.#end(order, 'expired')
    else this.matching.rest(order)
  }

  #apply(matches: readonly Match[]): void {
    for (const match of matches) {
      if (!match.order.isOpen) continue
      const rate = this.#options.fees[match.liquidity]
      const fill = { ...match, quantity: this.#reducible(match) }
      if (fill.quantity.gt(0))
        this.#fill(fill, fill.price.times(fill.quantity).times(rate).round(8))
      else this.#end(match.order, 'expired')
    }
  }

  /** A reduce-only order never turns the position round. */
  #reducible({ order, quantity }: Match): Decimal {
    if (!order.request.reduceOnly) return quantity
    const { position } = this.account
    const open = order.side === 'buy' ? position.times(-1) : position
    return open.lte(0) ? zero : least(quantity, open)
  }

  #fill(match: Match, fee: Decimal): void {
    const { order } = match
    const fill: PaperFill = {
      id: `${this.#options.idPrefix}f${(this.#fills += 1)}`,
      price: match.price,
      quantity: match.quantity,
      liquidity: match.liquidity,
      fee,
      timeNs: this.#options.nowNs(),
    }
    order.fills.push(fill)
    order.updatedNs = fill.timeNs
    this.account.fill(order.side, fill)
    if (order.remaining.eq(0)) {
      order.status = 'closed'
      this.matching.remove(order)
    }
    this.#tell(order, 'TRADE', fill)
  }

  #end(order: PaperOrder, status: 'canceled' | 'expired'): void {
    order.status = status
    order.updatedNs = this.#options.nowNs()
    this.matching.remove(order)
    this.#tell(order, status === 'canceled' ? 'CANCELED' : 'EXPIRED')
  }

  #expireOldOrders(): void {
    const nowMs = Number(this.#options.nowNs() / 1_000_000n)
    const old = this.matching.resting.filter(
      (order) => (order.request.expiresAtMs ?? Infinity) <= nowMs,
    )
    for (const order of old) this.#end(order, 'expired')
  }

  #liquidateIfDue(): void {
    const mark = this.mark
    if (!mark || !this.account.isLiquidatedAt(mark)) return
    for (const order of this.matching.resting.slice()) this.#end(order, 'canceled')
    const order = this.#venueOrder('liquidation', this.account.position.abs())
    this.#tell(order, 'NEW')
    this.#execute(order, decimal(1))
  }

  /** An order of the venue's own against our position. */
  #venueOrder(origin: 'liquidation' | 'adl', quantity: Decimal): PaperOrder {
    const side: Side = oppositeOf(this.account.position.gt(0) ? 'buy' : 'sell')
    const prefix = origin === 'liquidation' ? 'autoclose' : 'adl_autoclose'
    const request: OrderRequest = {
      clientOrderId: `${prefix}-${this.#nextId()}`,
      type: 'market',
      side,
      quantity,
      price: undefined,
      timeInForce: 'IOC',
      reduceOnly: true,
      expiresAtMs: undefined,
    }
    const order = new PaperOrder(this.#nextId(), request, this.#options.nowNs(), origin)
    this.#register(order)
    return order
  }

  /** Ids count up with what is accepted; a refused order uses none. */
  #nextId(): string {
    return `${this.#options.idPrefix}${this.#ids + 1}`
  }

  #register(order: PaperOrder): void {
    this.#ids += 1
    this.#orders.set(order.id, order)
    this.#byClientId.set(order.request.clientOrderId, order)
  }

  #tell(order: PaperOrder, happened: ExecutionType, fill?: PaperFill): void {
    this.#options.onOrder(order, happened, fill)
  }
}
