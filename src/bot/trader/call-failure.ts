/** What is told of calls that failed, or took too long. */
import type { Events } from '../../index.ts'
import {
  BaseError,
  NetworkError,
  RateLimitExceeded,
  RequestTimeout,
} from '../venue/exchange-error.ts'
import type { Exchange } from '../venue/exchange.ts'

/** Who calls whom, and where it is told. */
export interface CallTelling {
  readonly exchange: Exchange
  readonly events: Events
  readonly latencyLimitMs: number
}

/** Tells of an answer that came late. */
export function tellIfSlow(
  { exchange, events, latencyLimitMs }: CallTelling,
  operation: string,
  durationMs: number,
): void {
  if (durationMs <= latencyLimitMs) return
  events.latencyHigh(
    {
      venue: exchange.id,
      latencyOperation: operation,
      latencyMs: durationMs,
      limitMs: latencyLimitMs,
    },
    { message: `${operation} took ${durationMs.toFixed(0)} ms` },
  )
}

/** Tells of a call that threw. Returns whether the venue answered it: with a no, or with "too fast". */
export function tellFailure(
  { exchange, events }: CallTelling,
  fields: { readonly venue: string; readonly apiOperation: string },
  { error, durationMs }: { readonly error: unknown; readonly durationMs: number },
): boolean {
  const call = fields.apiOperation
  if (!(error instanceof BaseError)) {
    events.apiError({ ...fields, durationMs }, { error, message: `${call} failed` })
    return true
  }
  const answer = { httpResponseStatusCode: error.httpStatus, httpResponseBody: error.body }
  const weights = { apiWeight: exchange.usedWeight, apiWeightLimit: exchange.weightLimit }
  if (error instanceof RateLimitExceeded) {
    const { httpStatus, retryAfterMs } = error
    events.rateLimitHit(
      {
        ...fields,
        ...weights,
        httpResponseStatusCode: httpStatus,
        apiRetryAfterMs: retryAfterMs,
      },
      { message: `${call} was refused: too many calls` },
    )
    return true
  }
  if (error instanceof RequestTimeout) {
    events.apiTimeout(
      { ...fields, durationMs },
      { message: `${call} was not answered in ${durationMs.toFixed(0)} ms` },
    )
    return false
  }
  if (error instanceof NetworkError) {
    // Whoever gives up tells the stack; one for each attempt would only be noise.
    const { name, message } = error
    events.apiError(
      {
        ...fields,
        ...answer,
        durationMs,
        errorType: name,
        exceptionMessage: message,
      },
      { message: `${call} failed` },
    )
    return false
  }
  // The answer was no: whoever asked says what that means.
  events.apiResponse({ ...fields, ...answer, ...weights, durationMs })
  return true
}
