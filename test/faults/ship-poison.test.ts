import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { channelName } from '../../src/probe/ship/checkpoint-names.ts'
import { destinationOf } from '../../src/probe/ship/endpoint.ts'
import { startShip } from '../../src/probe/ship/ship.ts'
import type { Ship } from '../../src/probe/ship/ship.ts'
import { Stage, quarantineOf, refusing, textsOf } from '../ship-stage.ts'
import { StubCollector, partialSuccess } from '../stub-collector.ts'
import { Ledger, expectConserved, note } from './ship-load.ts'
import { isFull } from '../seed.ts'

let stage: Stage
let stub: StubCollector
let ship: Ship
beforeEach(() => {
  stage = new Stage({ segmentBytesMax: 8 * 1024 ** 2, quotaBytes: 4 * 1024 ** 3 })
})
afterEach(async () => {
  await ship.stop(0)
  await stub.close()
  await stage.close()
})

const recordsMax = 512
const isPoison = (text: string): boolean => text.startsWith('poison')

/** Emits `total` records of which `poison` says which are refused, and ships them. */
async function run(
  total: number,
  poison: (number: number) => boolean,
  answer: 'refuse' | 'partial' = 'refuse',
): Promise<{ ledger: Ledger; requests: number; batches: number }> {
  const ledger = new Ledger()
  stub = await StubCollector.start({
    behaviour:
      answer === 'refuse'
        ? refusing(isPoison)
        : (request) => {
            const bad = textsOf(request).filter(isPoison).length
            return bad === 0 ? 'accept' : { status: 200, body: partialSuccess(bad, 'poison') }
          },
    taken: (request) => ledger.take(request),
  })
  const origin = stage.spool.origin({ resource: new Uint8Array(0), scope: new Uint8Array(0) })
  for (let done = 0; done < total; done += 500) {
    const mark = (number: number): string => (poison(number) ? 'poison ' : '')
    ledger.emit(stage.spool, origin, Math.min(500, total - done), { mark })
    stage.spool.flushSync()
  }
  ship = startShip({
    place: stage.spool.place,
    destinations: [destinationOf({ url: stub.url }, 'test')],
    onNotice: (notice) => stage.notices.push(notice),
    tuning: { recordsMax },
  })
  expect(await ship.flush(600_000)).toBe(true)
  return { ledger, requests: stub.requests, batches: Math.ceil(total / recordsMax) }
}

describe('[D05, P1, P8] poison', () => {
  const total = isFull ? 100_000 : 20_000

  test('one in a thousand: exactly those are put aside, the others delivered, in few requests', async () => {
    const isBad = (number: number): boolean => number % 1000 === 500
    const { ledger, requests, batches } = await run(total, isBad)
    const bad = total / 1000
    expect(ledger.received).toBe(total - bad)
    const kept = quarantineOf(stage.folder)
    expect(kept).toHaveLength(bad)
    for (const {
      note: { reason },
      bytes,
    } of kept) {
      expect(reason).toBe('HTTP 400: this record is poison')
      expect(Buffer.from(bytes).toString()).toContain('poison log normal')
    }
    expect(requests).toBeLessThanOrEqual(batches + bad * 2 * Math.log2(recordsMax))
    const inSpool = stage.waiting(channelName(stub.url, 'log'))
    expectConserved(ledger, { spool: stage.spool, inSpool, report: ship.report() })
    expect(stage.codes().filter((code) => code === 'poison')).toHaveLength(1)
    note('P8', { records: total, quarantined: kept.length, requests, batches })
  })

  test.each([
    ['the first record', (number: number) => number === 0],
    ['the last record', (number: number) => number === 1999],
    ['a whole batch', (number: number) => number >= recordsMax && number < 2 * recordsMax],
    ['everything', () => true],
  ])('%s: the quarantine has it, and nothing else', async (_, isBad) => {
    const { ledger } = await run(2000, isBad)
    const bad = Array.from({ length: 2000 }, (__, number) => number).filter(isBad)
    const numbers = quarantineOf(stage.folder).map(({ bytes }) =>
      Number(/log normal (\d+)/.exec(Buffer.from(bytes).toString())?.[1]),
    )
    expect(numbers.toSorted((a, b) => a - b)).toEqual(bad)
    expect(ledger.received).toBe(2000 - bad.length)
    expect(ledger.duplicates).toBe(0)
    const inSpool = stage.waiting(channelName(stub.url, 'log'))
    expectConserved(ledger, { spool: stage.spool, inSpool, report: ship.report() })
  })

  test('named by a partial success only: counted, said, and not sent again', async () => {
    const { requests, batches } = await run(2000, (number) => number % 100 === 0, 'partial')
    const [log] = ship.report().channels
    expect(log).toMatchObject({ delivered: 1980, quarantined: 20 })
    // The receiver took those as well that it refused: it said so itself.
    expect(requests).toBeLessThanOrEqual(batches + 2)
    expect(stage.codes()).toEqual(['partly_rejected'])
  })
})
