/**
 * The embedded OTLP receiver: traces, logs and metrics over HTTP (protobuf and JSON) and gRPC.
 *
 * Invariants:
 * - A request is answered with success only after the sink has kept its records.
 * - What may succeed later is answered as retryable (503, UNAVAILABLE), so that no sender drops it; only what never
 *   can is answered as permanent. See answer.ts.
 * - Memory is bounded: per body (before and after inflation), over all bodies in hand, and in connections.
 * - It listens on the loopback address unless told otherwise, and refuses calls under a foreign host name.
 */
import { Guard } from './guard.ts'
import { Intake } from './intake.ts'
import { startGrpc } from './grpc.ts'
import { startHttp } from './http.ts'
import type { GuardOptions } from './guard.ts'
import type { IntakeCounts, Sink } from './intake.ts'
import type { Receiver, ReceiverOptions } from './listen.ts'

const mebibyte = 1024 * 1024

/** Options of {@link startCollector}. */
export interface CollectorOptions extends GuardOptions {
  readonly sink: Sink
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string | undefined
  /** Port of OTLP/HTTP; 0 takes a free one. */
  readonly httpPort: number
  /** Port of OTLP/gRPC; 0 takes a free one. */
  readonly grpcPort: number
  /** Largest body, as sent and as inflated. @default 16 MiB */
  readonly bodyBytesMax?: number | undefined
  /** What all requests in hand may hold; above it senders are told to come again. @default 64 MiB */
  readonly roomBytesMax?: number | undefined
  /** Connections per receiver. @default 512 */
  readonly connectionsMax?: number | undefined
  /** Longest time from the first to the last byte of a request. @default 30_000 */
  readonly requestTimeoutMs?: number | undefined
}

/** A running collector. */
export interface Collector {
  readonly ports: { readonly http: number; readonly grpc: number }
  counts(): IntakeCounts
  /** Takes nothing new, answers what is in hand for at most `graceMs`, and closes. */
  stop(graceMs: number): Promise<void>
}

/**
 * Starts both receivers, or none.
 * @throws FillpathError `port_taken`, `setting_invalid`
 */
export async function startCollector(options: CollectorOptions): Promise<Collector> {
  const { bodyBytesMax = 16 * mebibyte, roomBytesMax = 64 * mebibyte } = options
  const intake = new Intake(options.sink, Math.max(roomBytesMax, 2 * bodyBytesMax))
  const shared: Omit<ReceiverOptions, 'port' | 'portSetting'> = {
    host: options.host ?? '127.0.0.1',
    guard: new Guard(options),
    intake,
    bodyBytesMax,
    connectionsMax: options.connectionsMax ?? 512,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
  }
  const http = await startHttp({
    ...shared,
    port: options.httpPort,
    portSetting: '--http-port or FILLPATH_DESK_HTTP_PORT',
  })
  const grpc: Receiver = await startGrpc({
    ...shared,
    port: options.grpcPort,
    portSetting: '--grpc-port or FILLPATH_DESK_GRPC_PORT',
  }).catch(async (error: unknown) => {
    await http.stop(0)
    throw error
  })
  return {
    ports: { http: http.port, grpc: grpc.port },
    counts: () => intake.counts(),
    async stop(graceMs) {
      await Promise.all([http.stop(graceMs), grpc.stop(graceMs)])
    },
  }
}
