import { AsyncLocalStorage } from 'node:async_hooks'
import { context, createContextKey, trace } from '@opentelemetry/api'
import type { Context, SpanContext } from '@opentelemetry/api'
import { traceIdOf } from '../../base/ids.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import { inheritedAttributes, withAttributes } from '../event/context.ts'

/** Fields that lines carry: names of the registry, or the bot's own. */
export type LogData = TradingAttributes & Readonly<Record<string, unknown>>

/** What {@link logContext} adds. */
export type LogScope = LogData & {
  /** Id that ties lines together; a foreign one maps to a trace id by a fixed rule. */
  readonly correlationId?: string
}

interface Scope {
  readonly data: Readonly<Record<string, unknown>>
  /** Trace of the correlation id, '' where none was set. */
  readonly traceId: string
  /** Span that was active when the scope was entered: one started inside it is nearer than the scope. */
  readonly span: SpanContext | undefined
}

/** The key under which `probe/flow` looks for the trace id that a root span should get. */
const wishedTraceId = createContextKey('fillpath.wished_trace_id')

const scopes = new AsyncLocalStorage<Scope>()

/**
 * Runs `fn` with fields that every line and event made in it carries, also behind awaits, timers and callbacks
 * created inside; afterwards everything is as it was. Works before telemetry is started too. Scopes nest.
 * @example await logContext({ correlationId: 'sig_abc123', symbol: 'BTC/USDT' }, () => trade())
 */
export function logContext<T>(scope: LogScope, fn: () => T): T {
  const { correlationId, ...fields } = scope
  const active = context.active()
  const outer = scopes.getStore()
  const data: Record<string, unknown> = {
    ...(inheritedAttributes(active) ?? outer?.data),
    ...fields,
    ...(correlationId !== undefined && { 'trading.correlation_id': correlationId }),
  }
  const traceId = correlationId === undefined ? (outer?.traceId ?? '') : traceIdOf(correlationId)
  const span = correlationId === undefined && outer ? outer.span : trace.getSpanContext(active)
  const inner = withAttributes(active, data)
  const wishing = correlationId === undefined ? inner : inner.setValue(wishedTraceId, traceId)
  return scopes.run({ data, traceId, span }, () => context.with(wishing, fn))
}

/** Fields that a line made in `active` inherits, from the flow or from {@link logContext}. */
export function inheritedFields(active: Context): Readonly<Record<string, unknown>> | undefined {
  return inheritedAttributes(active) ?? scopes.getStore()?.data
}

/** The trace that the surrounding {@link logContext} asks for, unless a span was started inside it; '' for none. */
export function scopeTraceId(span: SpanContext | undefined): string {
  const scope = scopes.getStore()
  if (!scope || scope.traceId === '') return ''
  return span === undefined || span === scope.span ? scope.traceId : ''
}
