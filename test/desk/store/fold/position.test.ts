import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { allRows, filledIndex } from '../rows.ts'
import { dayStartMs, event } from '../scenario.ts'
import type { EventName } from '../../../../src/semconv/events.ts'
import type { WireRecord } from '../../../../src/wire/record.ts'

type Step = 'opened' | 'liquidated' | 'closed'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-positions-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function filled(name: string, batches: readonly (readonly WireRecord[])[]): string {
  return filledIndex(join(folder, name), batches)
}

test('[B25] a position that was liquidated in part, or is there still, is open', () => {
  const liquidated = (ms: number, left: string): WireRecord =>
    event('trading.position.liquidated', ms, {
      'trading.position.id': 'p1',
      'trading.position.quantity': left,
    })
  const modified = event('trading.position.modified', 3, {
    'trading.position.id': 'p1',
    'trading.position.quantity': '1',
  })
  const stories: [WireRecord[], object][] = [
    [[liquidated(1, '0.5')], { status: 'open', closed_at: null }],
    [[liquidated(1, '0.5'), liquidated(2, '0')], { status: 'closed', closed_at: dayStartMs + 2 }],
    [[liquidated(2, '0'), modified], { status: 'open', closed_at: null }],
  ]
  for (const [index, [records, wanted]] of stories.entries())
    expect(allRows(filled(`${index}.db`, [records]))['positions']).toMatchObject([wanted])
})

test('[B25] an id that is given again after its position was closed is another position', () => {
  const position = (ms: number, side: string): WireRecord[] => {
    const base = { 'trading.position.id': 'BTC/USDT', 'trading.position.side': side }
    return [
      event('trading.position.opened', ms, { ...base, 'trading.position.quantity': '1' }),
      event('trading.position.closed', ms + 5, { ...base, 'trading.pnl.realized': `${ms}` }),
    ]
  }
  const records = [...position(0, 'long'), ...position(10, 'short'), ...position(20, 'long')]
  const wanted = [
    { id: 'BTC/USDT', side: 'long', profit: '0', opened_at: dayStartMs },
    { id: 'BTC/USDT#2', side: 'short', profit: '10', closed_at: dayStartMs + 15 },
    { id: 'BTC/USDT#3', side: 'long', profit: '20', opened_at: dayStartMs + 20 },
  ]
  const parts = records.toReversed().map((record) => [record])
  for (const [name, batches] of Object.entries({ whole: [records], parts }))
    expect(allRows(filled(name, batches))['positions'], name).toMatchObject(wanted)
})

test('[B25] so is one after a liquidation; the end of the first, told late, is not that of the second', () => {
  const told = (type: Step, ms: number, trace: string, said: object): WireRecord => ({
    ...event(`trading.position.${type}`, ms, { 'trading.position.id': 'BTC/USDT', ...said }),
    traceId: trace.repeat(32),
  })
  const records = [
    told('opened', 0, '1', { 'trading.position.quantity': '1' }),
    told('liquidated', 5, '1', { 'trading.position.quantity': '0' }),
    told('opened', 10, '2', { 'trading.position.quantity': '2' }),
    told('closed', 15, '1', { 'trading.pnl.realized': '-7' }),
  ]
  const wanted = [
    { id: 'BTC/USDT', status: 'closed', profit: '-7', quantity: '1' },
    { id: 'BTC/USDT#2', status: 'open', profit: null, quantity: '2' },
  ]
  const parts = records.toReversed().map((record) => [record])
  for (const [name, batches] of Object.entries({ whole: [records], parts }))
    expect(allRows(filled(name, batches))['positions'], name).toMatchObject(wanted)
})

test('[B25] two bots that give one id, such as that of the symbol, have a position each', () => {
  const told = (bot: string, type: Step, ms: number, said: object): WireRecord => {
    const record = event(`trading.position.${type}`, ms, {
      'trading.position.id': 'BTC/USDT',
      ...said,
    })
    const attributes = new Map(record.resource.attributes).set('trading.bot.id', bot)
    return { ...record, resource: { ...record.resource, attributes } }
  }
  const records = [
    told('a', 'opened', 0, { 'trading.position.quantity': '1' }),
    told('b', 'opened', 5, { 'trading.position.quantity': '2' }),
    told('a', 'closed', 10, { 'trading.pnl.realized': '3' }),
    told('b', 'closed', 20, { 'trading.pnl.realized': '-7' }),
    told('a', 'opened', 30, { 'trading.position.quantity': '4' }),
  ]
  const wanted = [
    { id: 'BTC/USDT', quantity: '1', status: 'closed', profit: '3' },
    { id: 'BTC/USDT#2', quantity: '2', status: 'closed', profit: '-7' },
    { id: 'BTC/USDT#3', quantity: '4', status: 'open', profit: null },
  ]
  const parts = records.toReversed().map((record) => [record])
  for (const [name, batches] of Object.entries({ whole: [records], parts }))
    expect(allRows(filled(name, batches))['positions'], name).toMatchObject(wanted)
})

test('[B08, B25] what shows late that a position was not over leaves no row of another one', () => {
  const told = (type: EventName, ms: number, said: object): WireRecord =>
    event(type, ms, { 'trading.position.id': 'p1', ...said })
  const records = [
    told('trading.position.closed', 10, {}),
    told('trading.position.opened', 30, { 'trading.position.quantity': '1' }),
    told('trading.position.modified', 20, { 'trading.position.quantity': '1' }),
  ]
  const whole = allRows(filled('whole.db', [records]))['positions']
  const parts = allRows(
    filled(
      'parts.db',
      records.map((record) => [record]),
    ),
  )['positions']
  expect(parts).toEqual(whole)
  expect(parts).toHaveLength(1)
})
