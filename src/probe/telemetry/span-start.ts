import { SeverityNumber, SpanKind } from '@opentelemetry/api'
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
  const clean = redactor.redactAttributes(span.attributes)
  const attributes: Attributes =
    clean === span.attributes ? span.attributes : normalizeAttributes(clean)
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
    attributes: { ...attributes, ...own },
    droppedAttributesCount: span.droppedAttributesCount,
  }
}
