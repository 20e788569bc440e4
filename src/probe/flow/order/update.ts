import type { DecimalInput } from '../../../base/decimal-input.ts'
import type {
  Liquidity,
  OrderEvent,
  OrderOrigin,
  OrderStatus,
  OrderType,
  RejectReason,
  Settlement,
  Side,
  TimeInForce,
} from '../../../semconv/words.ts'

/**
 * What a venue says about an order, in one shape whatever the venue. Every field is optional: a message says what it
 * says, and what is missing is taken from what is known.
 *
 * Quantities are in the unit of the order (contracts for futures), prices in quote money, both as the venue wrote
 * them. Times are milliseconds since the Unix epoch, of the venue's clock.
 */
export interface OrderUpdate {
  readonly venue?: string | undefined
  readonly symbol?: string | undefined
  readonly account?: string | undefined
  /** Own id, made before sending. */
  readonly clientOrderId?: string | undefined
  /** Id that the venue gave. */
  readonly orderId?: string | undefined
  /** Order id under which a conditional order goes on once it was triggered. */
  readonly triggeredOrderId?: string | undefined
  /** Client order id that this order replaces, or that a cancel was sent under. */
  readonly originalClientOrderId?: string | undefined
  readonly side?: Side | undefined
  readonly type?: OrderType | undefined
  readonly timeInForce?: TimeInForce | undefined
  readonly quantity?: DecimalInput | undefined
  readonly price?: DecimalInput | undefined
  readonly stopPrice?: DecimalInput | undefined
  readonly reduceOnly?: boolean | undefined
  readonly postOnly?: boolean | undefined
  /** What holds now. */
  readonly status?: OrderStatus | undefined
  /** What happened. */
  readonly event?: OrderEvent | undefined
  /** Status and event exactly as the venue wrote them. */
  readonly venueStatus?: string | undefined
  readonly venueEvent?: string | undefined
  /** Filled so far. Where it is ahead of the fills that are known, a fill is derived from the difference. */
  readonly filledQuantity?: DecimalInput | undefined
  /** Average price of what is filled so far. */
  readonly averagePrice?: DecimalInput | undefined
  /** The fill, or the fills, that this message brings. */
  readonly fill?: Fill | undefined
  readonly fills?: readonly Fill[] | undefined
  /** The fill that the venue takes back. A trade correct brings the fill that takes its place too, in `fill`. */
  readonly bust?: Bust | undefined
  /** Fees of the order so far. Taken only while no fill has told its own. */
  readonly fee?: DecimalInput | undefined
  readonly feeCurrency?: string | undefined
  readonly rejectReason?: RejectReason | undefined
  readonly rejectCode?: string | undefined
  readonly rejectText?: string | undefined
  /** Why it was canceled or expired. */
  readonly cancelReason?: string | undefined
  readonly origin?: OrderOrigin | undefined
  readonly timeMs?: number | undefined
}

/** One fill. The same `execId` counts once. */
export interface Fill {
  /** Execution id of the venue. */
  readonly execId?: string | undefined
  /** @default the limit price of the order */
  readonly price?: DecimalInput | undefined
  /** @default what is still open */
  readonly quantity?: DecimalInput | undefined
  readonly liquidity?: Liquidity | undefined
  /** Fee paid; negative = rebate. */
  readonly fee?: DecimalInput | undefined
  /** @default what the symbol is settled in (`BTC` of `BTC/USD:BTC`), else its quote currency */
  readonly feeCurrency?: string | undefined
  /** What was paid beyond `fee`, in other currencies (a part in BNB, the rest in quote money). */
  readonly furtherFees?: readonly FillFee[] | undefined
  /** On-chain state, where fills settle later. */
  readonly settlement?: Settlement | undefined
  readonly txHash?: string | undefined
  readonly timeMs?: number | undefined
}

/**
 * A fill that the venue takes back: FIX 150 = H (trade cancel) or G (trade correct), a mistrade, a failed settlement. It goes
 * as a whole: what is left of it, where only a part is taken back, comes as a fill beside it, with an `execId` of its own.
 */
export interface Bust {
  /** Execution id of the fill (FIX 19, ExecRefID). */
  readonly execId: string
  /** Execution id of the report that says so (FIX 17). */
  readonly reportId?: string | undefined
  /** Of a fill that was never told by itself; of any other that of the fill counts. */
  readonly quantity?: DecimalInput | undefined
  readonly price?: DecimalInput | undefined
  readonly settlement?: Settlement | undefined
  readonly txHash?: string | undefined
}

/** A part of the fee of a fill. */
export interface FillFee {
  readonly fee: DecimalInput
  /** @default as in {@link Fill} */
  readonly feeCurrency?: string | undefined
}

type Maybe<T> = T | null | undefined

/** A fee as ccxt gives it. */
export interface CcxtFee {
  readonly cost?: Maybe<number | string>
  readonly currency?: Maybe<string>
}

/**
 * A ccxt order, as it is. Only these fields are read. Of its own `fees` one is taken, not a sum in several currencies:
 * those are taken from its trades.
 */
export interface CcxtOrder {
  readonly id: Maybe<string>
  readonly clientOrderId?: Maybe<string>
  readonly symbol?: Maybe<string>
  readonly type?: Maybe<string>
  readonly side?: Maybe<string>
  readonly price?: Maybe<number | string>
  readonly triggerPrice?: Maybe<number | string>
  readonly stopPrice?: Maybe<number | string>
  readonly amount?: Maybe<number | string>
  readonly filled?: Maybe<number | string>
  readonly remaining?: Maybe<number | string>
  readonly average?: Maybe<number | string>
  readonly status?: Maybe<string>
  readonly timeInForce?: Maybe<string>
  readonly postOnly?: Maybe<boolean>
  readonly reduceOnly?: Maybe<boolean>
  readonly timestamp?: Maybe<number>
  readonly lastTradeTimestamp?: Maybe<number>
  readonly lastUpdateTimestamp?: Maybe<number>
  readonly trades?: Maybe<readonly CcxtTrade[]>
  readonly fee?: Maybe<CcxtFee>
  readonly fees?: Maybe<readonly CcxtFee[]>
  readonly info?: unknown
}

/** A ccxt trade of one's own (fetchMyTrades, watchMyTrades), as it is. Only these fields are read; each of its `fees` is. */
export interface CcxtTrade {
  readonly id?: Maybe<string>
  readonly order?: Maybe<string>
  readonly symbol?: Maybe<string>
  readonly side?: Maybe<string>
  readonly type?: Maybe<string>
  readonly takerOrMaker?: Maybe<string>
  readonly price?: Maybe<number | string>
  readonly amount?: Maybe<number | string>
  readonly cost?: Maybe<number | string>
  readonly fee?: Maybe<CcxtFee>
  readonly fees?: Maybe<readonly CcxtFee[]>
  readonly timestamp?: Maybe<number>
  readonly info?: unknown
}

/** What {@link Flows.update} takes. */
export type AnyUpdate = OrderUpdate | CcxtOrder | CcxtTrade
