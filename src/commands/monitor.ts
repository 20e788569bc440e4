/** Counts what comes in, for the summary that `fillpath tail` gives every few seconds. */
import { percentiles } from '../base/percentile.ts'
import { severities } from '../semconv/severity.ts'
import { durationText } from './time-text.ts'
import { many } from './words.ts'
import type { AttributeName } from '../semconv/attributes.ts'
import type { EventName } from '../semconv/events.ts'
import type { LogRecord } from '../wire/record.ts'
import type { Style } from './output.ts'

/** What was counted. */
interface Counts {
  signals: number
  orders: number
  fills: number
  hedges: number
  hedges_failed: number
  errors: number
  warnings: number
}

type Counted = Exclude<keyof Counts, 'errors' | 'warnings'>

const counted: Readonly<Partial<Record<EventName, readonly Counted[]>>> = {
  'trading.signal.detected': ['signals'],
  'trading.order.submitted': ['orders'],
  'trading.order.partially_filled': ['fills'],
  'trading.order.filled': ['fills'],
  'trading.hedge.completed': ['hedges'],
  'trading.hedge.failed': ['hedges', 'hedges_failed'],
}

/** Durations that are told, by the event that has them. */
const timed: Readonly<
  Partial<Record<EventName, { readonly name: string; readonly attribute: AttributeName }>>
> = {
  'trading.order.accepted': { name: 'ack', attribute: 'trading.order.ack_latency_ms' },
  'trading.hedge.completed': { name: 'hedge', attribute: 'trading.hedge.latency_ms' },
  'trading.api.response': { name: 'api', attribute: 'trading.api.duration_ms' },
}

/** Durations of one kind. */
interface Spread {
  readonly count: number
  readonly p50: number
  readonly p95: number
}

/** What came in during a while, and in all. */
export interface MonitorSummary extends Readonly<Counts> {
  readonly at: string
  /** Length of the while; null for what is stored, of any time. */
  readonly seconds: number | null
  /** By kind: `ack`, `hedge`, `api`. Only those of which there was one. */
  readonly latency_ms: Readonly<Record<string, Spread>>
  /** Errors of the while by type, the most frequent first. */
  readonly error_types: Readonly<Record<string, number>>
  /** Conditions that began since the monitor did, and stand. */
  readonly standing: readonly string[]
  readonly total: Readonly<Counts>
}

/** Counts records between two summaries, and in all. */
export class Monitor {
  readonly #total: Counts = zeros()
  readonly #standing = new Map<string, string>()
  #while = zeros()
  #durations = new Map<string, number[]>()
  #errors = new Map<string, number>()
  #sinceMs: number | undefined

  /** @param nowMs undefined for records of any time */
  constructor(nowMs: number | undefined) {
    this.#sinceMs = nowMs
  }

  add(record: LogRecord): void {
    const { severityNumber } = record
    // Names that no registry has are looked up too, and not found.
    const name = record.eventName as EventName
    for (const what of (Object.hasOwn(counted, name) && counted[name]) || []) this.#count(what)
    if (severityNumber >= severities.error) {
      this.#count('errors')
      const type = errorTypeOf(record)
      this.#errors.set(type, (this.#errors.get(type) ?? 0) + 1)
    } else if (severityNumber >= severities.warn) this.#count('warnings')
    this.#time(record, name)
    this.#stand(record, name)
  }

  /** What came in since the last summary; the next one begins. */
  take(nowMs: number): MonitorSummary {
    const latency: Record<string, Spread> = {}
    for (const [name, values] of this.#durations) {
      const [p50 = 0, p95 = 0] = percentiles(values, [0.5, 0.95])
      latency[name] = { count: values.length, p50, p95 }
    }
    const summary: MonitorSummary = {
      at: new Date(nowMs).toISOString(),
      seconds: this.#sinceMs === undefined ? null : Math.round((nowMs - this.#sinceMs) / 100) / 10,
      ...this.#while,
      latency_ms: latency,
      error_types: Object.fromEntries([...this.#errors].sort(([, a], [, b]) => b - a)),
      standing: [...this.#standing.values()],
      total: { ...this.#total },
    }
    this.#while = zeros()
    this.#durations = new Map()
    this.#errors = new Map()
    if (this.#sinceMs !== undefined) this.#sinceMs = nowMs
    return summary
  }

  #count(what: keyof Counts): void {
    this.#while[what] += 1
    this.#total[what] += 1
  }

  #time({ attributes }: LogRecord, name: EventName): void {
    const told = Object.hasOwn(timed, name) ? timed[name] : undefined
    const value = told && attributes.get(told.attribute)
    if (!told || (typeof value !== 'number' && typeof value !== 'bigint')) return
    const values = this.#durations.get(told.name)
    if (values) values.push(Number(value))
    else this.#durations.set(told.name, [Number(value)])
  }

  #stand({ attributes }: LogRecord, name: EventName): void {
    if (name !== 'trading.condition.set' && name !== 'trading.condition.cleared') return
    const parts = ['trading.condition.name', 'trading.symbol', 'trading.venue', 'trading.strategy']
    const words = parts.map((part) => {
      const value = attributes.get(part)
      return typeof value === 'string' ? value : ''
    })
    const key = words.join('\n')
    if (name === 'trading.condition.cleared') this.#standing.delete(key)
    else this.#standing.set(key, words.slice(0, 3).filter(Boolean).join(' '))
  }
}

/** The summary as one line for a person. */
export function summaryLine(
  summary: MonitorSummary,
  paint: (style: Style, text: string) => string,
): string {
  const latency = Object.entries(summary.latency_ms).map(
    ([name, { p50, p95 }]) => `${name} ${durationText(p50)} / ${durationText(p95)}`,
  )
  const types = Object.entries(summary.error_types)
    .slice(0, 3)
    .map(([type, count]) => `${type} ${count}`)
  const label = summary.seconds === null ? 'shown:' : `last ${summary.seconds} s:`
  const parts = [
    `${paint('bold', label)} ${countsText(summary, paint)}`,
    ...(types.length > 0 ? [paint('red', types.join(', '))] : []),
    ...(latency.length > 0 ? [`p50 / p95: ${latency.join(', ')}`] : []),
    ...(summary.standing.length > 0 ? [`standing: ${summary.standing.join(', ')}`] : []),
    ...(summary.seconds === null
      ? []
      : [paint('dim', `in all: ${countsText(summary.total, (_, text) => text)}`)]),
  ]
  return `── ${parts.join(' │ ')}`
}

function countsText(
  counts: Readonly<Counts>,
  paint: (style: Style, text: string) => string,
): string {
  const { signals, orders, fills, hedges, hedges_failed: failed, errors, warnings } = counts
  const bad = (count: number, text: string): string =>
    count > 0 ? paint(['bold', 'red'], text) : text
  return [
    many(signals, 'signal'),
    many(orders, 'order'),
    many(fills, 'fill'),
    `${many(hedges, 'hedge')}${failed > 0 ? ` (${bad(failed, `${failed} failed`)})` : ''}`,
    bad(errors, many(errors, 'error')),
    many(warnings, 'warning'),
  ].join(', ')
}

function zeros(): Counts {
  return {
    signals: 0,
    orders: 0,
    fills: 0,
    hedges: 0,
    hedges_failed: 0,
    errors: 0,
    warnings: 0,
  }
}

/** What an error is, low in cardinality: its type, else its event, else its logger. */
function errorTypeOf({ attributes, eventName, scope }: LogRecord): string {
  for (const name of ['error.type', 'exception.type']) {
    const value = attributes.get(name)
    if (typeof value === 'string' && value !== '') return value
  }
  return eventName.replace(/^trading\./, '') || scope.name || 'error'
}
