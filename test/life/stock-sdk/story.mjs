// What the stock SDK of either line is made to say, and what its own objects hold when they are exported. Plain
// JavaScript: it runs with the packages of the folder that it is called from.
import { serialize } from 'node:v8'

/** An exporter that remembers what it hands on. */
export function remembering(exporter, seen) {
  const handOn = exporter.export.bind(exporter)
  exporter.export = (items, done) => {
    seen.push(...(Array.isArray(items) ? items : [items]))
    handOn(items, done)
  }
  return exporter
}

/** Spans with everything that a span can have. */
export function tellSpans(tracer, { SpanKind, SpanStatusCode, trace, context }, isRich) {
  const root = tracer.startSpan('signal', {
    kind: SpanKind.INTERNAL,
    startTime: [1_763_000_000, 123_456_789],
    attributes: {
      'trading.symbol': 'BTC/USDT',
      text: 'ä€😀 "quoted" \\ \n',
      empty: '',
      int: 42,
      negative: -7,
      safe: Number.MAX_SAFE_INTEGER,
      double: 0.1,
      tiny: 5e-324,
      yes: true,
      no: false,
      strings: ['a', 'b'],
      ints: [1, 2, 3],
      doubles: [0.5, 1.5],
      booleans: [true, false],
      ...(isRich
        ? {
            nested: { side: 'buy', levels: [[1, 2.5]], none: null },
            bytes: new Uint8Array([0, 255]),
          }
        : {}),
    },
  })
  root.addEvent('signal.detected', { confidence: 0.85, round: 3 }, [1_763_000_000, 123_999_999])
  root.addEvent('without attributes', undefined, [1_763_000_000, 200_000_000])
  const inside = trace.setSpan(context.active(), root)
  const order = tracer.startSpan(
    'order',
    {
      kind: SpanKind.CLIENT,
      startTime: [1_763_000_001, 0],
      links: [
        { context: root.spanContext(), attributes: { why: 'caused by', weight: 2 } },
        { context: { ...root.spanContext(), isRemote: true } },
      ],
      attributes: { 'trading.order.id': '881', 'peer.service': 'binance' },
    },
    inside,
  )
  // More than the limits of the provider allow: 24 attributes, 3 events, 3 links.
  for (let extra = 0; extra < 30; extra += 1) order.setAttribute(`extra.${extra}`, extra)
  for (let extra = 0; extra < 7; extra += 1)
    order.addEvent(`poll ${extra}`, { extra }, [1_763_000_001, extra])
  for (let extra = 0; extra < 4; extra += 1)
    order.addLink({ context: root.spanContext(), attributes: { extra } })
  order.setStatus({ code: SpanStatusCode.ERROR, message: 'the venue said no' })
  order.end([1_763_000_002, 1])
  for (const kind of [SpanKind.SERVER, SpanKind.PRODUCER, SpanKind.CONSUMER]) {
    tracer
      .startSpan(`kind ${kind}`, { kind, startTime: [1_763_000_003, kind] }, inside)
      .end([1_763_000_003, 500])
  }
  root.setStatus({ code: SpanStatusCode.OK })
  root.end([1_763_000_004, 999_999_999])
  return inside
}

/** Log records with everything that a log record can have. */
export function tellLogs(logger, context, isRich) {
  const timestamp = [1_763_000_000, 1]
  logger.emit({
    timestamp,
    observedTimestamp: [1_763_000_000, 2],
    severityNumber: 9,
    severityText: 'INFO',
    body: 'volatility is high enough',
    attributes: { atr: 312.4, checks: 3, passed: true, values: [1.5, 2.5], names: ['a'] },
    context,
  })
  logger.emit({
    timestamp: [1_763_000_000, 3],
    eventName: 'trading.order.filled',
    severityNumber: 17,
    attributes: { 'trading.order.id': '881', 'trading.fill.price': '43210.00' },
    context,
  })
  if (isRich) {
    logger.emit({
      timestamp: [1_763_000_000, 4],
      body: { nested: [1, 'two', { three: null }], bytes: new Uint8Array([1, 2, 3]), half: 0.5 },
    })
  }
  for (let extra = 0; extra < 1; extra += 1) {
    const attributes = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`k${index}`, index]),
    )
    logger.emit({ timestamp: [1_763_000_000, 5], body: '', attributes })
  }
}

/** Metrics of every instrument. */
export function tellMetrics(meter) {
  const labels = { 'trading.venue': 'binance', post_only: true }
  const counter = meter.createCounter('orders', { description: 'Orders sent.', unit: '{order}' })
  counter.add(3, labels)
  counter.add(2, { 'trading.venue': 'okx' })
  meter.createCounter('notional').add(43210.5, labels)
  const open = meter.createUpDownCounter('open')
  open.add(5)
  open.add(-7)
  meter.createGauge('price', { unit: 'USDT' }).record(43210.25, labels)
  const latency = meter.createHistogram('latency', {
    unit: 's',
    advice: { explicitBucketBoundaries: [0.01, 0.1, 1] },
  })
  for (const value of [0.005, 0.05, 0.5, 5, 50]) latency.record(value, labels)
  const wide = meter.createHistogram('wide', { unit: 'bps' })
  for (const value of [0, 0.001, 1, 2, 4, 1_000_000]) wide.record(value)
}

const plain = {
  resource: ({ attributes, schemaUrl }) => ({ attributes, schemaUrl }),
  scope: ({ name, version, schemaUrl }) => ({ name, version, schemaUrl }),
}

/** What was exported, in plain objects that the test can read. */
export function report(seen) {
  const spans = seen.spans.map((span) => ({
    ...plainOrigin(span),
    name: span.name,
    kind: span.kind,
    context: contextOf(span.spanContext()),
    parentSpanId: span.parentSpanContext?.spanId ?? '',
    start: span.startTime,
    end: span.endTime,
    status: span.status,
    attributes: span.attributes,
    dropped: [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount],
    events: span.events.map(({ name, time, attributes, droppedAttributesCount }) => ({
      name,
      time,
      attributes,
      droppedAttributesCount,
    })),
    links: span.links.map(({ context, attributes, droppedAttributesCount }) => ({
      context: contextOf(context),
      attributes,
      droppedAttributesCount,
    })),
  }))
  const logs = seen.logs.map((log) => ({
    ...plainOrigin(log),
    time: log.hrTime,
    observed: log.hrTimeObserved,
    severityNumber: log.severityNumber,
    severityText: log.severityText,
    eventName: log.eventName,
    body: log.body,
    attributes: log.attributes,
    droppedAttributesCount: log.droppedAttributesCount,
    context: log.spanContext && contextOf(log.spanContext),
  }))
  const metrics = seen.metrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap(({ scope, metrics }) =>
      metrics.map(
        ({ descriptor, dataPointType, dataPoints, aggregationTemporality, isMonotonic }) => ({
          resource: plain.resource(resource),
          scope: plain.scope(scope),
          name: descriptor.name,
          description: descriptor.description,
          unit: descriptor.unit,
          dataPointType,
          aggregationTemporality,
          isMonotonic,
          dataPoints: dataPoints.map(({ startTime, endTime, attributes, value }) => ({
            startTime,
            endTime,
            attributes,
            value,
          })),
        }),
      ),
    ),
  )
  return { spans, logs, metrics }
}

function plainOrigin({ resource, instrumentationScope }) {
  return { resource: plain.resource(resource), scope: plain.scope(instrumentationScope) }
}

function contextOf({ traceId, spanId, traceFlags, traceState, isRemote }) {
  return { traceId, spanId, traceFlags, traceState: traceState?.serialize() ?? '', isRemote }
}

/** Hands the reports to the test, losing nothing. */
export function hand(reports) {
  process.stdout.write(serialize(reports).toString('base64'))
}
