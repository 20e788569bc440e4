/**
 * A port on 127.0.0.1 that stays a test's own while nothing listens on it.
 *
 * It lies below those that systems hand out by themselves (to port 0, to outgoing connections, to containers), and is held
 * against other tests, which ask here too, by the UDP port of the same number.
 */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** What {@link holdPort} gives. */
export interface HeldPort {
  readonly port: number
  /** Lets others have it. */
  readonly release: () => Promise<void>
}

/** Finds a port on which nobody listens, and holds it; it keeps no process alive. */
export async function holdPort(): Promise<HeldPort> {
  for (;;) {
    const port = randomInt(20_000, 30_000)
    const socket = createSocket('udp4')
    const release = async (): Promise<void> => {
      const closed = once(socket, 'close')
      socket.close()
      await closed
    }
    const bound = once(socket, 'listening')
    socket.bind({ port, address: '127.0.0.1', exclusive: true })
    if ((await isDone(bound)) && (await isFree(port))) {
      socket.unref()
      return { port, release }
    }
    await release()
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const listening = once(server, 'listening')
  server.listen({ port, host: '127.0.0.1', exclusive: true })
  if (!(await isDone(listening))) return false
  const closed = once(server, 'close')
  server.close()
  await closed
  return true
}

/** False when the port is taken; any other error is thrown. */
async function isDone(bound: Promise<unknown>): Promise<boolean> {
  try {
    await bound
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false
    throw error
  }
}
