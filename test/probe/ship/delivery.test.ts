import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../src/probe/ship/answer.ts'
import { deliver } from '../../../src/probe/ship/delivery.ts'
import type { Remainder, Wire } from '../../../src/probe/ship/delivery.ts'

const accepted: Answer = { kind: 'accepted', warning: '' }
const refused: Answer = { kind: 'refused', reason: 'HTTP 400' }
const tooLarge: Answer = { kind: 'too_large', reason: 'HTTP 413' }

function unavailable(perhapsTooLarge: boolean): Answer {
  const type = perhapsTooLarge ? 'timeout' : '503'
  const reason = `no ${type}`
  return {
    kind: 'unavailable',
    misconfigured: false,
    type,
    reason,
    retryAfterMs: 0,
    perhapsTooLarge,
  }
}

/** A receiver in memory: `judge` says what becomes of a request. */
class Receiver implements Wire<number> {
  readonly delivered_: number[] = []
  readonly refused_: number[] = []
  readonly sizes: number[] = []
  partial = 0
  pauses = 0
  probes = 0
  readonly #judge: (records: readonly number[]) => Answer
  readonly #patience: number
  readonly #onProbe: () => Answer

  constructor(
    judge: (records: readonly number[]) => Answer,
    options: { patience?: number; probe?: () => Answer } = {},
  ) {
    this.#judge = judge
    this.#patience = options.patience ?? Number.POSITIVE_INFINITY
    this.#onProbe = options.probe ?? (() => accepted)
  }

  async send(records: readonly number[]): Promise<Answer> {
    this.sizes.push(records.length)
    return this.#judge(records)
  }

  async probe(): Promise<Answer> {
    this.probes += 1
    return this.#onProbe()
  }

  async pause(): Promise<boolean> {
    this.pauses += 1
    return this.pauses < this.#patience
  }

  delivered(records: readonly number[]): void {
    this.delivered_.push(...records)
  }

  partly(records: readonly number[], count: number): void {
    this.delivered_.push(...records)
    this.partial += count
  }

  refused(record: number): void {
    this.refused_.push(record)
  }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const done: Remainder<number> = { why: 'done', records: [] }

describe('[D05, P8] poison', () => {
  test.each([
    ['first', 512, [0]],
    ['last', 512, [511]],
    ['in the middle', 512, [300]],
    ['alone', 1, [0]],
    ['everywhere', 64, numbers(64)],
    ['twice side by side', 512, [255, 256]],
  ])('%s: put aside alone, the rest delivered in order', async (_, count, poison) => {
    const bad = new Set(poison)
    const receiver = new Receiver((records) =>
      records.some((record) => bad.has(record)) ? refused : accepted,
    )
    expect(await deliver(numbers(count), receiver)).toEqual(done)
    expect(receiver.refused_).toEqual(poison)
    expect(receiver.delivered_).toEqual(numbers(count).filter((record) => !bad.has(record)))
    const perPoison = 2 * Math.log2(count) + 1
    expect(receiver.sizes.length).toBeLessThanOrEqual(1 + poison.length * perPoison)
  })

  test('any poison in any batch with any hiccups: nothing is lost, nothing comes twice, order is kept', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 300 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 299 }), { maxLength: 8 }),
        fc.infiniteStream(fc.constantFrom('ok', 'ok', 'ok', '503', 'timeout')),
        fc.integer({ min: 1, max: 300 }),
        async (count, poison, hiccups, sizeMax) => {
          const bad = new Set(poison.filter((record) => record < count))
          const receiver = new Receiver((records) => {
            const hiccup = hiccups.next().value
            if (hiccup === '503') return unavailable(false)
            if (hiccup === 'timeout') return unavailable(true)
            if (records.length > sizeMax) return tooLarge
            return records.some((record) => bad.has(record)) ? refused : accepted
          })
          expect(await deliver(numbers(count), receiver)).toEqual(done)
          expect(receiver.delivered_).toEqual(numbers(count).filter((record) => !bad.has(record)))
          expect(receiver.refused_).toHaveLength(bad.size)
          expect(new Set(receiver.refused_)).toEqual(bad)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('a receiver that refuses everything', () => {
  test('[D05, P8] an empty request as well: the records are kept, not put aside', async () => {
    const receiver = new Receiver(() => refused, { probe: () => refused })
    expect(await deliver(numbers(10), receiver)).toEqual({ why: 'doubtful', records: numbers(10) })
    expect(receiver.refused_).toEqual([])
    expect(receiver.delivered_).toEqual([])
  })

  test('an empty request is fine: the records are the poison', async () => {
    const receiver = new Receiver(() => refused)
    expect(await deliver(numbers(10), receiver)).toEqual(done)
    expect(receiver.refused_).toEqual(numbers(10))
    expect(receiver.probes).toBe(1)
  })

  test('when records were taken before and after, nobody needs to ask', async () => {
    const receiver = new Receiver((records) => (records.includes(3) ? refused : accepted), {
      probe: () => refused,
    })
    expect(await deliver(numbers(10), receiver)).toEqual(done)
    expect(receiver.refused_).toEqual([3])
    expect(receiver.probes).toBe(0)
  })

  test('[D05, P8] it comes to its senses half-way: what it refused before is tried again', async () => {
    for (let moment = 0; moment < 40; moment += 1) {
      let requests = 0
      const judge = (records: readonly number[]) => {
        requests += 1
        return requests <= moment || records.includes(6) ? refused : accepted
      }
      const receiver = new Receiver(judge, { probe: () => judge([]) })
      let left: readonly number[] = numbers(12)
      while (left.length > 0) left = (await deliver(left, receiver)).records
      expect(receiver.refused_).toEqual([6])
      const rest = numbers(12).filter((record) => record !== 6)
      expect(receiver.delivered_.toSorted((a, b) => a - b)).toEqual(rest)
    }
  })

  test('[D05, P8] it loses its senses half-way: what it refuses from then on is kept', async () => {
    for (let moment = 0; moment < 12; moment += 1) {
      let requests = 0
      const receiver = new Receiver(
        (records) => {
          requests += 1
          return requests > moment || records.includes(2) ? refused : accepted
        },
        { probe: () => refused },
      )
      const rest = await deliver(numbers(12), receiver)
      expect([[], [2]]).toContainEqual(receiver.refused_)
      const all = [...receiver.delivered_, ...receiver.refused_, ...rest.records]
      expect(all.toSorted((a, b) => a - b)).toEqual(numbers(12))
      expect(rest.records).toEqual(rest.records.toSorted((a, b) => a - b))
    }
  })

  test('goes away while it is asked: asked again', async () => {
    const probes = [unavailable(false), unavailable(true), accepted]
    const receiver = new Receiver(() => refused, { probe: () => probes.shift() ?? accepted })
    expect(await deliver([7], receiver)).toEqual(done)
    expect(receiver.refused_).toEqual([7])
    expect(receiver.pauses).toBe(2)
    expect(receiver.probes).toBe(3)
  })
})

describe('size', () => {
  test('[P8] too large: halved until it fits, in order; one record that never fits is put aside', async () => {
    const sizes = [1, 1, 1, 50, 1, 1]
    const receiver = new Receiver((records) => {
      const bytes = records.reduce((sum, record) => sum + (sizes[record] ?? 0), 0)
      return bytes > 2 ? tooLarge : accepted
    })
    expect(await deliver(numbers(6), receiver)).toEqual(done)
    expect(receiver.delivered_).toEqual([0, 1, 2, 4, 5])
    expect(receiver.refused_).toEqual([3])
  })

  test('[P6] no answer in time: smaller each time, so that a slow line gets through', async () => {
    const receiver = new Receiver((records) => (records.length > 3 ? unavailable(true) : accepted))
    expect(await deliver(numbers(100), receiver)).toEqual(done)
    expect(receiver.delivered_).toEqual(numbers(100))
  })
})

test('[P6] unavailable: the same records again, as often as it takes', async () => {
  let left = 50
  const receiver = new Receiver(() => {
    left -= 1
    return left > 0 ? unavailable(false) : accepted
  })
  expect(await deliver(numbers(20), receiver)).toEqual(done)
  expect(receiver.sizes).toEqual(Array.from({ length: 50 }, () => 20))
  expect(receiver.delivered_).toEqual(numbers(20))
})

test('[P8] a partial success is not sent again', async () => {
  const receiver = new Receiver(() => ({ kind: 'partial', rejected: 3, reason: 'too old' }))
  expect(await deliver(numbers(20), receiver)).toEqual(done)
  expect(receiver.sizes).toEqual([20])
  expect(receiver.partial).toBe(3)
})

test('[P13, P15] stopped half-way: what is left comes back in order, with what waited to be put aside', async () => {
  const receiver = new Receiver(
    (records) => {
      if (records.includes(2)) return refused
      return records.some((record) => record > 4) ? unavailable(false) : accepted
    },
    { patience: 1 },
  )
  const rest = await deliver(numbers(8), receiver)
  expect(rest).toEqual({ why: 'stopped', records: [2, 4, 5, 6, 7] })
  expect(receiver.delivered_).toEqual([0, 1, 3])
  expect(receiver.refused_).toEqual([])
})
