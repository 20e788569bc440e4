import { FillpathError } from '../../semconv/error.ts'
import { portHolder } from './port-holder.ts'
import type { Guard } from './guard.ts'
import type { Intake } from './intake.ts'
import type { Server } from 'node:net'

/** What a receiver needs to start. */
export interface ReceiverOptions {
  readonly host: string
  readonly port: number
  /** What the user sets to choose another port, for the message when this one is taken. */
  readonly portSetting: string
  readonly guard: Guard
  readonly intake: Intake
  readonly bodyBytesMax: number
  readonly connectionsMax: number
  readonly requestTimeoutMs: number
}

/** A running receiver. */
export interface Receiver {
  /** The port it listens on. */
  readonly port: number
  /** Answers what is in hand, for at most `graceMs`, and closes. */
  stop(graceMs: number): Promise<void>
}

/**
 * Lets `server` listen.
 * @returns the port
 * @throws FillpathError `port_taken`, which says by whom, or `setting_invalid` for a host or port that cannot be had
 */
export async function listen(
  server: Server,
  { host, port, portSetting }: Pick<ReceiverOptions, 'host' | 'port' | 'portSetting'>,
): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, exclusive: true }, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (cause) {
    throw explain(cause, { host, port, portSetting })
  }
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

function explain(
  cause: unknown,
  { host, port, portSetting }: Pick<ReceiverOptions, 'host' | 'port' | 'portSetting'>,
): FillpathError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'EADDRINUSE') {
    const holder = portHolder(port) ?? 'another process'
    return new FillpathError('port_taken', `port ${port} on ${host} is taken by ${holder}`, {
      hint: `Stop that process, or choose another port with ${portSetting}.`,
      cause,
    })
  }
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new FillpathError('setting_invalid', `cannot listen on ${host}:${port}: ${reason}`, {
    hint: `Choose another address, or another port with ${portSetting}.`,
    cause,
  })
}
