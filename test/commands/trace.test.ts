import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openArchive } from '../../src/archive/archive.ts'
import { ids, positionTraceId, spans, story } from '../archive/flow/story.ts'
import { Folder, attributes, event, log, span, traceId } from '../archive/records.ts'
import { run } from './cli.ts'

const folder = new Folder()

beforeAll(async () => {
  const archive = await openArchive({ folder: folder.path })
  await archive.write(story)
  const many = Array.from({ length: 5 }, (_, index) =>
    span('signal', ids.signal, [index * 1000, index * 1000 + 5], {
      traceId: index.toString(16).padStart(32, 'b'),
      data: {
        'trading.task.id': 'task-9',
        'trading.symbol': 'ETH/USDT',
        'trading.flow.outcome': index === 1 ? 'denied' : 'opened',
      },
    }),
  )
  const open = log('still deciding', {}, { traceId: 'c'.repeat(32), spanId: '' })
  await archive.write([...many, open, { ...spans.order, traceId: 'd'.repeat(32) }])
  const told = [
    event('trading.order.replaced', 1, ids.order, {
      'trading.order.event': 'restated',
      'trading.order.quantity': '0.009',
      'trading.order.price': '43210.00',
    }),
    event('trading.order.filled', 2, ids.order, {
      'trading.fill.quantity': '0.009',
      'trading.fill.price': '43210.00',
      'trading.fill.fee': '0.2',
      'trading.fill.fee_currency': 'USDT',
      'trading.fees_by_currency': attributes({ USDT: '0.2', BNB: '0.0001' }),
    }),
    event('trading.order.illegal_transition', 3, ids.order, {
      'trading.order.transition': 'partially_filled → rejected',
    }),
    event('trading.order.fill_busted', 4, ids.order, {
      'trading.fill.ref_id': 'f1',
      'trading.fill.quantity': '0.009',
      'trading.fill.price': '43210.00',
      'trading.fill.fee': '-0.2',
      'trading.fill.fee_currency': 'USDT',
    }),
  ]
  const other = { traceId: 'e'.repeat(32) }
  await archive.write([{ ...spans.order, ...other }, ...told.map((of) => ({ ...of, ...other }))])
  await archive.close()
})
afterAll(() => {
  folder.remove()
})

async function trace(id: string, ...options: string[]): Promise<Awaited<ReturnType<typeof run>>> {
  return run(['trace', id, '--data', folder.path, ...options])
}

describe('fillpath trace', () => {
  test('[A68, A75, X33, X12] draws the flow as a tree with times, fills, hedge latency, and its position', async () => {
    const { code, stdout, stderr } = await trace('sig_abc123')
    expect(code).toBe(0)
    expect(stderr).toBe('')
    expect(`\n${stdout}`).toMatchInlineSnapshot(`
      "
      flow 3cfbd12d60a93548e46a229e3e7ee27f · opened · 412.5 ms
        2026-11-21 09:20:33.000 UTC · BTC/USDT · atr · hedge-bot · correlation id sig_abc123
        hedge latency 182.4 ms · exposure window 182.4 ms · slippage against decision -0.12 bps
        fees 0.0344

            +0 ms  signal buy BTC/USDT · decided at 43210.50                 412.5 ms  opened
            +0 ms  │  · detected
         +0.40 ms  ├─ order binance buy limit 0.010 @ 43210.00               230.1 ms  filled @ 43210.00
         +0.60 ms  │     · submitted fp-7f3a-1
         +41.8 ms  │     · accepted 881 after 41.2 ms
        +230.5 ms  │     · fill 0.010 @ 43210.00 maker
        +220.9 ms  └─ hedge h1 okx 0.010                                     182.4 ms  covered in 182.4 ms
        +221.5 ms     └─ order okx sell market 0.010                         181.1 ms  filled @ 43208.10
        +300.0 ms           WARN  bot.orders okx is slow latencyMs=30
        +402.6 ms           · fill 0.010 @ 43208.10 taker

      position 72a195bd40570316ca412dc30c66bf44 · take_profit PnL 1.91 · 1 min 04 s
        2026-11-21 09:20:33.412 UTC · BTC/USDT · hedge-bot
        PnL 1.91

            +0 ms  position p1 long 0.010 BTC/USDT @ 43210.00             1 min 04 s  take_profit PnL 1.91
      "
    `)
    expect(stdout.split('\n').every((line) => line.length <= 100)).toBe(true)
  })

  test('puts log lines in their places, and everything else that is asked for', async () => {
    const { stdout } = await trace('881', '--logs', '--all')
    expect(stdout).toContain('INFO  bot.orders volatility is high enough atr=312.4')
    expect(stdout).toContain('· book 1 for order_submit · binance 43210.0 / 43210.5')
  })

  test('[X33] has words for what a venue changed, for what cannot be, and for each fee', async () => {
    const { stdout } = await trace('e'.repeat(32))
    expect(stdout).toContain('· changed by the venue to 0.009 @ 43210.00')
    expect(stdout).toContain('· not allowed: partially filled → rejected')
    expect(stdout).toContain('· fill taken back f1 0.009 @ 43210.00 fee -0.2 USDT')
    expect(stdout).toContain('· fill 0.009 @ 43210.00 fee 0.2 USDT and 0.0001 BNB')
  })

  test('draws a time line where there is room, and nothing is wider than the terminal', async () => {
    for (const columns of ['60', '80', '120', '140']) {
      const { stdout } = await run(['trace', traceId, '--data', folder.path], { COLUMNS: columns })
      // The id and outcome of a flow are never cut.
      const lines = stdout.split('\n').filter((line) => !/^(?:flow|position) /.test(line))
      const widest = Math.max(...lines.map((line) => line.length))
      expect(widest).toBeLessThanOrEqual(Number(columns))
      expect(stdout.includes('━━━━━━━━━━')).toBe(Number(columns) >= 110)
    }
  })

  test('[X39] gives all of it as JSON', async () => {
    const { code, stdout } = await trace('p1', '--json')
    expect(code).toBe(0)
    const answer = JSON.parse(stdout)
    expect(answer).toMatchObject({
      id: 'p1',
      matches: [{ trace_id: positionTraceId, by: 'trading.position.id' }],
      flows: [{ trace_id: positionTraceId, measures: { 'trading.pnl.realized': '1.91' } }],
      linked: [
        {
          trace_id: traceId,
          outcome: 'opened',
          duration_ms: 412.5,
          measures: { 'trading.hedge.latency_ms': 182.4, 'trading.fees': '0.0344' },
        },
      ],
    })
    const [signal] = answer.linked[0].spans
    expect(signal.children.map((child: { name: string }) => child.name)).toEqual(['order', 'hedge'])
    expect(signal.children[0].data['trading.order.client_id']).toBe('fp-7f3a-1')
    expect(signal.logs[0]).toMatchObject({ message: 'volatility is high enough', offset_ms: 0.2 })
  })

  test('lists the flows of a task that has many, and draws all on demand', async () => {
    const list = await trace('task-9')
    expect(list.code).toBe(0)
    expect(list.stdout).toContain('5 flows have the id "task-9":')
    expect(list.stdout.match(/ETH\/USDT/g)).toHaveLength(5)
    expect(list.stdout).toContain('denied')
    const all = await trace('task-9', '--all')
    expect(all.stdout.match(/^flow b+\d/gm)).toHaveLength(5)
  })

  test('marks a span that was never received', async () => {
    expect((await trace('d'.repeat(32))).stdout).toMatch(/span +not received\n.*└─ order/)
  })

  test('shows a trace of which there are only log lines', async () => {
    const { stdout } = await trace('c'.repeat(32), '--logs')
    expect(stdout).toContain('still deciding')
  })

  test('says what is nearest when there is no such id, and ends with 1', async () => {
    const { code, stdout, stderr } = await trace('sig_abd123')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('has the id "sig_abd123" [not_found]')
    expect(stderr).toContain('Did you mean "sig_abc123"?')
    const json = await trace('fp-7f3a-9', '--json')
    expect(json.code).toBe(1)
    expect(JSON.parse(json.stderr)).toMatchObject({
      error: { code: 'not_found', hint: expect.stringContaining('fp-7f3a-1') },
    })
  })

  test('says where it looked when there is nothing at all', async () => {
    const { code, stderr } = await run(['trace', 'x', '--data', '/nonexistent/fillpath'])
    expect(code).toBe(1)
    expect(stderr).toContain('/nonexistent/fillpath')
  })
})
