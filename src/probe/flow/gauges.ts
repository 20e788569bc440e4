import type { MetricName } from '../../semconv/metrics.ts'
import { measure } from '../event/instruments.ts'
import type { AnyAttributes } from './core.ts'

/** How the values of several flows or positions with the same labels make one. */
type Joining = 'sum' | 'least'

interface Series {
  readonly metric: MetricName
  readonly labels: AnyAttributes
  readonly joining: Joining
  readonly values: Map<object, number>
}

/**
 * Gauges that several flows or positions share: two positions of one symbol have the same labels, and the second must
 * not overwrite the first. Each member has its own value; the gauge is their sum, or the least of them.
 */
export class Gauges {
  readonly #series = new Map<string, Series>()

  /** Sets the part of `member`. @param labels exactly the labels of the metric */
  set(
    metric: MetricName,
    member: object,
    value: number,
    labels: AnyAttributes,
    joining: Joining = 'sum',
  ): void {
    const key = `${metric}\n${Object.values(labels).join('\n')}`
    let series = this.#series.get(key)
    if (!series) {
      series = { metric, labels, joining, values: new Map() }
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

function tell({ metric, labels, joining, values }: Series): void {
  let value = joining === 'sum' || values.size === 0 ? 0 : Infinity
  for (const part of values.values())
    value = joining === 'sum' ? value + part : Math.min(value, part)
  // With nobody left there is no least distance to tell; a sum of nothing is 0.
  if (joining === 'least' && values.size === 0) return
  measure(metric, value, labels)
}
