/**
 * An exchange as a bot sees it: the part of ccxt's unified interface that the bot uses, in ccxt's words and
 * shapes, with numbers as decimal strings (ccxt: `exchange.number = String`). A real ccxt exchange set that
 * way can take the place of a paper venue.
 */
import type { Side } from '../market/event.ts'

export type { Side }

/** What the bot uses of the many. */
export type OrderType = 'limit' | 'market'

/** `PO` is post-only, ccxt's word. */
export type TimeInForce = 'GTC' | 'IOC' | 'FOK' | 'PO' | 'GTD'

/** ccxt has no status of its own for a partial fill: it is `open` with `filled` above zero. */
export type OrderStatus = 'open' | 'closed' | 'canceled' | 'expired' | 'rejected'

/** Paid; a negative cost is a rebate. */
export interface Fee {
  readonly currency: string
  readonly cost: string
}

/** One fill of an order of ours, or a public trade (`order` is undefined then). */
export interface Trade {
  readonly id: string
  readonly order: string | undefined
  readonly clientOrderId?: string | undefined
  readonly timestamp: number
  readonly datetime: string
  readonly symbol: string
  readonly side: Side
  readonly price: string
  readonly amount: string
  readonly cost: string
  readonly takerOrMaker: 'taker' | 'maker' | undefined
  readonly fee: Fee | undefined
  readonly info: Raw
}

/** The venue's own message, as it is. */
export type Raw = Readonly<Record<string, unknown>>

/** An order in ccxt's shape. */
export interface Order {
  readonly id: string
  readonly clientOrderId: string
  readonly timestamp: number
  readonly datetime: string
  readonly lastTradeTimestamp: number | undefined
  readonly lastUpdateTimestamp: number
  readonly symbol: string
  readonly type: OrderType
  readonly timeInForce: TimeInForce
  readonly postOnly: boolean
  readonly reduceOnly: boolean
  readonly side: Side
  readonly price: string | undefined
  readonly average: string | undefined
  readonly amount: string
  readonly filled: string
  readonly remaining: string
  readonly cost: string
  readonly status: OrderStatus
  readonly fee: Fee
  /** The fills this message tells of; of a fetched order all. */
  readonly trades: readonly Trade[]
  readonly info: Raw
}

/** Levels, best first. */
export interface OrderBook {
  readonly symbol: string
  readonly bids: readonly (readonly [price: string, amount: string])[]
  readonly asks: readonly (readonly [price: string, amount: string])[]
  readonly timestamp: number
  readonly datetime: string
  /** Counts the changes of the book. */
  readonly nonce: number
}

/** The prices of the moment, by source. */
export interface Ticker {
  readonly symbol: string
  readonly timestamp: number
  readonly bid: string | undefined
  readonly ask: string | undefined
  readonly last: string | undefined
  readonly markPrice: string | undefined
}

/** Money of one currency. */
export interface Balance {
  readonly free: string
  readonly used: string
  readonly total: string
}

/** The open position. */
export interface Position {
  readonly symbol: string
  readonly side: 'long' | 'short'
  readonly contracts: string
  readonly entryPrice: string
  readonly markPrice: string
  readonly liquidationPrice: string
  readonly unrealizedPnl: string
  readonly notional: string
  readonly leverage: number
  readonly initialMargin: string
  readonly maintenanceMargin: string
  readonly marginMode: 'isolated'
  readonly timestamp: number
}

/** A funding settlement; a negative amount was paid. */
export interface FundingPayment {
  readonly id: string
  readonly symbol: string
  readonly code: string
  readonly amount: string
  readonly timestamp: number
  readonly info: Raw
}

/** ccxt's `params` of `createOrder`. */
export interface OrderParams {
  readonly clientOrderId?: string
  readonly timeInForce?: TimeInForce
  readonly postOnly?: boolean
  readonly reduceOnly?: boolean
  /** With `GTD`: when the venue expires the order, Unix ms. */
  readonly expiresAt?: number
}

/** How to find an order when its id never came back. */
export interface OrderLookup {
  readonly clientOrderId?: string
}

/** Every call takes market time; every call can fail with a `BaseError` of `exchange-error.ts`. */
export interface Exchange {
  readonly id: string
  /** `recvWindow`: how late the venue still accepts a request, ms. */
  readonly options: { readonly recvWindow: number }
  /** Request weight used in the running window, and what is allowed: a venue says both in its headers. */
  readonly usedWeight: number
  readonly weightLimit: number
  // oxlint-disable-next-line max-params -- the signature is ccxt's
  createOrder(
    symbol: string,
    type: OrderType,
    side: Side,
    amount: string,
    price?: string,
    params?: OrderParams,
  ): Promise<Order>
  // oxlint-disable-next-line max-params -- the signature is ccxt's
  editOrder(
    id: string,
    symbol: string,
    type: OrderType,
    side: Side,
    amount: string,
    price: string,
  ): Promise<Order>
  cancelOrder(id: string, symbol: string, params?: OrderLookup): Promise<Order>
  fetchOrder(id: string, symbol: string, params?: OrderLookup): Promise<Order>
  fetchOpenOrders(symbol: string): Promise<readonly Order[]>
  fetchMyTrades(symbol: string, since?: number): Promise<readonly Trade[]>
  fetchOrderBook(symbol: string, limit?: number): Promise<OrderBook>
  fetchTicker(symbol: string): Promise<Ticker>
  fetchBalance(): Promise<Readonly<Record<string, Balance>>>
  fetchPositions(symbols?: readonly string[]): Promise<readonly Position[]>
  fetchFundingHistory(symbol: string, since?: number): Promise<readonly FundingPayment[]>
  setLeverage(leverage: number, symbol: string): Promise<void>
  /** The next messages of the user stream. Rejects when the connection breaks; call again to reconnect. */
  watchOrders(symbol: string): Promise<readonly Order[]>
  watchTrades(symbol: string): Promise<readonly Trade[]>
  watchOrderBook(symbol: string): Promise<OrderBook>
}
