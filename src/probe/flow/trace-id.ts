import { context as contextApi, createContextKey } from '@opentelemetry/api'
import type { Context } from '@opentelemetry/api'

/**
 * A flow's trace id is its correlation id. OpenTelemetry gives no way to choose the trace id of a root span but the id
 * generator of the SDK, so the wish travels in the context that is active while the root span is started.
 * Under an SDK whose id generator does not look here the flow gets a new trace id and keeps the attribute
 * `trading.correlation_id`.
 */
export const wishedTraceId = createContextKey('fillpath.wished_trace_id')

/** The trace id that a root span started in this context should get, or undefined. For an id generator. */
export function traceIdFromContext(context: Context = contextApi.active()): string | undefined {
  const wish = context.getValue(wishedTraceId)
  return typeof wish === 'string' ? wish : undefined
}
