import { setTimeout as sleep } from 'node:timers/promises'
import { FillpathError } from '../semconv/error.ts'
import type { Server } from './servers.ts'

const timeoutMsDefault = 90_000
const busyTries = 4
const bodyCharsShown = 300

/** Options of {@link ask}. */
export interface AskOptions {
  /** Parameters of the query. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** @default 90,000: servers themselves give up after 60 s */
  readonly timeoutMs?: number | undefined
}

/** What a server answered. */
export interface Answered {
  readonly status: number
  readonly text: string
}

/**
 * Asks a server once, or again where it says that it is busy (429).
 * @throws FillpathError `server_unreachable`
 */
export async function ask(
  server: Server,
  path: string,
  options: AskOptions = {},
): Promise<Answered> {
  const { parameters = {}, timeoutMs = timeoutMsDefault } = options
  const query = new URLSearchParams(parameters).toString()
  const url = `${server.url}${path}${query === '' ? '' : `?${query}`}`
  for (let attempt = 1; ; attempt++) {
    const answered = await once(server, url, { ...options, timeoutMs })
    if (answered.status !== 429 || attempt >= busyTries) return answered
    await sleep(250 * 2 ** attempt)
  }
}

async function once(
  server: Server,
  url: string,
  { headers, timeoutMs }: AskOptions & { readonly timeoutMs: number },
): Promise<Answered> {
  try {
    const answer = await fetch(url, {
      headers: { ...server.headers, ...headers },
      signal: AbortSignal.timeout(timeoutMs),
    })
    return { status: answer.status, text: await answer.text() }
  } catch (cause) {
    throw unreachable(server, cause, timeoutMs)
  }
}

/** The error for a server that does not answer. */
export function unreachable(server: Server, cause: unknown, timeoutMs: number): FillpathError {
  return new FillpathError(
    'server_unreachable',
    `${server.name} does not answer at ${server.url}: ${reasonOf(cause, timeoutMs)}`,
    { cause },
  )
}

function reasonOf(cause: unknown, timeoutMs: number): string {
  if (!(cause instanceof Error)) return String(cause)
  if (cause.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`
  const inner = cause.cause
  if (!(inner instanceof Error)) return cause.message
  const code: unknown = Reflect.get(inner, 'code')
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (code === 'ENOTFOUND') return 'there is no host of that name'
  return inner.message || String(code)
}

/** The error for an answer that is none. */
export function refused(server: Server, { status, text }: Answered): FillpathError {
  const said = text.replaceAll(/\s+/g, ' ').trim().slice(0, bodyCharsShown)
  return new FillpathError(
    'server_refused',
    `${server.name} at ${server.url} answered ${status}${said === '' ? '' : `: ${said}`}`,
    status === 401 || status === 403
      ? {
          hint: 'Name user and password in the address (http://user:password@host), and the tenant with --tenant.',
        }
      : {},
  )
}

/** A parsed answer; guards read from it. */
export type Json = Readonly<Record<string, unknown>>

/**
 * The JSON object that a server answered with.
 * @throws FillpathError `server_refused`
 */
export function objectOf(server: Server, answered: Answered): Json {
  if (answered.status !== 200) throw refused(server, answered)
  try {
    const value: unknown = JSON.parse(answered.text)
    if (isObject(value)) return value
  } catch {
    // Told below: it is not the server that was expected.
  }
  throw new FillpathError(
    'server_refused',
    `what answers at ${server.url} is not ${server.name}: no JSON object came`,
    { hint: `Check the address of ${server.name}.` },
  )
}

/** Whether a parsed value is an object. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object at `key`; an empty one where there is none. */
export function objectAt(json: Json, key: string): Json {
  const value = json[key]
  return isObject(value) ? value : {}
}

/** The array at `key`; an empty one where there is none. */
export function arrayAt(json: Json, key: string): readonly unknown[] {
  const value = json[key]
  return Array.isArray(value) ? value : []
}
