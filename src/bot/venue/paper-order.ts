/** An order inside a paper venue, and the messages the venue makes of it. */
import { decimal, text, zero, type Decimal } from '../decimal.ts'
import type { Instrument, MarketTrade, Side } from '../market/event.ts'
import type { Order, OrderStatus, OrderType, Raw, TimeInForce, Trade } from './exchange.ts'

/** What somebody wants: exact numbers, nothing left open. */
export interface OrderRequest {
  readonly clientOrderId: string
  readonly type: OrderType
  readonly side: Side
  readonly quantity: Decimal
  /** Undefined for market orders. */
  readonly price: Decimal | undefined
  readonly timeInForce: TimeInForce
  readonly reduceOnly: boolean
  readonly expiresAtMs: number | undefined
}

/** Who made the order: the bot, or the venue itself against the bot's position. */
export type Origin = 'user' | 'liquidation' | 'adl'

/** One execution, with the fee it cost. */
export interface PaperFill {
  readonly id: string
  readonly price: Decimal
  readonly quantity: Decimal
  readonly liquidity: 'maker' | 'taker'
  readonly fee: Decimal
  readonly timeNs: bigint
}

/** FIX ExecType and Binance `x`: what happened, apart from what holds. */
export type ExecutionType = 'NEW' | 'TRADE' | 'CANCELED' | 'EXPIRED' | 'AMENDMENT'

/** Invariant: quantity = filled + what `remaining` says, and filled is the sum of the fills. */
export class PaperOrder {
  readonly id: string
  readonly request: OrderRequest
  readonly origin: Origin
  readonly createdNs: bigint
  readonly fills: PaperFill[] = []
  quantity: Decimal
  price: Decimal | undefined
  status: OrderStatus = 'open'
  updatedNs: bigint
  /** Quantity that was at this price before us and must trade or leave first. */
  ahead: Decimal = zero
  /** What traded for us and is not a whole lot yet. */
  belowLot: Decimal = zero

  constructor(id: string, request: OrderRequest, nowNs: bigint, origin: Origin = 'user') {
    this.id = id
    this.request = request
    this.origin = origin
    this.quantity = request.quantity
    this.price = request.price
    this.createdNs = nowNs
    this.updatedNs = nowNs
  }

  get side(): Side {
    return this.request.side
  }

  get filled(): Decimal {
    return this.fills.reduce((sum, fill) => sum.plus(fill.quantity), zero)
  }

  get remaining(): Decimal {
    return this.quantity.minus(this.filled)
  }

  get cost(): Decimal {
    return this.fills.reduce((sum, fill) => sum.plus(fill.price.times(fill.quantity)), zero)
  }

  get fee(): Decimal {
    return this.fills.reduce((sum, fill) => sum.plus(fill.fee), zero)
  }

  get isOpen(): boolean {
    return this.status === 'open'
  }
}

const rawStatus: Readonly<Record<OrderStatus, string>> = {
  open: 'NEW',
  closed: 'FILLED',
  canceled: 'CANCELED',
  expired: 'EXPIRED',
  rejected: 'REJECTED',
}

/** The order as it is now, in ccxt's shape. `fills` are those the message tells of. */
export function toOrder(
  order: PaperOrder,
  instrument: Instrument,
  fills: readonly PaperFill[],
  info: Raw = rawOrder(order, instrument),
): Order {
  const { request } = order
  const filled = order.filled
  const timestamp = toMs(order.createdNs)
  const lastFill = order.fills.at(-1)
  return {
    id: order.id,
    clientOrderId: request.clientOrderId,
    timestamp,
    datetime: new Date(timestamp).toISOString(),
    lastTradeTimestamp: lastFill && toMs(lastFill.timeNs),
    lastUpdateTimestamp: toMs(order.updatedNs),
    symbol: instrument.symbol,
    type: request.type,
    timeInForce: request.timeInForce,
    postOnly: request.timeInForce === 'PO',
    reduceOnly: request.reduceOnly,
    side: request.side,
    price: order.price && text(order.price),
    average: filled.eq(0) ? undefined : text(order.cost.div(filled)),
    amount: text(order.quantity),
    filled: text(filled),
    remaining: text(order.remaining),
    cost: text(order.cost),
    status: order.status,
    fee: { currency: instrument.quote, cost: text(order.fee) },
    trades: fills.map((fill) => toTrade(order, instrument, fill)),
    info,
  }
}

/** One fill as `fetchMyTrades` gives it. */
export function toTrade(order: PaperOrder, instrument: Instrument, fill: PaperFill): Trade {
  const timestamp = toMs(fill.timeNs)
  return {
    id: fill.id,
    order: order.id,
    clientOrderId: order.request.clientOrderId,
    timestamp,
    datetime: new Date(timestamp).toISOString(),
    symbol: instrument.symbol,
    side: order.side,
    price: text(fill.price),
    amount: text(fill.quantity),
    cost: text(fill.price.times(fill.quantity)),
    takerOrMaker: fill.liquidity,
    fee: { currency: instrument.quote, cost: text(fill.fee) },
    info: {
      t: fill.id,
      i: order.id,
      L: text(fill.price),
      l: text(fill.quantity),
      m: fill.liquidity === 'maker',
      n: text(fill.fee),
      N: instrument.quote,
    },
  }
}

/** Somebody's trade as `watchTrades` gives it. */
export function publicTrade(event: MarketTrade, instrument: Instrument): Trade {
  const timestamp = toMs(event.timeNs)
  return {
    id: event.id,
    order: undefined,
    timestamp,
    datetime: new Date(timestamp).toISOString(),
    symbol: instrument.symbol,
    side: event.aggressor,
    price: event.price,
    amount: event.quantity,
    cost: text(decimal(event.price).times(event.quantity)),
    takerOrMaker: undefined,
    fee: undefined,
    info: {},
  }
}

/** A message of the user stream, in the words of Binance futures (`x` what happened, `X` what holds). */
export function rawUpdate(
  order: PaperOrder,
  instrument: Instrument,
  happened: ExecutionType,
  fill?: PaperFill,
): Raw {
  return {
    e: 'ORDER_TRADE_UPDATE',
    s: instrument.base + instrument.quote,
    c: order.request.clientOrderId,
    i: order.id,
    S: order.side.toUpperCase(),
    o: order.origin === 'user' ? order.request.type.toUpperCase() : 'LIQUIDATION',
    f: order.request.timeInForce === 'PO' ? 'GTX' : order.request.timeInForce,
    x: happened,
    X: rawStatusOf(order),
    p: text(order.price ?? zero),
    q: text(order.quantity),
    z: text(order.filled),
    T: toMs(order.updatedNs),
    ...(fill && {
      t: fill.id,
      L: text(fill.price),
      l: text(fill.quantity),
      m: fill.liquidity === 'maker',
      n: text(fill.fee),
      N: instrument.quote,
    }),
  }
}

function rawOrder(order: PaperOrder, instrument: Instrument): Raw {
  return {
    symbol: instrument.base + instrument.quote,
    orderId: order.id,
    clientOrderId: order.request.clientOrderId,
    status: rawStatusOf(order),
    origQty: text(order.quantity),
    executedQty: text(order.filled),
    updateTime: toMs(order.updatedNs),
  }
}

function rawStatusOf(order: PaperOrder): string {
  return order.isOpen && order.filled.gt(0) ? 'PARTIALLY_FILLED' : rawStatus[order.status]
}

function toMs(timeNs: bigint): number {
  return Number(timeNs / 1_000_000n)
}
