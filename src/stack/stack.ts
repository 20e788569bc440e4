/**
 * Questions to the stack: what Loki, Tempo and Prometheus keep of a bot, as the records that the bot sent.
 *
 * Invariants:
 * - The answer of a server becomes records of `wire/record.ts`; from there on everything is as with local files.
 * - Loki alone is enough for events and log lines, Tempo alone for spans. What a server that is away would have added is
 *   missing from the answer, and that is said (`onMissing`), never silent.
 * - Nothing is written to a server.
 */
import { FillpathError } from '../semconv/error.ts'
import { linesWith } from './logql.ts'
import { linesOf } from './loki.ts'
import { LokiRecords } from './loki-record.ts'
import type { LogRecord } from '../wire/record.ts'
import type { Server, Servers } from './servers.ts'

/** Options of a {@link Stack}. */
export interface StackOptions {
  readonly servers: Servers
  /** Streams of Loki that are asked, in LogQL. */
  readonly selector: string
  /** How far back ids are searched for. */
  readonly lookBackMs: number
  /** Told, once for each server, what an answer lacks. */
  readonly onMissing: (message: string) => void
}

/** A period; bounds in nanoseconds since the Unix epoch, the end not included. */
export interface Range {
  readonly fromNs: bigint
  readonly toNs: bigint
}

/** Which lines of Loki. */
export interface Lines extends Range {
  /** Filters of LogQL, all of which must hold. */
  readonly filters: readonly string[]
  readonly direction?: 'forward' | 'backward'
  readonly linesMax?: number
}

// Clocks of bots may be ahead; Loki takes lines up to ten minutes of the future.
const aheadMs = 600_000
const hourMs = 3_600_000

/** See the head of this file. */
export class Stack {
  readonly servers: Servers
  readonly #selector: string
  readonly #lookBackMs: number
  readonly #onMissing: (message: string) => void
  readonly #told = new Set<string>()
  readonly #records = new LokiRecords()

  constructor({ servers, selector, lookBackMs, onMissing }: StackOptions) {
    this.servers = servers
    this.#selector = selector
    this.#lookBackMs = lookBackMs
    this.#onMissing = onMissing
  }

  /** All the time in which ids are searched for. */
  get range(): Range {
    return this.#since(this.#lookBackMs)
  }

  /**
   * The same time in parts, the newest first: what is asked for has most often just happened, and Loki has no index of
   * ids, so that looking through a month costs a month of reading.
   */
  get windows(): readonly Range[] {
    const back = [hourMs, 24 * hourMs, this.#lookBackMs].filter((ms) => ms <= this.#lookBackMs)
    const ranges = [...new Set(back)].map((ms) => this.#since(ms))
    return ranges.map(({ fromNs, toNs }, index) => ({
      fromNs,
      toNs: ranges[index - 1]?.fromNs ?? toNs,
    }))
  }

  #since(ms: number): Range {
    const nowMs = Date.now()
    return {
      fromNs: BigInt(nowMs - ms) * 1_000_000n,
      toNs: BigInt(nowMs + aheadMs) * 1_000_000n,
    }
  }

  /** Where it looks, for messages. */
  get place(): string {
    const { loki, tempo } = this.servers
    return [loki, tempo]
      .flatMap((server) => (server === undefined ? [] : [server.url]))
      .join(' and ')
  }

  /**
   * Log records of Loki in pages, sorted by time.
   * @throws FillpathError `server_unreachable`, `server_refused`, `usage`
   */
  async *lines({ filters, ...range }: Lines): AsyncGenerator<LogRecord[], void, undefined> {
    const loki = this.loki
    const query = linesWith(this.#selector, filters)
    const onUnreachable = (timeNs: bigint): void =>
      this.missing(
        'one time',
        `loki has more than 5,000 lines at ${timeNs}; some of them are left out`,
      )
    for await (const entries of linesOf(loki, { query, ...range, onUnreachable })) {
      yield this.#records.of(entries)
    }
  }

  /**
   * Loki, which some questions cannot do without.
   * @throws FillpathError `usage`
   */
  get loki(): Server {
    const { loki } = this.servers
    if (loki !== undefined) return loki
    throw new FillpathError('usage', 'this is a question to Loki, and no address of it is given', {
      hint: 'Give it with --loki URL, or ask the stack of docker-compose.yml with --from stack.',
    })
  }

  /**
   * The result of `work` at a server; `otherwise` where the server is away or was not named, which is said.
   * @param lacks what an answer without it lacks, as a sentence
   */
  async optional<T>(
    name: keyof Servers,
    { lacks, otherwise }: { readonly lacks: string; readonly otherwise: T },
    work: (server: Server) => Promise<T>,
  ): Promise<T> {
    const server = this.servers[name]
    if (server === undefined) {
      this.missing(name, `no address of ${name} is given (--${name} URL). ${lacks}`)
      return otherwise
    }
    try {
      return await work(server)
    } catch (error) {
      if (!(error instanceof FillpathError) || !error.code.startsWith('server_')) throw error
      this.missing(name, `${error.message}. ${lacks}`)
      return otherwise
    }
  }

  /** Says what is missing, once for each `about`. */
  missing(about: string, message: string): void {
    if (this.#told.has(about)) return
    this.#told.add(about)
    this.#onMissing(message)
  }

  /** Whether answers lack what this server has. */
  lacks(name: keyof Servers): boolean {
    return this.servers[name] === undefined || this.#told.has(name)
  }
}
