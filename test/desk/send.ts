import { expect } from 'vitest'
import type { DeskHandle } from '../../src/desk/desk.ts'
import { encodeLogs, encodeMetrics, encodeTraces } from '../../src/wire/otlp-json.ts'
import type { WireRecord } from '../../src/wire/record.ts'

/** Sends records to a desk as OTLP JSON, a request for each signal; all are taken. */
export async function send(desk: DeskHandle, records: readonly WireRecord[]): Promise<void> {
  const logs = records.filter((record) => record.signal === 'log')
  const spans = records.filter((record) => record.signal === 'span')
  const metrics = records.filter((record) => record.signal === 'metric')
  for (const [path, body] of [
    ['logs', encodeLogs(logs)],
    ['traces', encodeTraces(spans)],
    ['metrics', encodeMetrics(metrics)],
  ] as const) {
    const answer = await fetch(`http://127.0.0.1:${desk.ports.http}/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    expect(answer.status).toBe(200)
  }
}
