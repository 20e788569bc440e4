import { ROOT_CONTEXT } from '@opentelemetry/api'
import { systemClock } from '../../base/clock.ts'
import type { Clock } from '../../base/clock.ts'
import { emitNamed } from '../event/emit.ts'
import { exceptionAttributes } from '../event/exception.ts'
import { measure } from '../event/instruments.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import type { EventName } from '../../semconv/events.ts'
import { attachSocket } from './socket.ts'
import type { FeedSocket } from './socket.ts'

/**
 * Watches one WebSocket feed: whether it is up, when it last said something, how late its messages come, which are
 * missing.
 *
 * - Belongs to no flow: its events carry no trace, whichever context they happen to be made in.
 * - A message costs one histogram value at most; counts and the time of the last message are written once a second.
 * - Calls in any order are taken: a message means connected, two disconnects are one, a feed closed by the bot is
 *   no alarm.
 * - Never throws into the bot.
 */

/** State of a feed. `stale`: connected, and silent for longer than it may be. */
export type FeedState = 'connecting' | 'connected' | 'stale' | 'disconnected'

/** Which feed, and how silent it may be. */
export interface FeedOptions {
  readonly venue: string
  /** `trades`, `books`, `user_stream` … few and fixed: it is a label. */
  readonly name: string
  /**
   * Silence after which a connected feed is told to be stale, once until it speaks again. Leave it out for a feed that
   * may be silent and has no pings.
   * @default never
   */
  readonly staleAfterMs?: number
  /** @default the machine's clocks */
  readonly clock?: Clock
}

/** What a message tells about itself, as far as the venue says it. */
export interface FeedMessage {
  /** When the venue sent it, Unix milliseconds. */
  readonly sentMs?: number | undefined
  /** When it came, on the clock that `sentMs` is compared with. @default now */
  readonly receivedMs?: number | undefined
  /** Its number: the nonce or last update id of a book. */
  readonly sequence?: number | undefined
  /** The number before it: Binance `pu` or `U - 1`, OKX `prevSeqId`. @default `sequence - 1` */
  readonly previousSequence?: number | undefined
}

/** What a feed has seen since it was made. */
export interface FeedCounts {
  readonly messages: number
  /** Holes in the sequence, and the messages missing in them as far as the numbers tell. */
  readonly gaps: number
  readonly missed: number
  readonly reconnects: number
  readonly disconnects: number
}

/** A feed that is watched. */
export interface Feed {
  readonly state: FeedState
  readonly counts: FeedCounts
  /** Time since the last message or sign of life; undefined before the first. */
  readonly silentMs: number | undefined
  /** The connection stands. */
  connected(): void
  /** A message came. */
  message(message?: FeedMessage): void
  /** A ping or pong came: a sign of life without a message. */
  alive(): void
  /** The connection is lost. */
  disconnected(why?: {
    readonly code?: number | undefined
    readonly reason?: string | undefined
  }): void
  /** The feed reported an error, or a connection could not be made. */
  failed(error: unknown): void
  /** The bot itself ends the feed: what still comes on it counts no more, until it is connected or attached again. */
  close(): void
  /**
   * Listens to a WebSocket: the one of the platform, of `ws`, or any with `addEventListener`. After a reconnect, attach
   * the new one.
   * @param read what a message tells about itself, from its data
   */
  attach<Socket extends FeedSocket>(
    socket: Socket,
    read?: (data: unknown) => FeedMessage | undefined,
  ): Socket
}

const tickMs = 1000
// A number that is far behind is no late message: the venue began to count anew.
const restartBehind = 1_000_000

/**
 * Watches a feed.
 * @example
 * const feed = watchFeed({ venue: 'binance', name: 'books', staleAfterMs: 5000 })
 * feed.attach(new WebSocket(url), (data) => ({ sentMs: parse(data).E }))
 */
export function watchFeed(options: FeedOptions): Feed {
  return new WatchedFeed(options)
}

class WatchedFeed implements Feed {
  readonly #options: FeedOptions
  readonly #clock: Clock
  readonly #labels: TradingAttributes
  #state: FeedState = 'connecting'
  #isClosed = false
  #messages = 0
  #messagesTold = 0
  #gaps = 0
  #missed = 0
  #connects = 0
  #disconnects = 0
  /** Attempts that failed in a row. */
  #failures = 0
  #sequence: number | undefined
  #heardAtMs: number | undefined
  #heardWallMs = 0
  #toldWallMs = 0
  #connectedAtMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: FeedOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#labels = { 'trading.venue': options.venue, 'trading.feed.name': options.name }
  }

  get state(): FeedState {
    return this.#state
  }

  get counts(): FeedCounts {
    return {
      messages: this.#messages,
      gaps: this.#gaps,
      missed: this.#missed,
      reconnects: Math.max(0, this.#connects - 1),
      disconnects: this.#disconnects,
    }
  }

  get silentMs(): number | undefined {
    return this.#heardAtMs === undefined ? undefined : this.#clock.monotonicMs() - this.#heardAtMs
  }

  connected(): void {
    if (this.#state === 'connected' || this.#state === 'stale') return
    this.#state = 'connected'
    this.#isClosed = false
    this.#connects += 1
    // A venue may count from anywhere on a new connection; what was missed meanwhile is a reconciliation's work.
    this.#sequence = undefined
    this.#connectedAtMs = this.#clock.monotonicMs()
    this.#timer ??= setInterval(() => this.#tick(), tickMs).unref()
    this.#tell('trading.feed.connected', 'connected')
    this.#failures = 0
  }

  message(message?: FeedMessage): void {
    if (this.#isClosed) return
    this.connected()
    this.#messages += 1
    this.alive()
    if (message === undefined) return
    const { sentMs, receivedMs = this.#heardWallMs, sequence, previousSequence } = message
    if (sentMs !== undefined) {
      measure('trading.feed.lag', (receivedMs - sentMs) / 1000, this.#labels)
    }
    if (sequence !== undefined) this.#follow(sequence, previousSequence ?? sequence - 1)
  }

  alive(): void {
    this.#heardAtMs = this.#clock.monotonicMs()
    this.#heardWallMs = Number(this.#clock.wallNs() / 1000n) / 1000
    if (this.#state === 'stale') this.#state = 'connected'
  }

  disconnected({
    code,
    reason,
  }: { readonly code?: number | undefined; readonly reason?: string | undefined } = {}): void {
    if (this.#isClosed || this.#state === 'disconnected') return
    const wasConnected = this.#state !== 'connecting'
    this.#state = 'disconnected'
    // An attempt that failed has told so itself.
    if (!wasConnected) return
    this.#disconnects += 1
    this.#write()
    const why = [code, reason].filter((part) => part !== undefined && part !== '').join(' ')
    this.#tell('trading.feed.disconnected', why === '' ? 'lost' : `lost (${why})`, {
      ...(code !== undefined && { 'trading.feed.close_code': code }),
      ...(reason && { 'trading.feed.reason': reason }),
    })
  }

  failed(error: unknown): void {
    if (this.#isClosed) return
    if (this.#state === 'disconnected') this.#state = 'connecting'
    if (this.#state === 'connecting') this.#failures += 1
    // Without the stack: a connection that cannot be made is tried again and again, from the same place.
    const { 'exception.stacktrace': _, ...told } = exceptionAttributes(error)
    this.#tell('trading.feed.error', `failed: ${String(told['exception.message'])}`, told)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#write()
    clearInterval(this.#timer)
    this.#timer = undefined
    if (this.#state === 'connected' || this.#state === 'stale') {
      measure('trading.feed.up', 0, this.#labels)
    }
    // A gauge tells its last value for as long as the bot lives, and its age would be an alarm.
    if (this.#toldWallMs > 0) measure('trading.feed.last_message', 0, this.#labels)
    this.#state = 'disconnected'
  }

  attach<Socket extends FeedSocket>(
    socket: Socket,
    read?: (data: unknown) => FeedMessage | undefined,
  ): Socket {
    if (this.#state === 'disconnected') this.#state = 'connecting'
    this.#isClosed = false
    attachSocket(this, socket, read)
    return socket
  }

  #follow(sequence: number, previous: number): void {
    const last = this.#sequence
    // Late or twice: the newest number holds.
    if (last !== undefined && sequence <= last && last - sequence < restartBehind) return
    this.#sequence = sequence
    if (last === undefined || previous <= last) return
    const missed = previous - last
    this.#gaps += 1
    this.#missed += missed
    this.#tell('trading.feed.gap', `${missed} missing in its sequence`, {
      'trading.feed.missed': missed,
    })
  }

  #tick(): void {
    this.#write()
    const { staleAfterMs = Infinity } = this.#options
    const since = Math.max(this.#heardAtMs ?? 0, this.#connectedAtMs)
    const silentMs = this.#clock.monotonicMs() - since
    if (this.#state !== 'connected' || silentMs < staleAfterMs) return
    this.#state = 'stale'
    this.#tell('trading.feed.stale', `silent for ${(silentMs / 1000).toFixed(1)} s`, {
      'trading.feed.silent_ms': silentMs,
    })
  }

  /** Counts and the time of the last message, for all messages since the last time. */
  #write(): void {
    if (this.#messages > this.#messagesTold) {
      measure('trading.feed.messages', this.#messages - this.#messagesTold, this.#labels)
      this.#messagesTold = this.#messages
    }
    if (this.#heardWallMs > this.#toldWallMs) {
      measure('trading.feed.last_message', this.#heardWallMs / 1000, this.#labels)
      this.#toldWallMs = this.#heardWallMs
    }
  }

  #tell(event: EventName, what: string, more: Readonly<Record<string, unknown>> = {}): void {
    const attributes = {
      ...this.#labels,
      'trading.feed.state': this.#state,
      'trading.feed.reconnects': this.counts.reconnects,
      'trading.feed.failures': this.#failures,
      ...more,
    }
    const { venue, name } = this.#options
    const message = `${venue} ${name} ${what}`
    emitNamed(event, attributes, { message, context: ROOT_CONTEXT })
  }
}
