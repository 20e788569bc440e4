import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { containers } from './compose.ts'
import { portOf } from './servers.ts'
import type { StackServer, Values } from './servers.ts'

/** A port that is taken by something else than this stack. */
export interface TakenPort {
  readonly port: number
  readonly variable: string
}

/** The first port that a server which does not run yet could not have. Port 0 is any free one. */
export async function takenPort(
  wanted: readonly StackServer[],
  values: Values,
): Promise<TakenPort | undefined> {
  const own = new Set(
    containers().flatMap(({ service, state }) => (state === 'running' ? service : [])),
  )
  for (const { name, ports } of wanted) {
    if (own.has(name)) continue
    for (const each of ports) {
      const port = portOf(values, each)
      if (port !== 0 && (await isTaken(port))) return { port, variable: each.variable }
    }
  }
  return undefined
}

/** Something answers there, or it cannot be bound: a container of another stack may hold it by a rule of the kernel alone. */
async function isTaken(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    // Nobody there.
  } finally {
    socket.destroy()
  }
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    server.close()
    return false
  } catch (error) {
    return error instanceof Error && Reflect.get(error, 'code') === 'EADDRINUSE'
  }
}

/** A server that did not become ready. */
export interface NotReady {
  readonly name: string
  /** How its container stands, in Docker's words. */
  readonly state: string
}

/**
 * Waits until the servers are ready.
 * @param onReady told of each as it is
 * @returns those that did not become ready within the time, or whose container ended before
 */
export async function waitForServers(
  wanted: readonly StackServer[],
  {
    values,
    timeoutMs,
    onReady,
  }: {
    readonly values: Values
    readonly timeoutMs: number
    readonly onReady: (name: string) => void
  },
): Promise<NotReady[]> {
  const until = performance.now() + timeoutMs
  const failed: NotReady[] = []
  let waiting = wanted
  for (let round = 1; waiting.length > 0; round++) {
    const states = await Promise.all(
      waiting.map(async (server) => ({ server, ok: await isReady(server, values) })),
    )
    for (const { server, ok } of states) if (ok) onReady(server.name)
    waiting = states.filter(({ ok }) => !ok).map(({ server }) => server)
    if (waiting.length === 0) break
    const isOver = performance.now() > until
    if (isOver || round % 5 === 0) {
      const known = new Map(containers().map(({ service, state }) => [service, state]))
      for (const { name } of waiting) {
        const state = known.get(name) ?? 'unknown'
        if (isOver || ended.has(state)) failed.push({ name, state })
      }
      waiting = waiting.filter(({ name }) => !failed.some((each) => each.name === name))
    }
    await sleep(1000)
  }
  return failed
}

/** Docker starts such a container again and again, or has given up: waiting does not help. */
const ended: ReadonlySet<string> = new Set(['exited', 'restarting', 'dead'])

async function isReady(server: StackServer, values: Values): Promise<boolean> {
  const [first] = server.ports
  if (first === undefined) return false
  try {
    const url = `http://127.0.0.1:${portOf(values, first)}${server.ready}`
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok
  } catch {
    return false
  }
}
