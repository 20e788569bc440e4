/** What is needed of a WebSocket to watch it. */
export interface FeedSocket {
  readonly readyState?: number
  addEventListener(
    type: 'open' | 'message' | 'close' | 'error',
    listener: (event: { readonly type: string }) => void,
  ): void
}

/** Who is told of what happens on a socket. @template Message what a message tells about itself */
interface Listener<Message> {
  connected(): void
  message(message?: Message): void
  alive(): void
  disconnected(why?: {
    readonly code?: number | undefined
    readonly reason?: string | undefined
  }): void
  failed(error: unknown): void
}

interface WithPings {
  on(event: 'ping' | 'pong', listener: () => void): unknown
}

const open = 1

/** The socket of each feed that opened last: an older one that ends after that ends nothing. */
const newest = new WeakMap<object, FeedSocket>()

/** Hands what happens on a socket to its feed. */
export function attachSocket<Message>(
  feed: Listener<Message>,
  socket: FeedSocket,
  read: ((data: unknown) => Message | undefined) | undefined,
): void {
  let isOver = false
  const opened = (): void => {
    newest.set(feed, socket)
    feed.connected()
  }
  socket.addEventListener('open', opened)
  socket.addEventListener('message', (event: unknown) => {
    feed.message(readSafely(read, field(event, 'data')))
  })
  socket.addEventListener('error', (event: unknown) => {
    // `ws` brings the error, the platform's own socket a message at most.
    feed.failed(
      field(event, 'error') ?? new Error(text(field(event, 'message')) ?? 'WebSocket error'),
    )
  })
  socket.addEventListener('close', (event: unknown) => {
    if (isOver) return
    isOver = true
    if ((newest.get(feed) ?? socket) !== socket) return
    newest.delete(feed)
    const code = field(event, 'code')
    feed.disconnected({
      code: typeof code === 'number' ? code : undefined,
      reason: text(field(event, 'reason')),
    })
  })
  if (hasPings(socket)) {
    socket.on('ping', () => feed.alive())
    socket.on('pong', () => feed.alive())
  }
  if (socket.readyState === open) opened()
}

/** A message that cannot be read is a message all the same. */
function readSafely<Message>(
  read: ((data: unknown) => Message | undefined) | undefined,
  data: unknown,
): Message | undefined {
  try {
    return read?.(data)
  } catch {
    return undefined
  }
}

function hasPings(socket: object): socket is WithPings {
  return 'on' in socket && typeof socket.on === 'function'
}

function field(event: unknown, name: string): unknown {
  if (typeof event !== 'object' || event === null) return undefined
  return (event as Readonly<Record<string, unknown>>)[name]
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
