/**
 * Finds the traces that an id belongs to, and reads them with those they are linked to: what `archive/flow/find.ts` does
 * with files, done with Loki and Tempo, to the same result.
 *
 * Spans are read first, by id, which costs Tempo nothing to speak of; their times say where in Loki the lines are.
 */
import { isSpanId, traceIdOf } from '../base/ids.ts'
import { prefixDigits, roleIn, timeOf, traceParent } from '../archive/flow/find.ts'
import { attributeDefinition, attributes as registered } from '../semconv/attributes.ts'
import { FillpathError } from '../semconv/error.ts'
import { anyOf, isOneOf, quoted } from './logql.ts'
import { inParallel } from './parallel.ts'
import { beyond, byTime, tracesOf } from './traces.ts'
import { searchTraces, spansOf, traceqlString } from './tempo.ts'
import type { LinkedTraces, Match, OnProgress, TraceRecords } from '../archive/flow/find.ts'
import type { LogRecord, SpanRecord } from '../wire/record.ts'
import type { Server } from './servers.ts'
import type { Range, Stack } from './stack.ts'

/** Attributes that are ids, by which a flow can be asked for. */
const idNames = Object.keys(registered).filter(
  (name) => name !== 'fillpath.record.id' && attributeDefinition(name)?.id === true,
)
/** What lives longer than one flow: its ids are looked for in all the time there is. */
const lasting = /^trading\.(?:task|run|executor|position|attempt)\./

const withoutTempo =
  'Spans are missing: the tree is drawn from the events in Loki, and what has ended may look open.'
const withoutLoki = 'Events and log lines are missing: what is shown is what the spans hold.'
/** How many ids are asked for in one query of Loki. */
const idsOfQuery = 40
const searchedLines = 20_000
/** How far from what is known of a flow its other lines may be. */
const aroundNs = 86_400_000_000_000n

/** The flows in a stack. */
export class StackFlows {
  readonly #stack: Stack
  readonly #spansToo: boolean
  /** When anything was found; lines are read around these times. */
  readonly #times: bigint[] = []

  /** @param options whether spans are asked for too; without them all answers come from Loki. */
  constructor(stack: Stack, options: { readonly spans: boolean } = { spans: true }) {
    this.#stack = stack
    this.#spansToo = options.spans
  }

  /**
   * The traces that `id` leads to, each once.
   * @throws FillpathError `server_unreachable`, `server_refused` when no server answers
   */
  async find(id: string): Promise<Match[]> {
    const asked = traceParent.exec(id)?.[1] ?? id
    const traceId = traceIdOf(asked)
    const matches = new Map<string, string>()
    const take = (record: SpanRecord | LogRecord): void => {
      if (record.traceId === '') return
      const by = roleIn(record, asked, traceId)
      if (by === undefined) return
      this.#sawTime(record)
      if (!matches.has(record.traceId)) matches.set(record.traceId, by)
    }
    await Promise.all([
      this.#spans(async (tempo) => {
        const query = `{ ${idConditions(asked)} }`
        const ids = await searchTraces(tempo, { query, ...this.#stack.range })
        const found = await inParallel([traceId, ...ids], (each) => spansOf(tempo, each))
        for (const span of found.flat()) take(span)
      }, undefined),
      this.#logs(async () => {
        const filters = [`trace_id=${quoted(traceId)}`]
        for (const name of idNames) filters.push(isOneOf(name, [asked]))
        if (isSpanId(asked)) filters.push(`span_id=${quoted(asked)}`)
        for (const window of this.#stack.windows) {
          for (const record of await this.#newest(window, [anyOf(filters)])) take(record)
          const roles = [...matches.values()]
          if (roles.length > 0 && !roles.some((role) => lasting.test(role))) break
        }
      }, undefined),
    ])
    this.#insistOnOne()
    const found = matches.size > 0 ? matches : await this.#byPrefix(asked)
    return Array.from(found, ([each, by]) => ({ traceId: each, by }))
  }

  async #byPrefix(digits: string): Promise<Map<string, string>> {
    const matches = new Map<string, string>()
    if (!prefixDigits.test(digits)) return matches
    const filters = [`trace_id=~${quoted(`${digits.toLowerCase()}.*`)}`]
    await this.#logs(async () => {
      for (const window of this.#stack.windows) {
        for (const record of await this.#newest(window, filters)) {
          this.#sawTime(record)
          matches.set(record.traceId, 'start of the trace id')
        }
        if (matches.size > 0) return
      }
    }, undefined)
    return matches
  }

  /**
   * Reads the traces, and those they link to or are linked from.
   * @throws FillpathError `server_unreachable`, `server_refused` when no server answers
   */
  async read(traceIds: readonly string[], onProgress?: OnProgress): Promise<LinkedTraces> {
    const asked = new Set(traceIds)
    const spans = await this.#spansOf(asked, (share) => onProgress?.(share / 3))
    const linked = await this.#linked(asked, spans)
    const linkedSpans = await this.#spansOf(linked, (share) => onProgress?.((1 + share) / 3))
    for (const span of [...spans, ...linkedSpans]) this.#sawTime(span)
    const logs = await this.logsOf([...asked, ...linked])
    onProgress?.(1)
    this.#insistOnOne()
    const all = tracesOf([...spans, ...linkedSpans], logs)
    const of = (ids: ReadonlySet<string>): TraceRecords[] =>
      [...ids].flatMap((id) => all.get(id) ?? [])
    return { asked: of(asked), linked: of(linked) }
  }

  /** The log records of the traces, sorted by time. */
  async logsOf(traceIds: readonly string[]): Promise<LogRecord[]> {
    const read = async (range: Range): Promise<LogRecord[]> => {
      const records: LogRecord[] = []
      for (let first = 0; first < traceIds.length; first += idsOfQuery) {
        const filters = [isOneOf('trace_id', traceIds.slice(first, first + idsOfQuery))]
        for await (const page of this.#stack.lines({ ...range, filters })) records.push(...page)
      }
      return records
    }
    return this.#logs(async () => {
      const range = this.#around()
      const near = await read(range)
      const wider = beyond(near, range, this.#stack.range)
      return (wider === undefined ? near : await read(wider)).sort(byTime)
    }, [])
  }

  /**
   * Ids that a person may have meant by one that is not found: those of the newest lines, each once.
   * @throws FillpathError `server_unreachable`, `server_refused`
   */
  async known(): Promise<Set<string>> {
    const ids = new Set<string>()
    await this.#logs(async () => {
      for (const window of this.#stack.windows) {
        for (const { traceId, attributes } of await this.#newest(window, ['trace_id!=""'], 2_000)) {
          ids.add(traceId)
          for (const name of idNames) {
            const value = attributes.get(name)
            if (typeof value === 'string') ids.add(value)
          }
        }
        if (ids.size > 0) return
      }
    }, undefined)
    return ids
  }

  async #spansOf(ids: ReadonlySet<string>, onProgress: OnProgress): Promise<SpanRecord[]> {
    let done = 0
    const found = await this.#spans(
      async (tempo) =>
        inParallel([...ids], async (id) => {
          const spans = await spansOf(tempo, id, (message) => this.#stack.missing(id, message))
          onProgress(++done / ids.size)
          return spans
        }),
      [],
    )
    return found.flat()
  }

  /** The traces that the asked ones link to or are linked from. */
  async #linked(asked: ReadonlySet<string>, spans: readonly SpanRecord[]): Promise<Set<string>> {
    const ids = new Set(spans.flatMap(({ links }) => links.map(({ traceId }) => traceId)))
    const from = await this.#spans(
      async (tempo) =>
        inParallel([...asked], (id) =>
          searchTraces(tempo, { query: `{ link:traceID = "${id}" }`, ...this.#stack.range }),
        ),
      [],
    )
    for (const id of from.flat()) ids.add(id)
    if (this.#stack.lacks('tempo')) {
      for (const id of await this.#sharers(asked)) ids.add(id)
    }
    for (const id of asked) ids.delete(id)
    return ids
  }

  /** Without spans there are no links; a flow and its position then have the position's id in common. */
  async #sharers(asked: ReadonlySet<string>): Promise<Set<string>> {
    const positions = new Set<string>()
    for (const { attributes } of await this.logsOf([...asked])) {
      const id = attributes.get('trading.position.id')
      if (typeof id === 'string') positions.add(id)
    }
    const ids = new Set<string>()
    if (positions.size === 0) return ids
    const some = [...positions].slice(0, idsOfQuery)
    const filters = [isOneOf('trading.position.id', some), 'trace_id!=""']
    await this.#logs(async () => {
      for (const record of await this.#newest(this.#around(), filters)) {
        this.#sawTime(record)
        ids.add(record.traceId)
      }
    }, undefined)
    return ids
  }

  async #newest(
    range: Range,
    filters: readonly string[],
    linesMax = searchedLines,
  ): Promise<LogRecord[]> {
    const records: LogRecord[] = []
    const lines = { ...range, filters, direction: 'backward', linesMax } as const
    for await (const page of this.#stack.lines(lines)) records.push(...page)
    if (records.length === searchedLines) {
      const count = searchedLines.toLocaleString('en')
      this.#stack.missing('many', `more than ${count} lines have the id; the newest were looked at`)
    }
    return records.reverse()
  }

  /** The time around log records, in which others of their flows may be. */
  around(records: readonly LogRecord[]): Range {
    for (const record of records) this.#sawTime(record)
    return this.#around()
  }

  #sawTime(record: SpanRecord | LogRecord): void {
    if (record.signal === 'log') this.#times.push(timeOf(record))
    else this.#times.push(record.start, record.end)
  }

  /** Around all that was found. */
  #around(): Range {
    const range = this.#stack.range
    const [first, ...rest] = this.#times
    if (first === undefined) return range
    const least = rest.reduce((a, b) => (b < a ? b : a), first)
    const greatest = rest.reduce((a, b) => (b > a ? b : a), first)
    const toNs = greatest + aroundNs
    return { fromNs: least - aroundNs, toNs: toNs < range.toNs ? toNs : range.toNs }
  }

  async #spans<T>(work: (tempo: Server) => Promise<T>, otherwise: T): Promise<T> {
    if (!this.#spansToo) return otherwise
    return this.#stack.optional('tempo', { lacks: withoutTempo, otherwise }, work)
  }

  async #logs<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    if (!this.#spansToo) return work()
    return this.#stack.optional('loki', { lacks: withoutLoki, otherwise }, work)
  }

  /** When no server answered there is no answer. */
  #insistOnOne(): void {
    if (!this.#spansToo || !this.#stack.lacks('loki') || !this.#stack.lacks('tempo')) return
    throw new FillpathError('server_unreachable', 'no server of the stack could answer')
  }
}

/** Conditions of TraceQL for a span that has the id in any of its roles, also in an event of it. */
function idConditions(id: string): string {
  const text = traceqlString(id)
  const conditions = idNames.flatMap((name) => [
    `span.${name} = ${text}`,
    `event.${name} = ${text}`,
  ])
  if (isSpanId(id)) conditions.push(`span:id = ${text}`)
  return conditions.join(' || ')
}
