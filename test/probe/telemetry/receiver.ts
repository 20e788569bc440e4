import { StubCollector } from '../../stub-collector.ts'
import type { StubOptions } from '../../stub-collector.ts'
import { decodeLogs, decodeMetrics, decodeTraces } from '../../../src/wire/otlp-protobuf.ts'
import type { LogRecord, MetricPoint, SpanRecord } from '../../../src/wire/record.ts'

/** A receiver on a real socket that keeps what it took as records. */
export interface Receiver {
  readonly stub: StubCollector
  readonly url: string
  readonly logs: LogRecord[]
  readonly spans: SpanRecord[]
  readonly points: MetricPoint[]
  close(): Promise<void>
}

/** Starts a receiver on 127.0.0.1 at a port of its own. */
export async function startReceiver(options: StubOptions = {}): Promise<Receiver> {
  const logs: LogRecord[] = []
  const spans: SpanRecord[] = []
  const points: MetricPoint[] = []
  const stub = await StubCollector.start({
    ...options,
    taken({ path, body }) {
      if (path.endsWith('/v1/logs')) logs.push(...decodeLogs(body))
      if (path.endsWith('/v1/traces')) spans.push(...decodeTraces(body))
      if (path.endsWith('/v1/metrics')) points.push(...decodeMetrics(body))
    },
  })
  return { stub, url: stub.url, logs, spans, points, close: () => stub.close() }
}
