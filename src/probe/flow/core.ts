import { SpanStatusCode, context as contextApi, trace } from '@opentelemetry/api'
import type { Context, HrTime, Span, SpanKind, SpanOptions } from '@opentelemetry/api'
import { systemClock, wallTime } from '../../base/clock.ts'
import type { Clock } from '../../base/clock.ts'
import { randomTraceId } from '../../base/ids.ts'
import { normalizeAttributes } from '../../base/normalize.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import type { EventName } from '../../semconv/events.ts'
import type { Severity } from '../../semconv/severity.ts'
import type { MetricName } from '../../semconv/metrics.ts'
import type { SpanName } from '../../semconv/spans.ts'
import { withAttributes } from '../event/context.ts'
import { emitNamed } from '../event/emit.ts'
import { guarded } from '../event/fault.ts'
import { measure } from '../event/instruments.ts'
import { scope } from '../event/scope.ts'
import type { FlowsOptions } from './handles/flows.ts'

/** What every part of a flow works with: settings, clocks, spans, events. */

/** Attributes of whatever kind, before they are normalised. */
export type AnyAttributes = Readonly<Record<string, unknown>>

/** Where events go: a span in its context, and what its records and labels carry. */
export interface Scope {
  readonly context: Context
  readonly span: Span | undefined
  /** On records and labels, not repeated on the events of the span; all that the context hands down is among it. */
  readonly base: AnyAttributes
  readonly numbers: Numbers | undefined
}

/** Numbers of events and order-book snapshots within a task, or of snapshots within a flow. */
export class Numbers {
  readonly #countsEvents: boolean
  #event = 0
  #book = 0

  constructor(countsEvents: boolean) {
    this.#countsEvents = countsEvents
  }

  /** Number of the last event. */
  get event(): number {
    return this.#event
  }

  /** Number of a new snapshot; later events point to it. */
  nextBook(): number {
    this.#book += 1
    return this.#book
  }

  stamp(attributes: Record<string, unknown>): void {
    if (this.#countsEvents) {
      this.#event += 1
      attributes['trading.sequence'] = this.#event
    }
    if (this.#book > 0) attributes['trading.book.sequence'] ??= this.#book
  }
}

/** How an event of a flow is emitted. */
export interface FlowEmission {
  readonly message?: string | undefined
  readonly severity?: Severity | undefined
  readonly exception?: unknown
  /** What the caller added; it never hides what is measured. */
  readonly extra?: AnyAttributes | undefined
}

/** Options with their defaults. */
export interface Settings {
  readonly flowAgeMaxMs: number
  readonly hedgeDelayLimitMs: number
  readonly foreignGraceMs: number
  readonly endedKeepMs: number
  readonly endedKeepMax: number
  readonly liquidationDistanceMin: number
  readonly markIntervalMs: number
}

/** Settings, clocks, spans and events of one {@link Flows}. */
export class Core {
  readonly clock: Clock
  readonly settings: Settings
  readonly attributes: AnyAttributes
  readonly runId: string
  readonly commit: string | undefined

  constructor(options: FlowsOptions) {
    this.clock = options.clock ?? systemClock
    this.attributes = options.attributes ?? {}
    this.runId = options.runId ?? randomTraceId()
    this.commit = options.commit
    this.settings = {
      flowAgeMaxMs: options.flowAgeMaxMs ?? 3_600_000,
      hedgeDelayLimitMs: options.hedgeDelayLimitMs ?? 1000,
      foreignGraceMs: options.foreignGraceMs ?? 2000,
      endedKeepMs: options.endedKeepMs ?? 3_600_000,
      endedKeepMax: options.endedKeepMax ?? 10_000,
      liquidationDistanceMin: options.liquidationDistanceMin ?? 0.2,
      markIntervalMs: options.markIntervalMs ?? 1000,
    }
  }

  /** Monotonic milliseconds: for durations. */
  nowMs(): number {
    return this.clock.monotonicMs()
  }

  /** Wall time of the machine in milliseconds since the epoch: against venue times. */
  wallMs(): number {
    return Number(this.clock.wallNs() / 1_000_000n)
  }

  /** Wall time now, or so many milliseconds ago. */
  time(agoMs = 0): HrTime {
    // The common case, without bigints.
    if (agoMs === 0 && this.clock === systemClock) return wallTime()
    const ns = this.clock.wallNs() - BigInt(Math.round(agoMs * 1e6))
    const seconds = ns / 1_000_000_000n
    return [Number(seconds), Number(ns - seconds * 1_000_000_000n)]
  }

  startSpan(
    name: SpanName,
    kind: SpanKind,
    attributes: AnyAttributes,
    options: Pick<SpanOptions, 'links' | 'root'> & {
      readonly parent: Context
      /** It began so many milliseconds ago. */
      readonly agoMs?: number
    },
  ): Span {
    const { agoMs, parent, ...rest } = options
    return trace.getTracer(scope.name, scope.version).startSpan(
      name,
      {
        ...rest,
        kind,
        attributes: normalizeAttributes(attributes),
        startTime: this.time(agoMs),
      },
      parent,
    )
  }

  /** Sets attributes on a span, unless it has ended: what is learned later is in the records alone. */
  setAttributes(span: Span, attributes: AnyAttributes): void {
    if (span.isRecording()) span.setAttributes(normalizeAttributes(attributes))
  }

  endSpan(span: Span, attributes: AnyAttributes, error?: string): void {
    span.setAttributes(normalizeAttributes(attributes))
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error })
    span.end(this.time())
  }

  /** Emits an event of a flow: record, event on the span, metrics, with its number in the task. */
  emit(
    to: Scope,
    name: EventName,
    attributes: TradingAttributes,
    emission: FlowEmission = {},
  ): void {
    let own: AnyAttributes = attributes
    if (emission.extra || to.numbers) {
      const stamped = { ...emission.extra, ...attributes }
      to.numbers?.stamp(stamped)
      own = stamped
    }
    emitNamed(name, own, {
      context: to.context,
      base: to.base,
      time: this.time(),
      message: emission.message,
      severity: emission.severity,
      exception: emission.exception,
    })
  }

  measure(to: Scope, metric: MetricName, value: number, attributes?: AnyAttributes): void {
    measure(metric, value, to.base, attributes)
  }
}

/** The context of a span, whose records inherit `attributes`. */
export function contextOf(parent: Context, span: Span, attributes: AnyAttributes): Context {
  return withAttributes(trace.setSpan(parent, span), attributes)
}

/**
 * Runs `fn` in a context. `onThrow` sees what it throws, or what its promise rejects with; then it is thrown on.
 * A fault of `onThrow` itself never hides the error of the bot.
 */
export function runIn<T>(context: Context, fn: () => T, onThrow: (error: unknown) => void): T {
  const tell = (error: unknown): void => {
    guarded('run', () => onThrow(error))
  }
  let result: T
  try {
    result = contextApi.with(context, fn)
  } catch (error) {
    tell(error)
    throw error
  }
  // A second branch of the promise: the bot gets its own promise back, unchanged.
  if (result instanceof Promise) result.then(undefined, tell)
  return result
}

/** The error as one line for a span status. */
export function errorText(error: unknown): string {
  if (error instanceof Error) return error.message === '' ? error.name : error.message
  return typeof error === 'string' ? error : 'unknown error'
}

/** Attributes whose value is undefined left out, so that they pass as they are. */
export function defined(attributes: AnyAttributes): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const key of Object.keys(attributes)) {
    if (attributes[key] !== undefined) kept[key] = attributes[key]
  }
  return kept
}
