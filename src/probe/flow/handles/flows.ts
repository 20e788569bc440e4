import type { Clock } from '../../../base/clock.ts'
import type { DenyReason, TradingState } from '../../../semconv/words.ts'
import type { AnyUpdate } from '../order/update.ts'
import type { ConditionOptions, StandingCondition } from './condition.ts'
import type { Order } from './order.ts'
import type { LinkedPositionOptions, Position } from './position.ts'
import type { Detector, Signal, SignalOptions } from './signal.ts'
import type { Task, TaskOptions } from './task.ts'

/** How flows behave. */
export interface FlowsOptions {
  /** @default the clocks of the machine */
  readonly clock?: Clock | undefined
  /** Attributes of every flow: mode, account, bot id where it is not on the resource. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
  /** One life of the process, on task events. @default a new random id */
  readonly runId?: string | undefined
  /** Commit of the bot's code, on task events. */
  readonly commit?: string | undefined
  /** A flow older than this that nobody ended is ended as `abandoned`. 0: never. @default 3_600_000 */
  readonly flowAgeMaxMs?: number | undefined
  /** A hedge above this latency is delayed. @default 1_000 */
  readonly hedgeDelayLimitMs?: number | undefined
  /** How long an update for an order nobody knows waits for an order in flight to get that id. @default 2_000 */
  readonly foreignGraceMs?: number | undefined
  /** How long an ended order is still found, for late fills. @default 3_600_000 */
  readonly endedKeepMs?: number | undefined
  /** Ended orders that are kept at most. @default 10_000 */
  readonly endedKeepMax?: number | undefined
  /** Distance to the liquidation price below which a warning is given, as a ratio of the mark. @default 0.2 */
  readonly liquidationDistanceMin?: number | undefined
  /** Least time between two `marked` events of one position. @default 1_000 */
  readonly markIntervalMs?: number | undefined
}

/** Flows from signal to position. One per process is enough; several do not disturb each other. */
export interface Flows {
  /** A detector decided: a flow begins. */
  signal(options: SignalOptions): Signal
  /** A detector whose checks are events also where no signal comes of them. */
  detector(options: { readonly symbol: string; readonly strategy?: string | undefined }): Detector
  /**
   * Reports whether a condition holds. What it is about (name, symbol, venue, strategy) tells it from others. A line is
   * written when it begins to hold, changes its level, or holds no more; reports between these are counted.
   * @param name a word, low in cardinality: `api_key_expires`, not an id
   */
  condition(name: string, holds: boolean, options?: ConditionOptions): void
  task(options: TaskOptions): Task
  /**
   * A position that no flow of this process opened: found at start, or opened by hand. The one that a hedge opened at
   * its own venue is made with `link: hedge.context`: it is linked to the flow, and carries its correlation id.
   */
  position(options: LinkedPositionOptions): Position
  /**
   * What a venue said about an order: a ccxt order or trade as it is, or an {@link OrderUpdate}. From any context; the
   * order is found by client order id, order id or exec id. One that the bot never sent gets a span of its own.
   * @returns the order, or undefined while an update waits for an order in flight, and for what is no order
   */
  update(update: AnyUpdate, from?: { readonly venue?: string | undefined }): Order | undefined
  /** The order with this client order id, order id or exec id. */
  find(id: string, at?: { readonly venue?: string | undefined }): Order | undefined
  /** What the bot may do changed: anything, only reduce, nothing. */
  tradingState(
    state: TradingState,
    change?: { readonly reason?: DenyReason | undefined; readonly text?: string | undefined },
  ): void
  /** What is open now. */
  open(): {
    readonly signals: number
    readonly orders: readonly Order[]
    readonly positions: readonly Position[]
    readonly tasks: readonly Task[]
    /** Conditions that hold, the longest first. */
    readonly conditions: readonly StandingCondition[]
  }
  /** Ends what is open as `interrupted`. Telemetry calls it at shutdown, before it flushes. Safe to call twice. */
  close(reason?: string): void
}
