import { joinRecords } from '../../probe/ship/request.ts'
import type { OriginBytes, Signal } from '../../wire/frame.ts'
import { decodeLogs, decodeMetrics, decodeTraces } from '../../wire/otlp-protobuf.ts'
import type { WireRecord } from '../../wire/record.ts'

/**
 * The records in payloads of one signal and one origin. A metric may hold several points.
 * @throws FillpathError `otlp_malformed`
 */
export function decodePayload(
  signal: Signal,
  origin: OriginBytes,
  payloads: readonly Uint8Array[],
): readonly WireRecord[] {
  const body = joinRecords(payloads.map((payload) => ({ origin, payload })))
  switch (signal) {
    case 'log':
      return decodeLogs(body)
    case 'span':
      return decodeTraces(body)
    case 'metric':
      return decodeMetrics(body)
  }
}
