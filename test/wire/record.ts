import type {
  AnyValue,
  Attributes,
  LogRecord,
  MetricPoint,
  PointValue,
  Resource,
  Scope,
  SpanRecord,
} from '../../src/wire/record.ts'

/** Attributes from pairs, in that order. */
export const attributesOf = (...entries: [string, AnyValue][]): Attributes => new Map(entries)

export const resource: Resource = {
  attributes: attributesOf(['service.name', 'hedge-bot'], ['process.pid', 4711n]),
  droppedAttributesCount: 0,
  schemaUrl: 'https://opentelemetry.io/schemas/1.38.0',
}

export const scope: Scope = {
  name: 'strategy.atr',
  version: '1.2.0',
  attributes: new Map(),
  droppedAttributesCount: 0,
  schemaUrl: '',
}

export const emptyResource: Resource = {
  attributes: new Map(),
  droppedAttributesCount: 0,
  schemaUrl: '',
}

export const emptyScope: Scope = { ...emptyResource, name: '', version: '' }

/** 2026-11-21T09:20:33.000000001Z */
export const atNs = 1_795_252_833_000_000_001n

export function logRecord(fields: Partial<LogRecord> = {}): LogRecord {
  return {
    signal: 'log',
    time: 0n,
    observedTime: 0n,
    severityNumber: 0,
    severityText: '',
    eventName: '',
    body: null,
    attributes: new Map(),
    droppedAttributesCount: 0,
    flags: 0,
    traceId: '',
    spanId: '',
    resource: emptyResource,
    scope: emptyScope,
    ...fields,
  }
}

export function spanRecord(fields: Partial<SpanRecord> = {}): SpanRecord {
  return {
    signal: 'span',
    traceId: '',
    spanId: '',
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: '',
    kind: 0,
    start: 0n,
    end: 0n,
    statusCode: 0,
    statusMessage: '',
    attributes: new Map(),
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    resource: emptyResource,
    scope: emptyScope,
    ...fields,
  }
}

export function metricPoint(point: PointValue, fields: Partial<MetricPoint> = {}): MetricPoint {
  return {
    signal: 'metric',
    name: '',
    description: '',
    unit: '',
    metadata: new Map(),
    start: 0n,
    time: 0n,
    attributes: new Map(),
    flags: 0,
    exemplars: [],
    point,
    resource: emptyResource,
    scope: emptyScope,
    ...fields,
  }
}
