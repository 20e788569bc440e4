import { describe, expect, test } from 'vitest'
import { treeOf } from '../../../src/archive/flow/tree.ts'
import { at, attributes, event, log, span, traceId } from '../records.ts'
import { ids, logs, spans } from './story.ts'
import type { SpanNode } from '../../../src/archive/flow/tree.ts'
import type { LogRecord, SpanRecord } from '../../../src/wire/record.ts'

function tree(flowSpans: readonly SpanRecord[], flowLogs: readonly LogRecord[] = []) {
  return treeOf({ traceId, spans: flowSpans, logs: flowLogs })
}

/** Names and states, indented. */
function outline(nodes: readonly SpanNode[], depth = 0): string[] {
  return nodes.flatMap((node) => [
    `${'  '.repeat(depth)}${node.name} ${node.state}`,
    ...outline(node.children, depth + 1),
  ])
}

const flow = [spans.signal, spans.order, spans.hedge, spans.hedgeOrder]

describe('the tree of a flow', () => {
  test('[X01] has orders below the signal, and those of the hedge below the hedge', () => {
    const { roots, start, end } = tree(flow.toReversed(), Object.values(logs))
    expect(outline(roots)).toEqual([
      'signal ended',
      '  order ended',
      '  hedge ended',
      '    order ended',
    ])
    expect([start, end]).toEqual([at(0), at(412.5)])
    const order = roots[0]?.children[0]
    expect(order?.events.map(({ name }) => name)).toEqual([
      'trading.order.submitted',
      'trading.order.accepted',
      'trading.order.filled',
    ])
    expect(roots[0]?.logs.map(({ body }) => body)).toEqual(['volatility is high enough'])
  })

  test('shows an event once, though it is a log record and an event of its span', () => {
    const twice = {
      ...spans.order,
      events: [
        ...spans.order.events,
        { time: at(300), name: 'own', attributes: attributes({}), droppedAttributesCount: 0 },
      ],
    }
    const { roots } = tree([twice], [logs.submitted])
    expect(roots[0]?.children[0]?.events.map(({ name }) => name)).toEqual([
      'trading.order.submitted',
      'own',
    ])
    // Without log records, those of the span are all there is.
    expect(tree([twice]).roots[0]?.children[0]?.events).toHaveLength(2)
  })

  test('marks what is still open by what is known of it, and has no end', () => {
    const { roots, end } = tree([spans.order], Object.values(logs))
    expect(outline(roots)).toEqual(['signal open', '  order ended', '  order open'])
    expect(end).toBeUndefined()
    const [signal] = roots
    expect(signal?.start).toBe(at(0))
    expect(signal?.attributes.get('trading.symbol')).toBe('BTC/USDT')
    expect(signal?.resource?.attributes.get('service.name')).toBe('hedge-bot')
  })

  test('marks what the next start closed after a crash, and believes the span itself more', () => {
    const closed = span('signal', ids.signal, [0, 100], {
      statusCode: 2,
      data: { 'trading.flow.outcome': 'interrupted' },
    })
    expect(outline(tree([closed]).roots)).toEqual(['signal interrupted'])
    expect(outline(tree([closed, spans.signal]).roots)).toEqual(['signal ended'])
    expect(outline(tree([spans.signal, closed]).roots)).toEqual(['signal ended'])
  })

  test('marks a parent that was never sent, and goes on without it', () => {
    const { roots, end } = tree([{ ...spans.order, parentSpanId: '9999999999999999' }])
    expect(outline(roots)).toEqual([' missing', '  order ended'])
    expect(end).toBe(at(230.5))
  })

  test('tells a failed span from one that ended well', () => {
    expect(outline(tree([{ ...spans.order, parentSpanId: '', statusCode: 2 }]).roots)).toEqual([
      'order failed',
    ])
  })

  test('shows spans that are each their own ancestor once', () => {
    const a = span('a', '1111111111111111', [0, 1], { parentSpanId: '2222222222222222' })
    const b = span('b', '2222222222222222', [0, 1], { parentSpanId: '1111111111111111' })
    const self = span('c', '3333333333333333', [0, 1], { parentSpanId: '3333333333333333' })
    const names = outline(tree([a, b, self]).roots).map((line) => line.trim().split(' ')[0])
    expect(new Set(names)).toEqual(new Set(['a', 'b', 'c']))
    expect(names).toHaveLength(3)
  })

  test('[X39] keeps events and lines that name no span beside the spans', () => {
    const {
      roots,
      events,
      logs: lines,
      start,
    } = tree([], [log('loose'), event('trading.task.started', 5, '')])
    expect(roots).toEqual([])
    expect(events.map(({ name }) => name)).toEqual(['trading.task.started'])
    expect(lines).toHaveLength(1)
    expect(start).toBe(at(0))
  })
})
