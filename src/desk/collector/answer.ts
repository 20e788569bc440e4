/**
 * What the collector answers, over HTTP and over gRPC, from one table.
 *
 * A sender drops what it gets 400, 403, 404, 405, 413 or 415 for, and sends again what it gets 503 or UNAVAILABLE for
 * (OTLP specification, "Failures"). So whatever may go well later is a 503, and only what never can is a 4xx.
 */
import type { Signal } from './signal.ts'

/** Codes of google.rpc that the collector uses. */
const rpcCodes = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const

type RpcCode = keyof typeof rpcCodes

/** Why a request was not taken, with its HTTP status, its google.rpc code, and what goes with it. */
export const refusals = {
  malformed: { http: 400, rpc: 'INVALID_ARGUMENT' },
  unauthorized: { http: 401, rpc: 'UNAUTHENTICATED' },
  forbidden: { http: 403, rpc: 'PERMISSION_DENIED' },
  unknown_path: { http: 404, rpc: 'UNIMPLEMENTED' },
  wrong_method: { http: 405, rpc: 'UNIMPLEMENTED' },
  too_slow: { http: 408, rpc: 'DEADLINE_EXCEEDED' },
  too_large: { http: 413, rpc: 'RESOURCE_EXHAUSTED' },
  wrong_type: { http: 415, rpc: 'INVALID_ARGUMENT' },
  overloaded: { http: 503, rpc: 'UNAVAILABLE' },
  not_kept: { http: 503, rpc: 'UNAVAILABLE' },
  stopping: { http: 503, rpc: 'UNAVAILABLE' },
} as const satisfies Record<string, { readonly http: number; readonly rpc: RpcCode }>

/** Why a request was not taken. */
export type RefusalReason = keyof typeof refusals

/** A request that was not taken. */
export interface Refusal {
  readonly taken: false
  readonly reason: RefusalReason
  /** For the person who reads the log of the sender: what was wrong, with the value seen. */
  readonly message: string
}

/** A request that was taken, whole when `rejected` is 0. */
export interface Taken {
  readonly taken: true
  readonly rejected: number
  readonly message: string
}

/** What became of a request. */
export type Answer = Taken | Refusal

/** Makes a {@link Refusal}. */
export function refuse(reason: RefusalReason, message: string): Refusal {
  return { taken: false, reason, message }
}

/** Whether sending the same again may go well. */
export function isRetryable(refusal: Refusal): boolean {
  return refusals[refusal.reason].http === 503
}

/** How a body is written. */
export type Encoding = 'protobuf' | 'json'

/** `google.rpc.Status`: int32 code = 1, string message = 2. */
export function statusBody({ reason, message }: Refusal, encoding: Encoding): Buffer {
  const code = rpcCodes[refusals[reason].rpc]
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }))
  return Buffer.concat([Buffer.from([0x08, code]), lengthDelimited(2, Buffer.from(message))])
}

/** `Export…ServiceResponse`: partial_success = 1 { int64 rejected_… = 1, string error_message = 2 }. */
export function successBody(taken: Taken, encoding: Encoding, signal: Signal): Buffer {
  const { rejected, message } = taken
  const whole = rejected === 0 && message === ''
  if (encoding === 'json') {
    const partialSuccess = { [signal.rejectedField]: String(rejected), errorMessage: message }
    return Buffer.from(JSON.stringify(whole ? {} : { partialSuccess }))
  }
  if (whole) return Buffer.alloc(0)
  return lengthDelimited(
    1,
    Buffer.concat([
      Buffer.from([0x08, ...varint(rejected)]),
      lengthDelimited(2, Buffer.from(message)),
    ]),
  )
}

function lengthDelimited(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(bytes.length)]), bytes])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  bytes.push(rest)
  return bytes
}
