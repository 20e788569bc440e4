import type { Context, Span } from '@opentelemetry/api'
import type { DecimalInput } from '../../../base/decimal-input.ts'
import type {
  DenyReason,
  FlowOutcome,
  Side,
  SignalReason,
  SnapshotTrigger,
} from '../../../semconv/words.ts'
import type { ArbitrageOptions, Books } from './book.ts'
import type { DetectorConditionOptions } from './condition.ts'
import type { Hedge, HedgeOptions, Unwind, UnwindOptions } from './hedge.ts'
import type { Order, OrderOptions } from './order.ts'
import type { Position, PositionOptions } from './position.ts'

/** What the detector looked at and decided. Each call is one event. */
export interface Checks {
  /** The average true range was computed. */
  atr(check: {
    readonly value: number
    readonly period?: number | undefined
    readonly threshold?: number | undefined
    readonly passed?: boolean | undefined
    readonly state?: unknown
  }): void
  /** The price velocity was compared with its threshold. */
  velocity(check: {
    /** Price change over the window, as a ratio. */
    readonly value: number
    readonly threshold?: number | undefined
    readonly passed?: boolean | undefined
    readonly state?: unknown
  }): void
  /** The candle pattern was judged. */
  pattern(check: {
    readonly name: string
    readonly matched: boolean
    readonly candle?: unknown
  }): void
  /** A candle changed or was closed. */
  kline(change: {
    readonly candle: unknown
    readonly intervalMs?: number | undefined
    /** Changed fields with old and new value. */
    readonly change?: unknown
  }): void
  /** A filter stopped the signal. On a signal it ends the flow. */
  filtered(filter: {
    readonly filter?: string | undefined
    readonly reason?: SignalReason | undefined
    readonly value?: number | undefined
    readonly threshold?: number | undefined
  }): void
  /** The detector waits before it may signal again. */
  cooldown(cooldown: { readonly remainingMs: number }): void
}

/** A detector: its checks are events also where no signal comes of them. */
export interface Detector extends Checks {
  /**
   * Reports whether a condition holds, at every tick if you like: a line is written when it begins, changes its level,
   * or ends. Answers why there was no signal, with `fillpath query why`.
   * @example detector.condition('spread_too_wide', spread > limit, { value: spread, threshold: limit })
   */
  condition(name: string, holds: boolean, options?: DetectorConditionOptions): void
  /** A signal of this detector; symbol and strategy are its own. */
  signal(options: Omit<SignalOptions, 'symbol' | 'strategy'>): Signal
}

/** A signal that was decided: a flow begins. */
export interface SignalOptions {
  /** Market, in the ccxt form. */
  readonly symbol: string
  readonly strategy?: string | undefined
  readonly side?: Side | undefined
  /** Mid, or the chosen side, at the instant of the signal. */
  readonly decisionPrice?: DecimalInput | undefined
  /** Quantity that was decided, in the unit of its orders; see also {@link Signal.positionSize}. */
  readonly quantity?: DecimalInput | undefined
  /** Foreign id that joins records; its trace id follows by rule. @default the trace id itself */
  readonly correlationId?: string | undefined
  /** Id that the detector gave. */
  readonly signalId?: string | undefined
  readonly reason?: SignalReason | undefined
  /** 0 to 1. */
  readonly confidence?: number | undefined
  readonly atr?: number | undefined
  readonly velocity?: number | undefined
  readonly pattern?: string | undefined
  /** Venue time of the market event behind it, milliseconds since the epoch: gives the detection latency. */
  readonly marketTimeMs?: number | undefined
  /** Above this age the flow is ended as `abandoned`. @default what createFlows was told */
  readonly ageMaxMs?: number | undefined
  /** Context to link to, such as that of a message which brought the signal. */
  readonly link?: Context | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

/**
 * The root of one flow. It ends once: opened, denied, rejected, filtered, unwound, expired, canceled or failed.
 *
 * No method throws. A flow that nobody ends is ended as `abandoned`, with a warning, when its handle is lost or its age
 * passes. A call after the end is recorded and counted, and still does what it can.
 */
export interface Signal extends Checks {
  /** Trace id of the flow, which is its correlation id unless a foreign one was given. */
  readonly traceId: string
  readonly correlationId: string
  readonly symbol: string
  readonly span: Span
  /** Context in which records belong to this flow. */
  readonly context: Context
  readonly ended: boolean
  readonly outcome: FlowOutcome | undefined

  /** Runs `fn`: everything inside, awaited or not, carries this trace. What it throws ends the flow as `failed` and is thrown on. */
  run<T>(fn: () => T): T
  /** A function that runs in the context of this flow, for callbacks. */
  bind<Parameters extends readonly unknown[], Result>(
    fn: (...parameters: Parameters) => Result,
  ): (...parameters: Parameters) => Result

  /** The executor took the signal. */
  received(): void
  /** The quantity was decided, in the unit of the orders. */
  positionSize(size: { readonly quantity: DecimalInput; readonly risk?: unknown }): void
  leverage(leverage: {
    readonly leverage: number
    readonly marginMode?: 'cross' | 'isolated' | undefined
  }): void
  /** Where and how much to hedge was decided. From here on, fills count as uncovered until they are hedged. */
  hedgeTarget(target: {
    readonly venue: string
    readonly quantity?: DecimalInput | undefined
    readonly priceLimit?: DecimalInput | undefined
  }): void

  order(options: OrderOptions): Order
  hedge(options: HedgeOptions): Hedge
  unwind(options?: UnwindOptions): Unwind
  /** Order books of any number of venues at one instant; later events of the flow point to it. Returns its number. */
  snapshot(trigger: SnapshotTrigger, books: Books, arbitrage?: ArbitrageOptions): number

  /** The position is open: ends the flow and starts the trace of the position. */
  opened(options: PositionOptions): Position
  /** The own risk check said no. */
  denied(denial: { readonly reason: DenyReason; readonly limit?: string | undefined }): void
  /** The venue would not take it. */
  rejected(): void
  /** The signal is too old to act on. */
  expired(): void
  /** Called off by the bot or a person. */
  canceled(reason?: string): void
  failed(error?: unknown): void
  /** Any other end, or one with the price that an unfilled part is valued at. */
  end(
    outcome: Exclude<FlowOutcome, 'interrupted' | 'abandoned'>,
    options?: { readonly endPrice?: DecimalInput | undefined },
  ): void
}
