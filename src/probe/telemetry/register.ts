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

/** Where every copy of `@opentelemetry/api` 1.x keeps what is registered, with the version of the first copy. */
const apiKey = Symbol.for('opentelemetry.js.api.1')

/** What was registered. */
export interface Registration {
  /** What stood in the way, as a sentence: ours is not in use then. */
  readonly obstacle: string | undefined
  /** Takes back what was registered, and leaves alone what is somebody else's. */
  undo(): void
}

/**
 * Registers the providers, W3C propagation and the context manager as the process's own, in the API of today and in
 * the older logs API, through which the official winston, pino and bunyan transports still speak.
 */
export function register(providers: Providers): Registration {
  const undo: (() => void)[] = []
  const taken: string[] = []
  const set = (name: string, isSet: boolean, takeBack: () => void): void => {
    if (isSet) undo.push(takeBack)
    else taken.push(name)
  }
  const manager = new AsyncLocalStorageContextManager().enable()
  set('context manager', context.setGlobalContextManager(manager), () => context.disable())
  const propagator = new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
  })
  set('propagator', propagation.setGlobalPropagator(propagator), () => propagation.disable())
  set('tracer provider', trace.setGlobalTracerProvider(providers.tracer), () => trace.disable())
  set('meter provider', metrics.setGlobalMeterProvider(providers.meter), () => metrics.disable())
  set('logger provider', logs.setGlobalLoggerProvider(providers.logger), () => logs.disable())
  const older = olderLogs.setGlobalLoggerProvider(providers.logger)
  set('logger provider of @opentelemetry/api-logs', older === providers.logger, () =>
    olderLogs.disable(),
  )
  return {
    obstacle: taken.length === 0 ? undefined : obstacle(taken),
    undo() {
      for (const takeBack of undo.splice(0)) takeBack()
    },
  }
}

function obstacle(taken: readonly string[]): string {
  const registered: unknown = Reflect.get(globalThis, apiKey)
  const isEmpty =
    typeof registered === 'object' &&
    registered !== null &&
    !Object.keys(registered).some(
      (name) => name === 'trace' || name === 'metrics' || name === 'logs',
    )
  if (isEmpty) {
    const version = String(Reflect.get(registered, 'version'))
    return `two versions of @opentelemetry/api are loaded, and the other one (${version}) was first: nothing of fillpath is in use. Install one version of it (npm ls @opentelemetry/api).`
  }
  return `another OpenTelemetry SDK runs in this process: its ${taken.join(', ')} stay, and what they carry does not come to fillpath. Start fillpath first, or alone.`
}
