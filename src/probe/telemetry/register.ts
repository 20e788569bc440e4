import { context, logs, metrics, propagation, trace } from '@opentelemetry/api'
import { logs as olderLogs } from '@opentelemetry/api-logs'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  CompositePropagator,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from '@opentelemetry/core'
import type { LoggerProvider } from '@opentelemetry/sdk-logs'
import type { MeterProvider } from '@opentelemetry/sdk-metrics'
import type { TracerProvider } from '@opentelemetry/sdk-trace'

/** The providers of one start. */
export interface Providers {
  readonly tracer: TracerProvider
  readonly logger: LoggerProvider
  readonly meter: MeterProvider
}

/**
 * Registers the providers, W3C propagation and the context manager as the process's own, in the API of today and in
 * the older logs API, through which the official winston, pino and bunyan transports still speak.
 * @returns sentences about what somebody else had registered before; ours is not in its place then
 */
export function register(providers: Providers): string[] {
  const taken: string[] = []
  const manager = new AsyncLocalStorageContextManager().enable()
  if (!context.setGlobalContextManager(manager)) {
    manager.disable()
    taken.push('context manager')
  }
  const propagator = new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
  })
  if (!propagation.setGlobalPropagator(propagator)) taken.push('propagator')
  if (!trace.setGlobalTracerProvider(providers.tracer)) taken.push('tracer provider')
  if (!metrics.setGlobalMeterProvider(providers.meter)) taken.push('meter provider')
  if (!logs.setGlobalLoggerProvider(providers.logger)) taken.push('logger provider')
  const older = olderLogs.setGlobalLoggerProvider(providers.logger)
  if (older !== providers.logger) taken.push('logger provider of @opentelemetry/api-logs')
  return taken
}

/** Takes everything back that {@link register} set. */
export function unregister(): void {
  trace.disable()
  metrics.disable()
  logs.disable()
  olderLogs.disable()
  propagation.disable()
  context.disable()
}
