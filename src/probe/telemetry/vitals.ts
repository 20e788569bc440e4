import { metrics } from '@opentelemetry/api'
import type { BatchObservableCallback, Observable } from '@opentelemetry/api'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { metrics as registry } from '../../semconv/metrics.ts'
import type { MetricName } from '../../semconv/metrics.ts'
import { measure } from '../event/instruments.ts'
import { scope } from '../event/scope.ts'

const beatMs = 1000

/**
 * The pulse of the bot: a heartbeat that rises each second while the event loop turns (its absence is an alarm), and
 * memory, CPU time and event-loop delay, read when metrics are collected.
 * @returns what stops it
 */
export function startVitals(): () => void {
  const meter = metrics.getMeter(scope.name, scope.version)
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  const beat = setInterval(() => measure('trading.heartbeat', 1), beatMs)
  beat.unref()
  const observe = (name: MetricName): Observable => {
    const { instrument, unit, brief } = registry[name]
    const options = { unit, description: brief }
    return instrument === 'counter'
      ? meter.createObservableCounter(name, options)
      : meter.createObservableGauge(name, options)
  }
  const memory = observe('trading.process.memory')
  const heap = observe('trading.process.heap')
  const cpu = observe('trading.process.cpu')
  const loop = observe('trading.process.event_loop.delay')
  const read: BatchObservableCallback = (result) => {
    const { rss, heapUsed } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    result.observe(memory, rss)
    result.observe(heap, heapUsed)
    result.observe(cpu, (user + system) / 1e6)
    result.observe(loop, delay.percentile(99) / 1e9)
    delay.reset()
  }
  const observed = [memory, heap, cpu, loop]
  meter.addBatchObservableCallback(read, observed)
  return () => {
    clearInterval(beat)
    meter.removeBatchObservableCallback(read, observed)
    delay.disable()
  }
}
