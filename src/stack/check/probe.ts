/**
 * One span, one line and one sample that are sent through the Collector, and looked for in the servers.
 *
 * They are marked as what they are: their service is `fillpath-check`, and they name no bot, so that what counts bots,
 * flows and errors does not see them.
 */
import { randomSpanId, randomTraceId } from '../../base/ids.ts'
import { arrayAt, ask, isObject, objectAt, objectOf, unreachable } from '../ask.ts'
import { isOneOf, linesWith, quoted } from '../logql.ts'
import { linesOf } from '../loki.ts'
import { spansOf } from '../tempo.ts'
import type { Server } from '../servers.ts'

/** The service that the probe says it is of. */
export const probeService = 'fillpath-check'
const metric = 'fillpath.check'
const series = 'fillpath_check'
const sendTimeoutMs = 10_000
const minuteNs = 60_000_000_000n

/** The signals of OTLP. */
export type ProbeSignal = 'traces' | 'logs' | 'metrics'

/** A probe. */
export interface Probe {
  readonly traceId: string
  readonly spanId: string
  readonly timeNs: bigint
  /** The value of its sample, by which it is known again. */
  readonly value: number
}

/** A probe of now. */
export function newProbe(nowMs: number): Probe {
  return {
    traceId: randomTraceId(),
    spanId: randomSpanId(),
    timeNs: BigInt(nowMs) * 1_000_000n,
    value: nowMs,
  }
}

/**
 * Sends one signal of the probe to a Collector.
 * @returns the status, and what was said when it is not 200
 * @throws FillpathError `server_unreachable`
 */
export async function sendProbe(
  collector: Server,
  signal: ProbeSignal,
  probe: Probe,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const answer = await fetch(`${collector.url}/v1/${signal}`, {
      method: 'POST',
      headers: { ...collector.headers, 'content-type': 'application/json' },
      body: JSON.stringify(bodies[signal](probe)),
      signal: AbortSignal.timeout(sendTimeoutMs),
    })
    return { status: answer.status, text: await answer.text() }
  } catch (cause) {
    throw unreachable(collector, cause, sendTimeoutMs)
  }
}

const resource = {
  attributes: [
    { key: 'service.name', value: { stringValue: probeService } },
    // One instance for all checks, so that each does not leave a series of its own.
    { key: 'service.instance.id', value: { stringValue: 'check' } },
  ],
}
const scope = { name: 'fillpath' }
const brief = 'Probe of "fillpath stack check"; it is of no bot.'

const bodies: Readonly<Record<ProbeSignal, (probe: Probe) => object>> = {
  traces: ({ traceId, spanId, timeNs }) => ({
    resourceSpans: [
      {
        resource,
        scopeSpans: [
          {
            scope,
            spans: [
              {
                traceId,
                spanId,
                name: metric,
                kind: 1,
                startTimeUnixNano: String(timeNs),
                endTimeUnixNano: String(timeNs + 1_000_000n),
              },
            ],
          },
        ],
      },
    ],
  }),
  logs: ({ traceId, spanId, timeNs }) => ({
    resourceLogs: [
      {
        resource,
        scopeLogs: [
          {
            scope,
            logRecords: [
              {
                timeUnixNano: String(timeNs),
                observedTimeUnixNano: String(timeNs),
                severityNumber: 9,
                severityText: 'info',
                body: { stringValue: brief },
                traceId,
                spanId,
              },
            ],
          },
        ],
      },
    ],
  }),
  metrics: ({ timeNs, value }) => ({
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [
          {
            scope,
            metrics: [
              {
                name: metric,
                description: brief,
                gauge: { dataPoints: [{ timeUnixNano: String(timeNs), asDouble: value }] },
              },
            ],
          },
        ],
      },
    ],
  }),
}

/** Where each signal of the probe arrives. */
export const arrivals = {
  traces: {
    server: 'tempo',
    async has(tempo: Server, { traceId }: Probe): Promise<boolean> {
      return (await spansOf(tempo, traceId)).length > 0
    },
  },
  logs: {
    server: 'loki',
    async has(loki: Server, { traceId, timeNs }: Probe): Promise<boolean> {
      const selector = `{service_name=${quoted(probeService)}}`
      const query = linesWith(selector, [isOneOf('trace_id', [traceId])])
      const range = { fromNs: timeNs - minuteNs, toNs: timeNs + minuteNs }
      for await (const page of linesOf(loki, { query, ...range })) if (page.length > 0) return true
      return false
    },
  },
  metrics: {
    server: 'prometheus',
    async has(prometheus: Server, { value }: Probe): Promise<boolean> {
      const query = `max(${series}{service_name="${probeService}"})`
      const answered = await ask(prometheus, '/api/v1/query', { parameters: { query } })
      const [sample] = arrayAt(objectAt(objectOf(prometheus, answered), 'data'), 'result')
      const pair = isObject(sample) ? arrayAt(sample, 'value') : []
      return Number(pair[1]) === value
    },
  },
} as const satisfies Record<ProbeSignal, object>
