/**
 * OTLP over gRPC: the three Export services, on @grpc/grpc-js, with the messages as raw bytes.
 *
 * Who may call and how long a call may take is decided before its message is read. Connections come from a server of
 * our own, so that a taken port, the limit of connections and the stop are the same as those of HTTP.
 */
import { createServer } from 'node:net'
import { Server, ServerCredentials, ServerInterceptingCall, status } from '@grpc/grpc-js'
import { refusals, refuse, successBody } from './answer.ts'
import { listen } from './listen.ts'
import { signals } from './signal.ts'
import type { Refusal } from './answer.ts'
import type { Receiver, ReceiverOptions } from './listen.ts'
import type { Signal } from './signal.ts'
import type {
  Metadata,
  ServerInterceptor,
  ServiceDefinition,
  handleUnaryCall,
  sendUnaryData,
} from '@grpc/grpc-js'
import type { Socket } from 'node:net'

const callsMax = 32

/** Starts the gRPC receiver. */
export async function startGrpc(options: ReceiverOptions): Promise<Receiver> {
  const calls = { open: 0, stopping: false }
  const grpc = new Server({
    'grpc.max_receive_message_length': options.bodyBytesMax,
    'grpc.max_concurrent_streams': callsMax,
    'grpc.max_metadata_size': 16 * 1024,
    'grpc.enable_channelz': 0,
    interceptors: [guardCalls(options, calls)],
  })
  for (const signal of signals) {
    grpc.addService(serviceOf(signal), { export: exportHandler(signal, options) })
  }
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure())
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    injector.injectConnection(socket)
  })
  server.maxConnections = options.connectionsMax
  const port = await listen(server, options)
  return {
    port,
    async stop(graceMs) {
      calls.stopping = true
      const closed = new Promise((resolve) => server.close(resolve))
      const cut = setTimeout(() => {
        grpc.forceShutdown()
        for (const socket of sockets) socket.destroy()
      }, graceMs)
      // It calls back too early on Node 24; each connection closes when the last call on it is answered.
      grpc.tryShutdown(() => undefined)
      await closed
      clearTimeout(cut)
    },
  }
}

function serviceOf(signal: Signal): ServiceDefinition {
  const raw = (bytes: Buffer): Buffer => bytes
  return {
    export: {
      path: signal.method,
      requestStream: false,
      responseStream: false,
      requestSerialize: raw,
      requestDeserialize: raw,
      responseSerialize: raw,
      responseDeserialize: raw,
    },
  }
}

function exportHandler(
  signal: Signal,
  { intake }: ReceiverOptions,
): handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    void takeCall(call.request, callback)
  }

  async function takeCall(bytes: Buffer, callback: sendUnaryData<Buffer>): Promise<void> {
    if (!intake.room.take(bytes.length)) {
      const answer = refuse('overloaded', 'too many requests are being taken at once')
      intake.count(answer)
      callback(statusOf(answer))
      return
    }
    try {
      const answer = await intake.take(signal, 'protobuf', bytes)
      intake.count(answer)
      if (answer.taken) callback(null, successBody(answer, 'protobuf', signal))
      else callback(statusOf(answer))
    } finally {
      intake.room.give(bytes.length)
    }
  }
}

function guardCalls(
  { guard, intake, requestTimeoutMs }: ReceiverOptions,
  calls: { open: number; stopping: boolean },
): ServerInterceptor {
  return (_method, call) => {
    let timer: NodeJS.Timeout | undefined
    let open = false
    const end = (): void => {
      clearTimeout(timer)
      if (open) calls.open -= 1
      open = false
    }
    const stop = (refusal: Refusal): void => {
      intake.count(refusal)
      intercepting.sendStatus(statusOf(refusal))
    }
    const intercepting = new ServerInterceptingCall(call, {
      start(next) {
        open = true
        calls.open += 1
        next({
          onReceiveMetadata(metadata, pass) {
            const refusal = refusalOf(call.getHost(), metadata)
            if (refusal !== undefined) return stop(refusal)
            timer = setTimeout(
              () => stop(refuse('too_slow', 'the message did not arrive in time')),
              requestTimeoutMs,
            )
            pass(metadata)
          },
          onReceiveMessage(message, pass) {
            clearTimeout(timer)
            pass(message)
          },
          onCancel: end,
        })
      },
      sendStatus(status, next) {
        end()
        next(status)
      },
    })
    return intercepting
  }

  function refusalOf(host: string, metadata: Metadata): Refusal | undefined {
    const authorization = metadata.get('authorization')[0]?.toString()
    const refusal = guard.check({ host, authorization })
    if (refusal !== undefined) return refusal
    if (calls.stopping) return refuse('stopping', 'the desk is stopping; send it again')
    if (calls.open > callsMax) return refuse('overloaded', 'too many calls at once; send it again')
    return undefined
  }
}

function statusOf(refusal: Refusal): { readonly code: status; readonly details: string } {
  return { code: status[refusals[refusal.reason].rpc], details: refusal.message }
}
