import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import { openArchive } from '../../../src/archive/archive.ts'
import { findTraces, knownIds, readTraces } from '../../../src/archive/flow/find.ts'
import { Folder, at, log, span, traceId } from '../records.ts'
import { ids, positionTraceId, story } from './story.ts'
import type { Archive } from '../../../src/archive/archive.ts'

let folder: Folder
let archive: Archive
const clock = manualClock(at(0))

beforeEach(async () => {
  folder = new Folder()
  clock.setWallNs(at(0))
  archive = await openArchive({ folder: folder.path, clock })
})
afterEach(async () => {
  await archive.close()
  folder.remove()
})

describe('finding a flow', () => {
  test('[A67, A75] by any of its ids', async () => {
    await archive.write(story)
    await archive.write([log('in another trace, order 881', {}, { traceId: 'f'.repeat(32) })])
    const found = async (id: string): Promise<unknown> => findTraces(folder.path, id)
    expect(await found(traceId)).toEqual([{ traceId, by: 'trace id' }])
    expect(await found(traceId.toUpperCase())).toEqual([{ traceId, by: 'trace id' }])
    expect(await found(`00-${traceId}-${ids.order}-01`)).toEqual([{ traceId, by: 'trace id' }])
    expect(await found('sig_abc123')).toEqual([{ traceId, by: 'trading.correlation_id' }])
    expect(await found('881')).toEqual([{ traceId, by: 'trading.order.id' }])
    expect(await found('fp-7f3a-2')).toEqual([{ traceId, by: 'trading.order.client_id' }])
    expect(await found('f1')).toEqual([{ traceId, by: 'trading.fill.id' }])
    expect(await found('task-17')).toEqual([{ traceId, by: 'trading.task.id' }])
    expect(await found('p1')).toEqual([{ traceId: positionTraceId, by: 'trading.position.id' }])
    expect(await found(ids.hedge)).toEqual([{ traceId, by: 'span id' }])
    expect(await found(traceId.slice(0, 8))).toEqual([{ traceId, by: 'start of the trace id' }])
  })

  test('not by what is no id: a price, a part of one, a word in a message', async () => {
    await archive.write(story)
    for (const text of ['43210.00', '88', 'binance', 'volatility', 'hedge-bot', '']) {
      expect(await findTraces(folder.path, text), text).toEqual([])
    }
  })

  test('that is one of several with an order id of its own venue', async () => {
    const other = span('order', '1111111111111111', [0, 1], {
      traceId: 'a'.repeat(32),
      data: { 'trading.order.id': '881', 'trading.venue': 'okx' },
    })
    await archive.write([...story, other])
    expect((await findTraces(folder.path, '881')).map((match) => match.traceId)).toEqual(
      expect.arrayContaining([traceId, 'a'.repeat(32)]),
    )
  })

  test('with an id that needs escapes', async () => {
    const id = 'my "order" \\ 1\n€'
    await archive.write([span('order', ids.order, [0, 1], { data: { 'trading.order.id': id } })])
    expect(await findTraces(folder.path, id)).toEqual([{ traceId, by: 'trading.order.id' }])
  })
})

describe('reading a flow', () => {
  test('[A68, A75] brings what belongs to it from all days and files, in the order of time, with what it is linked to', async () => {
    await archive.write(story.slice(0, 6).toReversed())
    clock.advanceMs(86_400_000)
    await archive.write(story.slice(6))
    const { asked, linked } = await readTraces(folder.path, [traceId])
    expect(asked).toHaveLength(1)
    expect(asked[0]?.spans.map(({ name }) => name)).toEqual(['signal', 'order', 'hedge', 'order'])
    expect(asked[0]?.logs).toHaveLength(8)
    expect(asked[0]?.logs.map(({ time }) => time)).toEqual(
      asked[0]?.logs.map(({ time }) => time).toSorted((a, b) => Number(a - b)),
    )
    expect(linked.map((trace) => trace.spans.map(({ name }) => name))).toEqual([['position']])
    // And the other way round: from the position to the flow that opened it.
    const position = await readTraces(folder.path, [positionTraceId])
    expect(position.linked.map((trace) => trace.traceId)).toEqual([traceId])
    expect(position.linked[0]?.spans).toHaveLength(4)
  })

  test('also of hundreds at once', async () => {
    const traces = Array.from({ length: 300 }, (_, index) =>
      (0x1000 + index).toString(16).padStart(32, '1'),
    )
    await archive.write(traces.map((id) => span('signal', ids.signal, [0, 1], { traceId: id })))
    const { asked } = await readTraces(folder.path, traces.slice(0, 200))
    expect(asked.map((trace) => trace.traceId)).toEqual(traces.slice(0, 200))
  })

  test('tells how far it is', async () => {
    await archive.write(story)
    const shares: number[] = []
    await readTraces(folder.path, [traceId], (share) => shares.push(share))
    expect(shares.length).toBeGreaterThan(0)
    expect(Math.max(...shares)).toBeLessThanOrEqual(1)
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
  })
})

test('the ids that one may have meant are those that a person types', async () => {
  await archive.write([...story, log('x', { 'fillpath.record.id': 'i-b-1' })])
  const known = await knownIds(folder.path)
  for (const id of [traceId, 'sig_abc123', '881', 'fp-7f3a-1', 'p1', 'task-17']) {
    expect(known).toContain(id)
  }
  expect(known).not.toContain('i-b-1')
  expect(known).not.toContain('binance')
})
