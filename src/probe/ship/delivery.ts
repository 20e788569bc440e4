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
   * `done`: nothing is left. `stopped`: the shipper stops. `doubtful`: the receiver refuses each of them, and now a request
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

/** A record that was refused by itself. */
interface Suspect<Record> {
  readonly record: Record
  readonly reason: string
  /** How many requests were taken before. */
  readonly takenBefore: number
  /** It was refused once before, when nothing had been taken yet. */
  readonly isSecond: boolean
}

/**
 * Delivers records in order, whatever it takes. A request that is refused is halved until the poison stands alone: n
 * records with one poison cost at most 2·log2(n) + 1 requests more. Requests that are too large are halved too, and so
 * are those that get no answer, because their size may be the reason.
 *
 * A receiver that refuses everything, so far or from now on, must not turn good records into poison. So a record is poison
 * when it was refused alone, and something was taken both before and after, or between two refusals. What was refused
 * before anything was taken is tried again; where nothing was taken afterwards, a request without records has to be.
 */
export function deliver<Record>(
  records: readonly Record[],
  wire: Wire<Record>,
): Promise<Remainder<Record>> {
  return new Delivery(records, wire).run()
}

class Delivery<Record> {
  readonly #records: readonly Record[]
  readonly #wire: Wire<Record>
  /** What is still to be sent; the last part is the next. */
  #parts: Part<Record>[]
  #suspects: Suspect<Record>[] = []
  #taken = 0
  #isSecondPass = false

  constructor(records: readonly Record[], wire: Wire<Record>) {
    this.#records = records
    this.#wire = wire
    this.#parts = [{ records, known: false, twin: undefined }]
  }

  async run(): Promise<Remainder<Record>> {
    for (;;) {
      if (!(await this.#sendAll())) return this.#remainder('stopped')
      if (this.#suspects.length === 0) return this.#remainder('done')
      if (this.#suspects.every((suspect) => this.#isProven(suspect))) return this.#settle()
      if (this.#suspects.some(({ takenBefore }) => takenBefore === this.#taken)) {
        const judgement = await this.#probe()
        if (judgement === 'stopped') return this.#remainder('stopped')
        if (judgement === 'bad') return this.#doubt()
      }
      const early = this.#suspects.filter(({ takenBefore }) => takenBefore === 0)
      this.#suspects = this.#suspects.filter(({ takenBefore }) => takenBefore > 0)
      this.#isSecondPass = true
      this.#parts = early
        .map(({ record }) => ({ records: [record], known: false, twin: undefined }))
        .reverse()
    }
  }

  /** Sends all parts; false when the shipper stops. */
  async #sendAll(): Promise<boolean> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      if (part.known && part.records.length > 1) {
        this.#parts.push(...halvesOfRefused(part.records))
        continue
      }
      const answer = await this.#wire.send(part.records)
      if (answer.kind === 'unavailable') {
        const goesOn = await this.#wire.pause(answer)
        const isHalved = answer.perhapsTooLarge && part.records.length > 1
        this.#parts.push(...(isHalved ? halves(part.records) : [part]))
        if (!goesOn) return false
      } else this.#judge(part, answer)
    }
    return true
  }

  #judge(part: Part<Record>, answer: Exclude<Answer, Unavailable>): void {
    const [first, second] = part.records
    switch (answer.kind) {
      case 'accepted':
      case 'partial':
        this.#taken += 1
        if (part.twin) part.twin.known = true
        if (answer.kind === 'accepted') this.#wire.delivered(part.records, answer.warning)
        else this.#wire.partly(part.records, answer.rejected, answer.reason)
        return
      case 'refused':
      case 'too_large':
        if (first !== undefined && second === undefined) {
          this.#suspects.push({
            record: first,
            reason: answer.reason,
            takenBefore: this.#taken,
            isSecond: this.#isSecondPass,
          })
        } else if (answer.kind === 'refused') this.#parts.push(...halvesOfRefused(part.records))
        else this.#parts.push(...halves(part.records))
    }
  }

  /** Does the receiver take a request that no record can spoil? */
  async #probe(): Promise<'good' | 'bad' | 'stopped'> {
    for (;;) {
      const answer = await this.#wire.probe()
      switch (answer.kind) {
        case 'accepted':
        case 'partial':
          this.#taken += 1
          return 'good'
        case 'refused':
        case 'too_large':
          return 'bad'
        case 'unavailable':
          if (!(await this.#wire.pause(answer))) return 'stopped'
      }
    }
  }

  #settle(): Remainder<Record> {
    for (const { record, reason } of this.#suspects.splice(0)) this.#wire.refused(record, reason)
    return this.#remainder('done')
  }

  #isProven({ takenBefore, isSecond }: Suspect<Record>): boolean {
    return takenBefore > 0 && (isSecond || takenBefore < this.#taken)
  }

  /** Keeps those for the next time that are not proven. */
  #doubt(): Remainder<Record> {
    const proven = this.#suspects.filter((suspect) => this.#isProven(suspect))
    this.#suspects = this.#suspects.filter((suspect) => !this.#isProven(suspect))
    for (const { record, reason } of proven) this.#wire.refused(record, reason)
    return this.#remainder('doubtful')
  }

  #remainder(why: Remainder<Record>['why']): Remainder<Record> {
    const left = new Set(this.#parts.flatMap((part) => part.records))
    for (const { record } of this.#suspects) left.add(record)
    return { why, records: this.#records.filter((record) => left.has(record)) }
  }
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
