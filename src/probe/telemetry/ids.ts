import { randomSpanId, randomTraceId } from '../../base/ids.ts'
import type { IdGenerator } from '@opentelemetry/sdk-trace'
import { traceIdFromContext } from '../flow/trace-id.ts'

/** Ids of traces and spans: the root span of a flow gets the trace id that its correlation id stands for. */
export const flowIds: IdGenerator = {
  generateTraceId: () => traceIdFromContext() ?? randomTraceId(),
  generateSpanId: randomSpanId,
}
