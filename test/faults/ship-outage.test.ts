import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startShip } from '../../src/probe/ship/ship.ts'
import type { Ship } from '../../src/probe/ship/ship.ts'
import { channelName } from '../../src/probe/ship/checkpoint-names.ts'
import { Stage, quick, until } from '../ship-stage.ts'
import { StubCollector } from '../stub-collector.ts'
import type { Behaviour } from '../stub-collector.ts'
import { destinationOf } from '../../src/probe/ship/endpoint.ts'
import { Ledger, atRate, expectConserved, failuresOf, note, quantile } from './ship-load.ts'
import { isFull } from '../seed.ts'

const hourMs = 3_600_000

let stage: Stage
let stub: StubCollector
let ship: Ship | undefined
beforeEach(() => {
  // Segments of the size of production, and room for half an hour.
  stage = new Stage({ segmentBytesMax: 8 * 1024 ** 2, quotaBytes: 4 * 1024 ** 3 })
})
afterEach(async () => {
  await ship?.stop(0)
  ship = undefined
  await stub.close()
  await stage.close()
})

function shipTo(url: string, timeoutMs: number): Ship {
  const options = {
    place: stage.spool.place,
    destinations: [destinationOf({ url, timeoutMs }, 'test')],
    onNotice: (notice: (typeof stage.notices)[number]) => void stage.notices.push(notice),
  }
  ship = startShip(isFull ? options : { ...options, tuning: { ...quick, lingerMs: 25 } })
  return ship
}

const originOf = () => stage.spool.origin({ resource: new Uint8Array(0), scope: new Uint8Array(0) })

const rssNow = (): number => Math.round(process.memoryUsage().rss / 1024 ** 2)

type Kind = Behaviour | 'closed' | 'changing'

/** How a receiver is away, and which failures prove that it was. */
const outages: readonly (readonly [name: string, kind: Kind, signs: RegExp])[] = [
  ['a closed port', 'closed', /ECONNREFUSED/],
  ['a black hole', 'hang', /timeout/],
  ['503 with Retry-After', { status: 503, headers: { 'retry-after': '1' } }, /503/],
  ['500', { status: 500 }, /500/],
  ['a reset in the body', 'reset', /ECONNRESET|EPIPE/],
  ['all of these in turn', 'changing', /503/],
]

const turns: readonly Behaviour[] = [
  'hang',
  { status: 503 },
  'reset',
  { status: 429 },
  'reset_answer',
]

function away(kind: Kind): Behaviour | (() => Behaviour) {
  if (kind === 'changing') {
    let turn = 0
    return () => {
      turn += 1
      return turns[turn % turns.length] ?? 'hang'
    }
  }
  return kind === 'closed' ? 'accept' : kind
}

describe('[D05, P1, P6, X18] the collector is away while 2,000 records a second are emitted', () => {
  const minutes = isFull ? [2, 5, 30] : [0]
  const runs = minutes.flatMap((length) =>
    // The longest ones once: what differs between the kinds shows in two minutes.
    outages
      .filter((_, index) => length <= 2 || index === 0)
      .map((outage) => [length, ...outage] as const),
  )

  test.each(runs)(
    '%i min of %s: nothing is given up, all is delivered when it is back',
    async (length, name, kind, signs) => {
      const outageMs = length === 0 ? 1500 : length * 60_000
      const ledger = new Ledger({ expected: Math.ceil((outageMs / 1000) * 2000 * 1.5) })
      stub = await StubCollector.start({ taken: (request) => ledger.take(request) })
      const origin = originOf()
      const timesOut = kind === 'hang' || kind === 'changing'
      const shipping = shipTo(stub.url, isFull || !timesOut ? 10_000 : 200)
      let state: 'before' | 'away' | 'back' = 'before'
      let [backMs, caughtUpMs, backlog, peakBytes] = [0, 0, 0, 0]
      const rssMiB = { start: 0, away: 0 }
      let change: Promise<void> | undefined
      const failures = (): string => Object.keys(failuresOf(shipping.report())).join(' ')
      // On a busy machine the shipper may need longer to find out than the outage was to last.
      const isNoticed = (): boolean =>
        signs.test(failures()) && stage.codes().some((code) => code === 'sink_down')
      await atRate(2000, (count, elapsedMs) => {
        ledger.emit(stage.spool, origin, count)
        shipping.ring()
        peakBytes = Math.max(peakBytes, process.memoryUsage().rss)
        if (state === 'before' && elapsedMs > 300) {
          state = 'away'
          rssMiB.start = rssNow()
          stub.behave(away(kind))
          if (kind === 'closed') change = stub.down()
        }
        if (state === 'away' && elapsedMs > 300 + outageMs && isNoticed()) {
          state = 'back'
          rssMiB.away = rssNow()
          stub.behave('accept')
          backlog = ledger.accepted - ledger.received
          backMs = performance.now()
          if (kind === 'closed') change = stub.up()
        }
        const isCaughtUp = state === 'back' && ledger.accepted - ledger.received < 2000
        if (isCaughtUp) caughtUpMs ||= performance.now()
        return !isCaughtUp && elapsedMs < hourMs
      })
      await change
      stage.spool.flushSync()
      await until(() => ledger.received >= ledger.accepted)
      expect(await shipping.flush(60_000)).toBe(true)

      const report = shipping.report()
      expect(failures()).toMatch(signs)
      expect(stage.codes()).toEqual(expect.arrayContaining(['sink_down', 'sink_up']))
      // One of the turns takes the records and breaks off its answer: then less waits.
      const waits = kind === 'changing' ? 0.2 : 0.8
      expect(backlog).toBeGreaterThan((outageMs / 1000) * 2000 * waits)
      const inSpool = stage.waiting(channelName(stub.url, 'log'))
      expectConserved(ledger, { spool: stage.spool, inSpool, report })
      expect(inSpool).toBe(0)
      const drained = Math.round(backlog / ((caughtUpMs - backMs) / 1000))
      note(`P6 ${name}, ${length} min`, {
        accepted: ledger.accepted,
        lost: ledger.accepted - ledger.received,
        duplicates: ledger.duplicates,
        backlog,
        'drained/s': drained,
        'RSS MiB before': rssMiB.start,
        'RSS MiB at the end of the outage': rssMiB.away,
        // The receiver of this test decodes what comes in the same process.
        'RSS MiB peak, with the receiver': Math.round(peakBytes / 1024 ** 2),
        'RSS MiB when drained': rssNow(),
        left: inSpool,
        failures: JSON.stringify(failuresOf(report)),
      })
    },
    2 * hourMs,
  )
})

test(
  '[P7] a sink of 10 records a second beside 5,000: every emit is taken, nothing is lost',
  async () => {
    const slowMs = isFull ? 600_000 : 2000
    const ledger = new Ledger()
    let records = 0
    stub = await StubCollector.start({
      taken: (request) => {
        const before = ledger.received
        ledger.take(request)
        records += ledger.received - before
      },
    })
    // However large the request, 10 records a second come through.
    stub.behave('accept', 1000)
    const origin = originOf()
    const shipping = startShip({
      place: stage.spool.place,
      destinations: [destinationOf({ url: stub.url }, 'test')],
      onNotice: () => undefined,
      tuning: { recordsMax: 10 },
    })
    ship = shipping
    const costsUs: number[] = []
    const rssBefore = process.memoryUsage().rss
    let refused = 0
    await atRate(5000, (count, elapsedMs) => {
      const before = performance.now()
      ledger.emit(stage.spool, origin, count)
      shipping.ring()
      if (count > 0) costsUs.push(((performance.now() - before) * 1000) / count)
      refused = ledger.next - ledger.accepted
      return elapsedMs < slowMs
    })
    const rssAfter = process.memoryUsage().rss
    stage.spool.flushSync()
    expect(refused).toBe(0)
    // The fault bit: almost everything waits.
    expect(records).toBeLessThan(ledger.accepted / 10)
    note('P7', {
      emitted: ledger.accepted,
      'emit p99 µs': quantile(costsUs, 0.99),
      'RSS growth MiB': Math.round((rssAfter - rssBefore) / 1024 ** 2),
    })
    stub.behave('accept')
    await shipping.stop(0)
    ship = shipTo(stub.url, 10_000)
    await until(() => ledger.received >= ledger.accepted)
    expect(await ship.flush(60_000)).toBe(true)
    const inSpool = stage.waiting(channelName(stub.url, 'log'))
    expectConserved(ledger, { spool: stage.spool, inSpool, report: ship.report() })
  },
  hourMs,
)
