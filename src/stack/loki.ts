/**
 * Lines of Loki, page by page.
 *
 * Loki gives at most so many lines a request and no cursor, so the next page begins at the time where the last one ended,
 * and what was already given at that very nanosecond is left out. A page that Loki finds too large is asked for in
 * smaller ones, a range that it finds too long in shorter ones.
 */
import { FillpathError } from '../semconv/error.ts'
import { arrayAt, ask, isObject, objectAt, objectOf, refused } from './ask.ts'
import type { Answered, Json } from './ask.ts'
import type { Server } from './servers.ts'

/** One line. */
export interface Entry {
  readonly timeNs: bigint
  readonly line: string
  /** Labels of the stream. */
  readonly labels: Readonly<Record<string, string>>
  /** Structured metadata. */
  readonly metadata: Readonly<Record<string, string>>
}

/** Which lines. */
export interface LinesQuery {
  readonly query: string
  readonly fromNs: bigint
  /** The end, not included. */
  readonly toNs: bigint
  /** @default 'forward' */
  readonly direction?: 'forward' | 'backward'
  /** @default all */
  readonly linesMax?: number
  /** Told of lines that Loki cannot give because too many have one time. */
  readonly onUnreachable?: ((timeNs: bigint) => void) | undefined
}

// A record of ours takes about 2.5 KB with its metadata; Loki's own limit for an answer is 4 MB unless it is raised.
const pageLines = 1_000
const pageLinesMin = 50
// What Loki gives at most, unless it is told otherwise.
const pageLinesMax = 5_000
const rangeNsMin = 60_000_000_000n

const isTooLong = /time range exceeds the limit/
const isTooLarge = /max entries limit|larger than max|ResourceExhausted/i

/**
 * The lines of a query in pages, each sorted in the direction of the query.
 * @throws FillpathError `server_unreachable`, `server_refused`
 */
export async function* linesOf(
  server: Server,
  query: LinesQuery,
): AsyncGenerator<Entry[], void, undefined> {
  let left = query.linesMax ?? Number.POSITIVE_INFINITY
  const ranges: (readonly [from: bigint, to: bigint])[] = [[query.fromNs, query.toNs]]
  for (let range = ranges.shift(); range !== undefined && left > 0; range = ranges.shift()) {
    const [fromNs, toNs] = range
    try {
      for await (const page of pagesOf(server, { ...query, fromNs, toNs, linesMax: left })) {
        left -= page.length
        yield page
      }
    } catch (error) {
      if (!isRefused(error, isTooLong) || toNs - fromNs <= rangeNsMin) throw error
      const middle = fromNs + (toNs - fromNs) / 2n
      const halves = [
        [fromNs, middle],
        [middle, toNs],
      ] as const
      ranges.unshift(...(query.direction === 'backward' ? halves.toReversed() : halves))
    }
  }
}

async function* pagesOf(
  server: Server,
  query: LinesQuery & { readonly linesMax: number },
): AsyncGenerator<Entry[], void, undefined> {
  const isBackward = query.direction === 'backward'
  let { fromNs, toNs, linesMax } = query
  let size = pageLines
  let given = new Set<string>()
  while (linesMax > 0 && fromNs < toNs) {
    const limit = Math.min(size, linesMax + given.size)
    const asked = await page(server, { ...query, fromNs, toNs }, limit)
    if (asked === 'too large') {
      if (size <= pageLinesMin) throw tooLarge(server)
      size = Math.max(pageLinesMin, Math.floor(limit / 2))
      continue
    }
    const fresh = asked.filter((entry) => !given.has(keyOf(entry))).slice(0, linesMax)
    const last = asked.at(-1)
    if (fresh.length > 0) {
      linesMax -= fresh.length
      yield fresh
    }
    if (last === undefined || asked.length < limit) return
    if (fresh.length === 0) {
      // A whole page of one time: a larger page may reach over it, else the rest of that nanosecond cannot be had.
      if (size < pageLinesMax) {
        size = Math.min(pageLinesMax, size * 4)
        continue
      }
      query.onUnreachable?.(last.timeNs)
      if (isBackward) toNs = last.timeNs
      else fromNs = last.timeNs + 1n
      given = new Set()
      continue
    }
    if (isBackward) toNs = last.timeNs + 1n
    else fromNs = last.timeNs
    const atEnd = asked.filter(({ timeNs }) => timeNs === last.timeNs).map(keyOf)
    given = new Set(atEnd)
  }
}

async function page(
  server: Server,
  { query, fromNs, toNs, direction = 'forward' }: LinesQuery,
  limit: number,
): Promise<Entry[] | 'too large'> {
  const answered = await ask(server, '/loki/api/v1/query_range', {
    parameters: {
      query,
      start: String(fromNs),
      end: String(toNs),
      direction,
      limit: String(limit),
    },
    headers: { 'x-loki-response-encoding-flags': 'categorize-labels' },
  })
  if (answered.status !== 200) {
    // 504: an answer larger than what its parts may send to each other makes it hang, not fail.
    if (answered.status === 504 || isTooLarge.test(answered.text)) return 'too large'
    throw refused(server, answered)
  }
  const entries = entriesOf(server, answered)
  const sign = direction === 'forward' ? 1 : -1
  return entries.sort((a, b) => (a.timeNs < b.timeNs ? -sign : a.timeNs > b.timeNs ? sign : 0))
}

function entriesOf(server: Server, answered: Answered): Entry[] {
  const data = objectAt(objectOf(server, answered), 'data')
  const entries: Entry[] = []
  for (const stream of arrayAt(data, 'result')) {
    if (!isObject(stream)) continue
    const labels = textsOf(objectAt(stream, 'stream'))
    for (const value of arrayAt(stream, 'values')) {
      if (!Array.isArray(value)) continue
      const [time, line, more]: unknown[] = value
      if (typeof time !== 'string' || typeof line !== 'string') continue
      const metadata = isObject(more) ? textsOf(objectAt(more, 'structuredMetadata')) : {}
      entries.push({ timeNs: BigInt(time), line, labels, metadata })
    }
  }
  return entries
}

function textsOf(json: Json): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const [key, value] of Object.entries(json)) if (typeof value === 'string') texts[key] = value
  return texts
}

/** What is one line: Loki itself keeps a line once that is the same in all of this. */
function keyOf({ timeNs, line, labels, metadata }: Entry): string {
  return JSON.stringify([String(timeNs), line, labels, metadata])
}

function isRefused(error: unknown, pattern: RegExp): boolean {
  return (
    error instanceof FillpathError && error.code === 'server_refused' && pattern.test(error.message)
  )
}

function tooLarge(server: Server): FillpathError {
  return new FillpathError(
    'server_refused',
    `loki at ${server.url} cannot send even ${pageLinesMin} lines in one answer`,
    { hint: 'Raise server.grpc_server_max_send_msg_size and _recv_msg_size in its configuration.' },
  )
}
