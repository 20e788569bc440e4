import { ROOT_CONTEXT, context as contextApi, trace } from '@opentelemetry/api'
import type { Context, Link } from '@opentelemetry/api'
import { traceIdOf } from '../../base/ids.ts'
import { defined } from './core.ts'
import type { AnyAttributes, Numbers } from './core.ts'
import type { SignalOptions } from './handles/signal.ts'
import { double, text } from './order/order-terms.ts'
import { wishedTraceId } from './trace-id.ts'

/** What a flow gets from the task it belongs to. */
export interface FlowHome {
  readonly numbers?: Numbers | undefined
  readonly attributes?: AnyAttributes | undefined
  readonly links?: readonly Link[] | undefined
}

/** The context in which the root span of a flow is started: with its wish for a trace id, without a parent. */
export function rootContext(correlationId: string | undefined): Context {
  // What else travels in the context of the caller (baggage) goes on; its span does not.
  const outer = trace.deleteSpan(contextApi.active() ?? ROOT_CONTEXT)
  return correlationId === undefined
    ? outer
    : outer.setValue(wishedTraceId, traceIdOf(correlationId))
}

/** What the root span links to: flows before it, and the span that it came out of. */
export function linksOf(options: SignalOptions, links: readonly Link[] = []): Link[] {
  const origin = trace.getSpanContext(options.link ?? contextApi.active())
  const all = [...links]
  if (origin && trace.isSpanContextValid(origin)) all.push({ context: origin })
  return all
}

/** What was decided, on the root span. */
export function decision(options: SignalOptions): AnyAttributes {
  return defined({
    ...options.attributes,
    'trading.side': options.side,
    'trading.decision.price': text(options.decisionPrice),
    'trading.decision.price_num': double(options.decisionPrice),
    'trading.decision.quantity': text(options.quantity),
    'trading.signal.reason': options.reason,
    'trading.signal.confidence': options.confidence,
    'trading.atr': options.atr,
    'trading.velocity': options.velocity,
    'trading.pattern': options.pattern,
  })
}
