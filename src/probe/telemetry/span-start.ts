import { SeverityNumber, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { Attributes } from '@opentelemetry/api'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { normalizeAttributes } from '../../base/normalize.ts'
import type { Redactor } from '../../redact/redact.ts'
import type { AttributeName } from '../../semconv/attributes.ts'
import { events } from '../../semconv/events.ts'

const name = 'fillpath.span.started'

/**
 * The event that says that a span of a flow began, in the span's own trace. No SDK exports a span that never ends: after
 * a crash this is all there is of it.
 */
export function startRecordOf(span: ReadableSpan, redactor: Redactor): ReadableLogRecord {
  const parentId = span.parentSpanContext?.spanId
  const own: { readonly [Name in AttributeName]?: string } = {
    'fillpath.span.name': span.name,
    'fillpath.span.kind': (SpanKind[span.kind] ?? 'internal').toLowerCase(),
    ...(parentId !== undefined && { 'fillpath.span.parent_id': parentId }),
  }
  return {
    hrTime: span.startTime,
    hrTimeObserved: span.startTime,
    spanContext: span.spanContext(),
    severityNumber: SeverityNumber.DEBUG,
    severityText: events[name].severity,
    body: events[name].brief,
    eventName: name,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    attributes: { ...cleanAttributes(span, redactor), ...own },
    droppedAttributesCount: span.droppedAttributesCount,
  }
}

/**
 * The span as it is to be sent should its process die before it ends: what is known of it now, as an error, `interrupted`.
 * Without an end: that is known by whoever finds the process dead.
 */
export function interruptedOf(span: ReadableSpan, redactor: Redactor): ReadableSpan {
  const outcome: { readonly [Name in AttributeName]?: string } = {
    'trading.flow.outcome': 'interrupted',
  }
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext && { parentSpanContext: span.parentSpanContext }),
    startTime: span.startTime,
    endTime: [0, 0],
    duration: [0, 0],
    ended: true,
    status: { code: SpanStatusCode.ERROR, message: 'interrupted: the process died' },
    attributes: { ...cleanAttributes(span, redactor), ...outcome },
    links: span.links.map(({ attributes, ...link }) => ({
      ...link,
      ...(attributes && { attributes: normalizeAttributes(redactor.redactAttributes(attributes)) }),
    })),
    events: [],
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  }
}

/** The SDK takes secrets out of a span when it has ended; this one has not. */
function cleanAttributes({ attributes }: ReadableSpan, redactor: Redactor): Attributes {
  const clean = redactor.redactAttributes(attributes)
  return clean === attributes ? attributes : normalizeAttributes(clean)
}
