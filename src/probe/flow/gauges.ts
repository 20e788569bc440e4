import type { MetricName } from '../../semconv/metrics.ts'
import { measure } from '../event/instruments.ts'
import type { AnyAttributes } from './core.ts'

/** Gauges that tell the least of their members; all others tell the sum. */
const least: ReadonlySet<MetricName> = new Set(['trading.position.liquidation_distance'])

interface Series {
  readonly metric: MetricName
  readonly labels: AnyAttributes
  readonly values: Map<object, number>
}

/**
 * Gauges that several flows or positions share: two positions of one symbol have the same labels, and the second must
 * not overwrite the first. Each member has its own value; the gauge is their sum, or the least of them.
 */
export class Gauges {
  readonly #series = new Map<string, Series>()

  /** Sets the part of `member`. @param labels exactly the labels of the metric */
  set(metric: MetricName, member: object, value: number, labels: AnyAttributes): void {
    const key = `${metric}\n${Object.values(labels).join('\n')}`
    let series = this.#series.get(key)
    if (!series) {
      series = { metric, labels, values: new Map() }
      this.#series.set(key, series)
    }
    series.values.set(member, value)
    tell(series)
  }

  /** Takes out all parts of `member`. */
  drop(member: object): void {
    for (const [key, series] of this.#series) {
      if (!series.values.delete(member)) continue
      tell(series)
      if (series.values.size === 0) this.#series.delete(key)
    }
  }
}

function tell({ metric, labels, values }: Series): void {
  if (!least.has(metric)) {
    let sum = 0
    for (const value of values.values()) sum += value
    measure(metric, sum, labels)
    return
  }
  // With nobody left there is no least to tell.
  if (values.size > 0) measure(metric, Math.min(...values.values()), labels)
}
