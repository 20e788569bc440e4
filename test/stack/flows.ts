import { createHash } from 'node:crypto'

/** One attribute in OTLP/JSON. */
type KeyValue = { readonly key: string; readonly value: Readonly<Record<string, unknown>> }

function attributes(values: Readonly<Record<string, unknown>>): KeyValue[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }))
}

function anyValue(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  }
  if (typeof value === 'object' && value !== null) {
    return { kvlistValue: { values: attributes(value as Record<string, unknown>) } }
  }
  return { stringValue: String(value) }
}

/** What a bot of this name puts on everything it sends. */
export function resource(bot: string): object {
  return {
    attributes: attributes({
      'service.name': 'fillpath-bot',
      'service.namespace': 'trading',
      'service.instance.id': `${bot}-1`,
      'deployment.environment.name': 'test',
      'trading.bot.id': bot,
    }),
  }
}

const scope = { name: 'fillpath', version: '1.0.0' }

/** Ids of the flow number `index`, the same on each run. */
export function flowOf(index: number): {
  readonly traceId: string
  readonly orderId: string
  readonly taskId: string
} {
  const hash = createHash('sha256').update(`flow ${index}`).digest('hex')
  return { traceId: hash.slice(0, 32), orderId: `ord-${index}`, taskId: `task-${index % 200}` }
}

const eventsOfFlow = [
  'trading.signal.detected',
  'trading.order.submitted',
  'trading.order.filled',
  'trading.hedge.completed',
  'trading.api.response',
] as const

/** How many log records a flow has. */
export const recordsOfFlow = eventsOfFlow.length

/** An OTLP/JSON logs request with the records of some flows. */
export function logsRequest(
  bot: string,
  flows: readonly number[],
  more: Readonly<Record<string, unknown>> = {},
): string {
  const now = BigInt(Date.now()) * 1_000_000n
  const logRecords = flows.flatMap((index) => {
    const { traceId, orderId, taskId } = flowOf(index)
    return eventsOfFlow.map((eventName, step) => ({
      timeUnixNano: String(now + BigInt(index * 10 + step)),
      observedTimeUnixNano: String(now),
      severityNumber: 9,
      severityText: 'info',
      eventName,
      body: { stringValue: `${eventName} of flow ${index}` },
      traceId,
      spanId: traceId.slice(0, 16),
      attributes: attributes({
        'trading.order.id': orderId,
        'trading.task.id': taskId,
        'trading.symbol': 'BTC/USDT',
        'trading.order.price_num': 43_210.5 + index,
        'trading.fill.tx_hash': `0x${traceId}${traceId}`,
        ...more,
      }),
    }))
  })
  return JSON.stringify({
    resourceLogs: [{ resource: resource(bot), scopeLogs: [{ scope, logRecords }] }],
  })
}

/** An OTLP/JSON traces request: signal → order and hedge, of some flows. */
export function tracesRequest(bot: string, flows: readonly number[]): string {
  const now = BigInt(Date.now()) * 1_000_000n
  const spans = flows.flatMap((index) => {
    const { traceId, orderId } = flowOf(index)
    const root = traceId.slice(0, 16)
    const times = { startTimeUnixNano: String(now - 200_000_000n), endTimeUnixNano: String(now) }
    return [
      {
        name: 'signal',
        kind: 1,
        spanId: root,
        attributes: attributes({ 'trading.symbol': 'BTC/USDT', 'trading.flow.outcome': 'opened' }),
      },
      {
        name: 'order',
        kind: 3,
        spanId: traceId.slice(16, 32),
        parentSpanId: root,
        attributes: attributes({
          'trading.order.id': orderId,
          'trading.venue': 'binance',
          'peer.service': 'binance',
        }),
      },
      {
        name: 'hedge',
        kind: 1,
        spanId: traceId.slice(8, 24),
        parentSpanId: root,
        attributes: attributes({ 'trading.venue': 'okx' }),
      },
    ].map((span) => ({ ...times, ...span, traceId, status: {} }))
  })
  return JSON.stringify({
    resourceSpans: [{ resource: resource(bot), scopeSpans: [{ scope, spans }] }],
  })
}

/** An OTLP/JSON logs request with one line, or one event of that name. */
export function requestSaying(bot: string, body: string, eventName?: string): string {
  const now = String(BigInt(Date.now()) * 1_000_000n)
  const line = { timeUnixNano: now, severityNumber: 17, eventName, body: { stringValue: body } }
  return JSON.stringify({
    resourceLogs: [{ resource: resource(bot), scopeLogs: [{ scope, logRecords: [line] }] }],
  })
}

/** An OTLP/JSON traces request with one span whose name, status and event hold what its error said. */
export function failedRequest(bot: string, message: string): string {
  const now = String(BigInt(Date.now()) * 1_000_000n)
  const span = {
    traceId: createHash('sha256').update(message).digest('hex').slice(0, 32),
    spanId: createHash('sha256').update(message).digest('hex').slice(0, 16),
    name: `GET /order?${message}`,
    kind: 3,
    startTimeUnixNano: now,
    endTimeUnixNano: now,
    status: { code: 2, message },
    events: [
      {
        timeUnixNano: now,
        name: 'exception',
        attributes: attributes({ 'exception.message': message }),
      },
    ],
  }
  return JSON.stringify({
    resourceSpans: [{ resource: resource(bot), scopeSpans: [{ scope, spans: [span] }] }],
  })
}

/** An OTLP/JSON traces request: the flow `index`, whose order and hedge were slow, and whose hedge failed. */
export function troubledRequest(bot: string, index: number): string {
  const { traceId } = flowOf(index)
  const now = BigInt(Date.now()) * 1_000_000n
  const spans = ['signal', 'order', 'hedge'].map((name, place) => ({
    traceId,
    spanId: traceId.slice(place * 8, place * 8 + 16),
    parentSpanId: place === 0 ? '' : traceId.slice(0, 16),
    name,
    kind: 1,
    startTimeUnixNano: String(now - 5_000_000_000n),
    endTimeUnixNano: String(now),
    status: { code: 2 },
    attributes: attributes({ 'trading.venue': 'okx' }),
  }))
  return JSON.stringify({
    resourceSpans: [{ resource: resource(bot), scopeSpans: [{ scope, spans }] }],
  })
}

/** An OTLP/JSON metrics request: a cumulative counter and a histogram with an exemplar. */
export function metricsRequest(bot: string, fills: number, start: bigint, traceId: string): string {
  const now = BigInt(Date.now()) * 1_000_000n
  const times = { startTimeUnixNano: String(start), timeUnixNano: String(now) }
  const labels = attributes({ 'trading.venue': 'okx', 'trading.symbol': 'BTC/USDT' })
  const metrics = [
    {
      name: 'trading.fill.count',
      unit: '{fill}',
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [{ ...times, attributes: labels, asInt: String(fills) }],
      },
    },
    {
      name: 'trading.hedge.duration',
      unit: 's',
      histogram: {
        aggregationTemporality: 2,
        dataPoints: [
          {
            ...times,
            attributes: labels,
            count: String(fills),
            sum: fills * 0.08,
            explicitBounds: [0.05, 0.1, 0.5],
            bucketCounts: ['0', String(fills), '0', '0'],
            exemplars: [
              { timeUnixNano: String(now), asDouble: 0.08, traceId, spanId: traceId.slice(0, 16) },
            ],
          },
        ],
      },
    },
    {
      name: 'trading.heartbeat',
      unit: '{beat}',
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [{ ...times, attributes: [], asInt: '1' }],
      },
    },
  ]
  return JSON.stringify({
    resourceMetrics: [{ resource: resource(bot), scopeMetrics: [{ scope, metrics }] }],
  })
}

/** An OTLP/JSON metrics request: how much of a symbol is filled and not covered, in quote money. */
export function exposureRequest(bot: string, uncovered: number): string {
  const now = String(BigInt(Date.now()) * 1_000_000n)
  const point = {
    timeUnixNano: now,
    attributes: attributes({ 'trading.symbol': 'BTC/USDT' }),
    asDouble: uncovered,
  }
  const metric = { name: 'trading.exposure.uncovered_quote', gauge: { dataPoints: [point] } }
  return JSON.stringify({
    resourceMetrics: [{ resource: resource(bot), scopeMetrics: [{ scope, metrics: [metric] }] }],
  })
}

/** Posts one request and insists on 200. */
export async function send(
  url: string,
  signal: 'logs' | 'traces' | 'metrics',
  body: string,
): Promise<void> {
  const answer = await fetch(`${url}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`)
}
