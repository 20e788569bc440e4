import { afterEach, beforeEach, expect, test } from 'vitest'
import { channelName } from '../../src/probe/ship/checkpoint-names.ts'
import { destinationOf } from '../../src/probe/ship/endpoint.ts'
import { startShip } from '../../src/probe/ship/ship.ts'
import type { Ship } from '../../src/probe/ship/ship.ts'
import { Stage, textsOf, until } from '../ship-stage.ts'
import { StubCollector } from '../stub-collector.ts'
import { Ledger, atRate, expectConserved, note, quantile } from './ship-load.ts'
import { isFull } from '../seed.ts'

let stage: Stage
let stub: StubCollector
let ship: Ship | undefined
beforeEach(() => {
  stage = new Stage({ segmentBytesMax: 8 * 1024 ** 2, quotaBytes: 4 * 1024 ** 3 })
})
afterEach(async () => {
  await ship?.stop(0)
  ship = undefined
  await stub.close()
  await stage.close()
})

const none = new Uint8Array(0)
const rises = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0))

test('[D05, P1, P11] a backlog of an earlier run drains beside new records: nothing lost, each line in order', async () => {
  const backlog = isFull ? 1_000_000 : 50_000
  const ledger = new Ledger({ keepOrder: true })
  const requests: { readonly isLive: boolean; readonly records: number }[] = []
  stub = await StubCollector.start({
    taken(request) {
      const before = ledger.order?.length ?? 0
      ledger.take(request)
      const isLive = (ledger.order?.[before] ?? 0) >= backlog
      requests.push({ isLive, records: textsOf(request).length })
    },
  })
  let origin = stage.spool.origin({ resource: none, scope: none })
  while (ledger.next < backlog) {
    const [critical, normal] = [100, Math.min(400, backlog - ledger.next - 100)]
    ledger.emit(stage.spool, origin, critical, { class: 'critical' })
    ledger.emit(stage.spool, origin, normal)
    stage.spool.flushSync()
  }
  expect(ledger.accepted).toBe(backlog)
  await stage.closeSpool()

  origin = stage.spool.origin({ resource: none, scope: none })
  const shipping = startShip({
    place: stage.spool.place,
    destinations: [destinationOf({ url: stub.url }, 'test')],
    onNotice: () => undefined,
  })
  ship = shipping
  const beganMs = performance.now()
  let [liveBefore, sawBoth] = [0, false]
  await atRate(1000, (count) => {
    ledger.emit(stage.spool, origin, count)
    shipping.ring()
    const delivered = ledger.order?.length ?? 0
    const isDrained = requests.reduce((sum, { isLive, records }) => sum + (isLive ? 0 : records), 0)
    liveBefore = delivered - isDrained
    if (liveBefore > 0 && isDrained < backlog) sawBoth = true
    return isDrained < backlog
  })
  const drainMs = performance.now() - beganMs
  stage.spool.flushSync()
  await until(() => ledger.received >= ledger.accepted)
  expect(await shipping.flush(60_000)).toBe(true)

  // The run proves nothing unless new records overtook old ones.
  expect(sawBoth).toBe(true)
  const order = ledger.order ?? []
  expect(rises(order.filter((number) => number < backlog))).toBe(true)
  expect(rises(order.filter((number) => number >= backlog))).toBe(true)
  expect(ledger.duplicates).toBe(0)
  const inSpool = stage.waiting(channelName(stub.url, 'log'))
  expectConserved(ledger, { spool: stage.spool, inSpool, report: shipping.report() })
  const firstLive = order.findIndex((number) => number >= backlog)
  const lastOld = order.findLastIndex((number) => number < backlog)
  const lags = order
    .slice(firstLive, lastOld)
    .map((number, index) => [number, ledger.lagsMs[firstLive + index] ?? 0] as const)
    .filter(([number]) => number >= backlog)
    .map(([, lag]) => lag)
  note('P11', {
    backlog,
    'drained/s': Math.round(backlog / (drainMs / 1000)),
    'live lag p95 ms': quantile(lags, 0.95),
    'live lag max ms': quantile(lags, 1),
  })
}, 3_600_000)
