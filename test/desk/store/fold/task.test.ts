import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { allRows, filledIndex } from '../rows.ts'
import { event } from '../scenario.ts'
import type { Said } from '../scenario.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-task-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('[B08] what is told late of a task that an order and a hedge are of leaves nothing of them with another', () => {
  const order = { 'trading.venue': 'okx', 'trading.order.client_id': 'c1' }
  const hedge = { 'trading.hedge.id': 'h1' }
  const of = (task: string): Said => ({
    'trading.task.id': task,
    'trading.correlation_id': 'sig_t',
  })
  const records = [
    event('trading.task.started', 0, of('first')),
    event('trading.task.started', 0, of('other')),
    event('trading.order.filled', 3, {
      ...of('other'),
      ...order,
      'trading.order.filled_quantity': '2',
    }),
    event('trading.hedge.completed', 4, {
      ...of('other'),
      ...hedge,
      'trading.hedge.covered_quantity': '1',
    }),
    event('trading.order.submitted', 1, { ...of('first'), ...order }),
    event('trading.hedge.started', 2, { ...of('first'), ...hedge }),
  ]
  const wanted = [
    { id: 'first', filled_qty: '2', hedged_qty: '1' },
    { id: 'other', filled_qty: null, hedged_qty: null },
  ]
  const batches = records.map((record) => [record])
  for (const [name, parts] of Object.entries({ whole: [records], parts: batches }))
    expect(allRows(filledIndex(join(folder, name), parts))['tasks'], name).toMatchObject(wanted)
})
