/**
 * Keeps a WebSocket subscription alive, in the way of ccxt's `watch…` methods: ask for what comes next, for
 * ever; when the connection breaks, wait a little longer each time and ask again.
 */
import type { Feed, FeedMessage } from '../../index.ts'
import type { Timeline } from '../timeline.ts'
import { NetworkError } from '../venue/exchange-error.ts'

/** One subscription. */
export interface Subscription<T> {
  /** Told of all that happens. */
  readonly feed: Feed
  readonly timeline: Timeline
  readonly watch: () => Promise<T>
  /** When the venue sent it; undefined where the message does not say. */
  readonly sentMs: (message: T) => number | undefined
  readonly onMessage: (message: T) => void
  /** The connection stands again, and something may have been missed. */
  readonly onReconnected?: () => void
  readonly onDisconnected?: () => void
}

/** A new connection counts as standing when it has not been refused for so long. */
const settledMs = 250
const backoffMs = 100
const backoffMaxMs = 3000

/** Runs for as long as the timeline does; the promise never resolves. */
export async function keepWatching<T>(subscription: Subscription<T>): Promise<never> {
  const { feed, timeline, watch, sentMs, onMessage, onReconnected, onDisconnected } = subscription
  let isConnected = false
  let failures = 0
  const connected = (): void => {
    if (isConnected) return
    isConnected = true
    failures = 0
    feed.connected()
    if (feed.counts.reconnects > 0) onReconnected?.()
  }
  for (;;) {
    const cancel = timeline.after(settledMs, connected)
    try {
      const message = await watch()
      cancel()
      connected()
      feed.message(lagOf(sentMs(message), timeline))
      onMessage(message)
    } catch (error) {
      cancel()
      if (!(error instanceof NetworkError)) throw error
      if (isConnected) {
        isConnected = false
        onDisconnected?.()
        feed.disconnected({ code: 1006, reason: error.message })
      } else {
        failures += 1
        feed.failed(error)
        await timeline.sleep(Math.min(backoffMs * 2 ** failures, backoffMaxMs))
      }
    }
  }
}

/** The venue's clock and the bot's are both market time, which may run faster than the machine's. */
function lagOf(sentMs: number | undefined, timeline: Timeline): FeedMessage {
  return { sentMs, receivedMs: timeline.nowMs }
}
