/**
 * Keeps a WebSocket subscription alive, in the way of ccxt's `watch…` methods: ask for what comes next, for
 * ever; when the connection breaks, wait a little longer each time and ask again.
 */
import type { Events } from '../../index.ts'
import type { Timeline } from '../timeline.ts'
import { NetworkError } from '../venue/exchange-error.ts'

/** One subscription. */
export interface Subscription<T> {
  readonly venue: string
  /** `trades`, `books`, `user_stream`. */
  readonly feed: string
  readonly timeline: Timeline
  readonly events: Events
  readonly watch: () => Promise<T>
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
  const { venue, feed, timeline, events, watch, onMessage, onReconnected, onDisconnected } =
    subscription
  let isConnected = false
  let reconnects = 0
  let failures = 0
  const fields = { venue, feedName: feed }
  const connected = (): void => {
    if (isConnected) return
    isConnected = true
    events.feedConnected({
      ...fields,
      feedState: 'connected',
      feedReconnects: reconnects,
      feedFailures: failures,
    })
    failures = 0
    if (reconnects > 0) onReconnected?.()
  }
  for (;;) {
    const cancel = timeline.after(settledMs, connected)
    try {
      const message = await watch()
      cancel()
      connected()
      onMessage(message)
    } catch (error) {
      cancel()
      if (!(error instanceof NetworkError)) throw error
      if (isConnected) {
        isConnected = false
        onDisconnected?.()
        events.feedDisconnected({
          ...fields,
          feedState: 'disconnected',
          feedReconnects: reconnects,
          feedCloseCode: 1006,
          feedReason: error.message,
        })
        reconnects += 1
      } else {
        failures += 1
        events.feedError({
          ...fields,
          feedState: 'connecting',
          feedFailures: failures,
          errorType: error.name,
          exceptionMessage: error.message,
        })
        await timeline.sleep(Math.min(backoffMs * 2 ** failures, backoffMaxMs))
      }
    }
  }
}
