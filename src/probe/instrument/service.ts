import { connect } from 'node:net'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import { systemClock } from '../../base/clock.ts'
import type { Clock } from '../../base/clock.ts'
import { emitNamed } from '../event/emit.ts'
import { exceptionAttributes } from '../event/exception.ts'
import { guarded } from '../event/fault.ts'
import { measure } from '../event/instruments.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import type { EventName } from '../../semconv/events.ts'

/**
 * Watches a service that the bot depends on: whether it is reached, and how fast.
 *
 * - Checked by itself, at an interval, where it has an address or a check of the bot's own; otherwise the bot tells of
 *   the calls that it makes anyway.
 * - One check that fails is no outage: it is unreachable after `failuresMax` in a row, and reached again with the first
 *   answer. The event is written at the change, the measures at every check.
 * - Belongs to no flow: its events carry no trace.
 * - Never throws into the bot, and keeps no process alive.
 */

/** Which service, and how it is checked. */
export interface ServiceOptions {
  /** `binance`, `polygon-rpc`, `redis` … few and fixed: it is a label. */
  readonly name: string
  /** `host:port`, or a URL of which host and port are taken: a TCP connection is made to it. */
  readonly address?: string
  /** A check of the bot's own: reached when it resolves in time, such as `() => exchange.fetchTime()`. */
  readonly check?: () => Promise<unknown>
  /** @default 15000 */
  readonly everyMs?: number
  /** A check that takes longer has failed. @default 5000 */
  readonly timeoutMs?: number
  /** Failures in a row before the service counts as unreachable. @default 2 */
  readonly failuresMax?: number
  /** @default the machine's clocks */
  readonly clock?: Clock
}

/** A service that is watched. */
export interface Service {
  /** Whether it is reached; undefined before the first check. */
  readonly isUp: boolean | undefined
  /** It answered. @param durationMs how long that took */
  reached(durationMs?: number): void
  /** It did not answer. */
  missed(error?: unknown): void
  /** The bot needs it no more. */
  close(): void
}

/**
 * Watches a service.
 * @throws {TypeError} when the address has no port that can be known
 * @example
 * watchService({ name: 'binance', address: 'https://fapi.binance.com' })
 * watchService({ name: 'okx', check: () => okx.fetchTime(), everyMs: 30_000 })
 */
export function watchService(options: ServiceOptions): Service {
  return new WatchedService(options)
}

class WatchedService implements Service {
  readonly #options: ServiceOptions
  readonly #clock: Clock
  readonly #labels: TradingAttributes
  readonly #about: TradingAttributes
  readonly #check: (() => Promise<unknown>) | undefined
  #isUp: boolean | undefined
  #failures = 0
  #missedAtMs = 0
  #isChecking = false
  #isClosed = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: ServiceOptions) {
    const { address, name, everyMs = 15_000, timeoutMs = 5000 } = options
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#labels = { 'trading.service.name': name }
    const target = address === undefined ? undefined : targetOf(address)
    this.#about = { ...this.#labels, ...(target && { 'server.address': target.host }) }
    const check = options.check ?? (target && (() => connected(target, timeoutMs)))
    this.#check = check && (() => within(check, timeoutMs))
    if (!this.#check) return
    this.#timer = setInterval(() => void this.#look(), everyMs).unref()
    void this.#look()
  }

  get isUp(): boolean | undefined {
    return this.#isUp
  }

  reached(durationMs?: number): void {
    if (this.#isClosed) return
    if (durationMs !== undefined) {
      measure('trading.service.duration', durationMs / 1000, this.#labels)
    }
    this.#failures = 0
    if (this.#isUp === true) return
    const wasAway = this.#isUp === false
    this.#isUp = true
    this.#tell('trading.service.reached', {
      ...(durationMs !== undefined && { 'trading.service.duration_ms': durationMs }),
      ...(wasAway && { 'trading.service.away_ms': this.#clock.monotonicMs() - this.#missedAtMs }),
    })
  }

  missed(error?: unknown): void {
    if (this.#isClosed) return
    // Without the stack: it is the same place again and again.
    const { 'exception.stacktrace': _, ...told } =
      error === undefined ? {} : exceptionAttributes(error)
    measure('trading.service.misses', 1, { ...this.#labels, ...told })
    if (this.#failures === 0) this.#missedAtMs = this.#clock.monotonicMs()
    this.#failures += 1
    if (this.#isUp === false || this.#failures < (this.#options.failuresMax ?? 2)) return
    this.#isUp = false
    this.#tell('trading.service.unreachable', {
      'trading.service.failures': this.#failures,
      ...told,
    })
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    // A gauge tells its last value for as long as the bot lives: nobody is to be called for what is needed no more.
    if (this.#isUp === false) measure('trading.service.up', 1, this.#labels)
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #look(): Promise<void> {
    // A slow check is not joined by a second one.
    if (!this.#check || this.#isChecking) return
    this.#isChecking = true
    const startMs = this.#clock.monotonicMs()
    try {
      await this.#check()
      this.reached(this.#clock.monotonicMs() - startMs)
    } catch (error) {
      this.missed(error)
    } finally {
      this.#isChecking = false
    }
  }

  #tell(name: EventName, more: Readonly<Record<string, unknown>>): void {
    const message = `${this.#options.name} is ${this.#isUp ? 'reached' : 'unreachable'}`
    guarded(name, () =>
      emitNamed(name, { ...this.#about, ...more }, { context: ROOT_CONTEXT, message }),
    )
  }
}

interface Target {
  readonly host: string
  readonly port: number
}

const portsOfSchemes: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'ws:': 80,
  'wss:': 443,
}

function targetOf(address: string): Target {
  const text = address.includes('://') ? address : `tcp://${address}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const port = url?.port ? Number(url.port) : portsOfSchemes[url?.protocol ?? '']
  // A URL writes an IPv6 address in brackets, a socket takes it without.
  const host = url?.hostname.replace(/^\[(.+)\]$/, '$1') ?? ''
  if (host !== '' && port) return { host, port }
  throw new TypeError(
    `the address of a service is '${address}': give host:port, or a URL such as https://fapi.binance.com`,
  )
}

/** Resolves when a TCP connection stands. */
function connected({ host, port }: Target, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    socket.unref()
    const end = (error?: Error): void => {
      socket.destroy()
      if (error) reject(error)
      else resolve()
    }
    socket.once('connect', () => end())
    socket.once('error', end)
    socket.once('timeout', () => end(new TimeoutError(timeoutMs)))
  })
}

async function within(check: () => Promise<unknown>, timeoutMs: number): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new TimeoutError(timeoutMs)), timeoutMs).unref()
  try {
    await Promise.race([check(), late])
  } finally {
    clearTimeout(timer)
  }
}

class TimeoutError extends Error {
  override readonly name = 'TimeoutError'

  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`)
  }
}
