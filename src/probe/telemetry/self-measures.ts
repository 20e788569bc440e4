import { metrics } from '@opentelemetry/api'
import type { BatchObservableCallback, ObservableGauge } from '@opentelemetry/api'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import { metrics as registry } from '../../semconv/metrics.ts'
import type { MetricName } from '../../semconv/metrics.ts'
import { measure } from '../event/instruments.ts'
import { scope } from '../event/scope.ts'
import type { ShipReport } from '../ship/report.ts'
import type { SpoolStatistics } from '../spool/spool.ts'
import type { Accepted } from './spool-writer.ts'

/** What the telemetry path knows of itself. */
export interface SelfState {
  readonly accepted: Accepted
  readonly spool: SpoolStatistics
  readonly ship: ShipReport
}

/**
 * The telemetry path as metrics, read when metrics are collected: what was accepted, dropped, delivered, what waits, and
 * whether the receivers are there. None of it needs the receiver that is away: the next collection that gets through
 * has the sums.
 * @returns what stops it
 */
export function startSelfMeasures(read: () => SelfState): () => void {
  const meter = metrics.getMeter(scope.name, scope.version)
  const gauge = (name: MetricName): ObservableGauge => {
    const { unit, brief } = registry[name]
    return meter.createObservableGauge(name, { unit, description: brief })
  }
  const depth = gauge('fillpath.spool.depth')
  const bytes = gauge('fillpath.spool.bytes')
  const oldest = gauge('fillpath.spool.oldest')
  const sync = gauge('fillpath.spool.sync')
  const up = gauge('fillpath.ship.up')
  const counters = new Counters()
  const observe: BatchObservableCallback = (result) => {
    const { accepted, spool, ship } = read()
    const waiting = ship.channels.map((channel) => channel.waiting)
    result.observe(depth, Math.max(0, ...waiting.map(({ records }) => records)))
    result.observe(oldest, Math.max(0, ...waiting.map(({ oldestMs }) => oldestMs)) / 1000)
    result.observe(bytes, spool.bytes)
    result.observe(sync, spool.sync.lastMs / 1000)
    for (const [destination, isUp] of upByDestination(ship)) {
      result.observe(up, isUp ? 1 : 0, { 'fillpath.destination': destination })
    }
    counters.count(accepted, spool, ship)
  }
  const observed = [depth, bytes, oldest, sync, up]
  meter.addBatchObservableCallback(observe, observed)
  return () => meter.removeBatchObservableCallback(observe, observed)
}

/** A destination is up when it takes every signal. */
export function upByDestination(ship: ShipReport): Map<string, boolean> {
  const up = new Map<string, boolean>()
  for (const channel of ship.channels) {
    up.set(channel.destination, channel.up && (up.get(channel.destination) ?? true))
  }
  return up
}

/** Feeds counters with what sums have grown by. */
class Counters {
  readonly #told = new Map<string, number>()

  count(accepted: Accepted, spool: SpoolStatistics, ship: ShipReport): void {
    for (const [signal, byClass] of Object.entries(accepted)) {
      for (const [recordClass, sum] of Object.entries(byClass)) {
        const labels = { 'fillpath.signal': signal, 'fillpath.record.class': recordClass }
        this.#raise('fillpath.spool.records', sum, labels)
      }
    }
    for (const drops of [spool.refused, spool.dropped]) {
      const kind = drops === spool.refused ? 'refused' : 'dropped'
      for (const [recordClass, byReason] of Object.entries(drops)) {
        for (const [reason, sum] of Object.entries(byReason)) {
          const labels = { 'fillpath.drop.class': recordClass, 'fillpath.drop.reason': reason }
          this.#raise('fillpath.spool.dropped', sum, labels, kind)
        }
      }
    }
    for (const { destination, signal, delivered, failures, quarantined } of ship.channels) {
      const at = { 'fillpath.destination': destination }
      this.#raise('fillpath.ship.delivered', delivered, { ...at, 'fillpath.signal': signal })
      this.#raise('fillpath.ship.quarantined', quarantined, at, signal)
      for (const [type, sum] of Object.entries(failures)) {
        this.#raise('fillpath.ship.failures', sum, { ...at, 'error.type': type }, signal)
      }
    }
  }

  /** @param part tells sums apart that have the same labels */
  // oxlint-disable-next-line max-params -- four plain values
  #raise(metric: MetricName, sum: number, labels: TradingAttributes, part = ''): void {
    const key = `${metric} ${part} ${Object.values(labels).join(' ')}`
    const told = this.#told.get(key) ?? 0
    if (sum <= told) return
    this.#told.set(key, sum)
    measure(metric, sum - told, labels)
  }
}
