import type { Answer, Unavailable } from './answer.ts'

/** What a delivery asks of the channel it is for. */
export interface Wire<Record> {
  /** One attempt with these records in one request. */
  send(records: readonly Record[]): Promise<Answer>
  /** One attempt with no record at all: is it the records that are refused, or everything? */
  probe(): Promise<Answer>
  /** Waits before the next attempt. False when the shipper stops instead. */
  pause(answer: Unavailable): Promise<boolean>
  /** The receiver has them. */
  delivered(records: readonly Record[], warning: string): void
  /** The receiver has them but for `count` of them, without saying which. */
  partly(records: readonly Record[], count: number, reason: string): void
  /** The receiver will never take this one. */
  refused(record: Record, reason: string): void
}

/** What is left when a delivery ends. */
export interface Remainder<Record> {
  /** Records that were neither delivered nor refused, in order. */
  readonly records: readonly Record[]
  /**
   * `done`: nothing is left. `stopped`: the shipper stops. `doubtful`: the receiver refuses each of them, and a request
   * without records too, so that nothing says that the records are at fault.
   */
  readonly why: 'done' | 'stopped' | 'doubtful'
}

/** Some of the records, sent as one request. */
interface Part<Record> {
  readonly records: readonly Record[]
  /** A request that held just these and a part that was taken was refused: one of these is poison. */
  known: boolean
  /** The other half of a refused request. */
  twin: Part<Record> | undefined
}

interface Refusal<Record> {
  readonly record: Record
  readonly reason: string
}

/**
 * Delivers records in order, whatever it takes. A request that is refused is halved until the poison stands alone: n
 * records with one poison cost at most 2·log2(n) requests more. Requests that are too large are halved too, and so are
 * those that get no answer, because their size may be the reason.
 */
export async function deliver<Record>(
  records: readonly Record[],
  wire: Wire<Record>,
): Promise<Remainder<Record>> {
  const parts: Part<Record>[] = [{ records, known: false, twin: undefined }]
  const refusals: Refusal<Record>[] = []
  let taken = false
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (part.known && part.records.length > 1) {
      parts.push(...halvesOfRefused(part.records))
      continue
    }
    const answer = await wire.send(part.records)
    switch (answer.kind) {
      case 'accepted':
      case 'partial':
        taken = true
        if (part.twin) part.twin.known = true
        if (answer.kind === 'accepted') wire.delivered(part.records, answer.warning)
        else wire.partly(part.records, answer.rejected, answer.reason)
        break
      case 'refused':
      case 'too_large': {
        const [record] = part.records
        if (part.records.length === 1 && record !== undefined) {
          refusals.push({ record, reason: answer.reason })
        } else if (answer.kind === 'refused') parts.push(...halvesOfRefused(part.records))
        else parts.push(...halves(part.records))
        break
      }
      case 'unavailable':
        if (!(await wire.pause(answer))) {
          parts.push(part)
          return { why: 'stopped', records: remaining(refusals, parts) }
        }
        if (answer.perhapsTooLarge && part.records.length > 1) parts.push(...halves(part.records))
        else parts.push(part)
        break
    }
  }
  return taken || refusals.length === 0 ? settle(refusals, wire) : doubt(refusals, wire)
}

/** Every record was refused. A receiver that refuses an empty request as well refuses because of something else. */
async function doubt<Record>(
  refusals: readonly Refusal<Record>[],
  wire: Wire<Record>,
): Promise<Remainder<Record>> {
  for (;;) {
    const answer = await wire.probe()
    switch (answer.kind) {
      case 'accepted':
      case 'partial':
        return settle(refusals, wire)
      case 'refused':
      case 'too_large':
        return { why: 'doubtful', records: remaining(refusals, []) }
      case 'unavailable':
        if (!(await wire.pause(answer))) {
          return { why: 'stopped', records: remaining(refusals, []) }
        }
    }
  }
}

function settle<Record>(
  refusals: readonly Refusal<Record>[],
  wire: Wire<Record>,
): Remainder<Record> {
  for (const { record, reason } of refusals) wire.refused(record, reason)
  return { why: 'done', records: [] }
}

/** What is refused stands before what is still to be sent; the last part is the next. */
function remaining<Record>(
  refusals: readonly Refusal<Record>[],
  parts: readonly Part<Record>[],
): Record[] {
  return [
    ...refusals.map(({ record }) => record),
    ...parts.toReversed().flatMap((part) => part.records),
  ]
}

/** The second half first: the parts are a stack. */
function halves<Record>(records: readonly Record[]): [Part<Record>, Part<Record>] {
  const middle = Math.ceil(records.length / 2)
  return [
    { records: records.slice(middle), known: false, twin: undefined },
    { records: records.slice(0, middle), known: false, twin: undefined },
  ]
}

/** When the first half is taken whole, the poison is in the second, and asking about that one is not needed. */
function halvesOfRefused<Record>(records: readonly Record[]): [Part<Record>, Part<Record>] {
  const [second, first] = halves(records)
  first.twin = second
  return [second, first]
}
