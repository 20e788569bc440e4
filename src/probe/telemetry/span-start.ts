import { SeverityNumber, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { Attributes } from '@opentelemetry/api'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { normalizeAttributes } from '../../base/normalize.ts'
import type { Redactor } from '../../redact/redact.ts'
import type { AttributeName } from '../../semconv/attributes.ts'
import { events } from '../../semconv/events.ts'

const name = 'fillpath.span.started'

/** What is kept of a span of a flow when it begins. */
export interface SpanStart {
  /**
   * The span as it is to be sent should its process die before it ends: what is known of it now, as an error,
   * `interrupted`. Without an end: that is known by whoever finds the process dead.
   */
  readonly interrupted: ReadableSpan
  /**
   * The event that says that the span began, in the span's own trace. No SDK exports a span that never ends: after a crash
   * this is all there is of it.
   */
  readonly record: ReadableLogRecord
}

/** What is kept of a span that begins, without secrets: they are taken out once for both. */
export function spanStartOf(span: ReadableSpan, redactor: Redactor): SpanStart {
  const attributes = cleanAttributes(span, redactor)
  return {
    interrupted: interruptedOf(span, attributes, redactor),
    record: startRecordOf(span, attributes),
  }
}

function startRecordOf(span: ReadableSpan, clean: Attributes): ReadableLogRecord {
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
    attributes: { ...clean, ...own },
    droppedAttributesCount: span.droppedAttributesCount,
  }
}

function interruptedOf(span: ReadableSpan, clean: Attributes, redactor: Redactor): ReadableSpan {
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
    attributes: { ...clean, ...outcome },
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
