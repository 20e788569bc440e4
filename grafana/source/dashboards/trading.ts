import { figure, heat, lines, traces } from './panels.ts'
import { gauge, legend, narrowing, quantile, rate, total } from './promql.ts'
import type { Board } from './board.ts'

/** From the signal to the fill. */
export const flows: Board = {
  name: 'flows',
  title: 'Flows',
  description: 'From the signal to the fill: how many, how fast, and which were slow.',
  rows: {
    'Signal to fill': [
      figure({
        title: 'Signals',
        description: 'Signals that began a flow.',
        unit: 'short',
        query: { expression: total('trading.signal.count') },
      }),
      figure({
        title: 'Orders sent',
        description: 'Orders handed to a venue.',
        unit: 'short',
        query: {
          expression: total('trading.order.events', [], 'trading_order_event="pending_new"'),
        },
      }),
      figure({
        title: 'Fills',
        description: 'Fills, duplicates not counted.',
        unit: 'short',
        query: { expression: total('trading.fill.count') },
      }),
      figure({
        title: 'Hedges',
        description: 'Hedges started.',
        unit: 'short',
        query: { expression: total('trading.hedge.count') },
      }),
      figure({
        title: 'Positions opened',
        description: 'Flows that ended with a position.',
        unit: 'short',
        query: { expression: total('trading.flow.count', [], 'trading_flow_outcome="opened"') },
      }),
      figure({
        title: 'Open flows',
        description: 'Flows that are open now.',
        unit: 'short',
        query: { expression: gauge('sum', 'trading.flow.open') },
      }),
    ],
    Outcomes: [
      lines({
        title: 'Flows by outcome',
        description: 'How flows ended.',
        unit: 'cps',
        width: 12,
        queries: [
          {
            expression: rate('trading.flow.count', ['trading.flow.outcome']),
            legend: legend('trading.flow.outcome'),
          },
        ],
      }),
      lines({
        title: 'Signals that became nothing',
        description: 'Filtered by the detector, or denied by the own risk check.',
        unit: 'cps',
        width: 12,
        queries: [
          {
            expression: rate('trading.signal.filtered', ['trading.signal.filter']),
            legend: `filtered: ${legend('trading.signal.filter')}`,
          },
          {
            expression: rate('trading.deny.count', ['trading.deny.reason']),
            legend: `denied: ${legend('trading.deny.reason')}`,
          },
        ],
      }),
    ],
    Latency: [
      heat({
        title: 'Signal to outcome',
        description: 'Click an exemplar to open its trace.',
        metric: 'trading.flow.duration',
        labels: narrowing('trading.flow.duration'),
        unit: 's',
      }),
      heat({
        title: 'Order to last fill',
        description: 'Sent until filled. Click an exemplar to open its trace.',
        metric: 'trading.order.fill.duration',
        labels: narrowing('trading.order.fill.duration'),
        unit: 's',
      }),
      lines({
        title: 'Where the time goes',
        description: 'Median of each step.',
        unit: 's',
        width: 24,
        queries: [
          {
            expression: quantile(0.5, 'trading.signal.detection.duration'),
            legend: 'detection (two clocks)',
          },
          { expression: quantile(0.5, 'trading.signal.decision.duration'), legend: 'decision' },
          { expression: quantile(0.5, 'trading.order.ack.duration'), legend: 'acknowledged' },
          { expression: quantile(0.5, 'trading.order.first_fill.duration'), legend: 'first fill' },
          { expression: quantile(0.5, 'trading.hedge.duration'), legend: 'hedged' },
        ],
      }),
    ],
    'Slowest and failed': [
      traces({
        title: 'Slow flows',
        description: 'Flows over two seconds.',
        query:
          '{ name = "signal" && resource.trading.bot.id =~ "$bot" && duration > 2s } | select(span.trading.symbol, span.trading.strategy, span.trading.flow.outcome)',
        width: 12,
      }),
      traces({
        title: 'Failed flows',
        description: 'Flows with an error.',
        query:
          '{ name = "signal" && resource.trading.bot.id =~ "$bot" && status = error } | select(span.trading.symbol, span.trading.strategy, span.trading.flow.outcome)',
        width: 12,
      }),
    ],
  },
}

/** Orders and the venues that take them. */
export const orders: Board = {
  name: 'orders',
  title: 'Orders and venues',
  description: 'Acknowledge, fill, cancel, reject; API latency, rate limits, feeds.',
  rows: {
    Orders: [
      lines({
        title: 'Orders by event',
        description: 'What happened (FIX ExecType).',
        unit: 'cps',
        queries: [
          {
            expression: rate('trading.order.events', ['trading.order.event']),
            legend: legend('trading.order.event'),
          },
        ],
      }),
      lines({
        title: 'Rejects by reason',
        description: 'Venue rejects; the text of the venue stands in the log.',
        unit: 'cps',
        queries: [
          {
            expression: rate('trading.order.rejects', [
              'trading.venue',
              'trading.order.reject.reason',
            ]),
            legend: legend('trading.venue', 'trading.order.reject.reason'),
          },
        ],
      }),
      lines({
        title: 'Unknown outcome',
        description: 'Orders sent of which nobody knows yet what became of them.',
        unit: 'short',
        queries: [
          {
            expression: gauge('sum', 'trading.order.unknown_open', ['trading.venue']),
            legend: legend('trading.venue'),
          },
        ],
      }),
      lines({
        title: 'Open orders',
        description: 'Orders that work now.',
        unit: 'short',
        queries: [
          {
            expression: gauge('sum', 'trading.order.open', ['trading.venue', 'trading.symbol']),
            legend: legend('trading.venue', 'trading.symbol'),
          },
        ],
      }),
      lines({
        title: 'Fill ratio',
        description: 'Filled over ordered, median.',
        unit: 'percentunit',
        queries: [
          {
            expression: quantile(0.5, 'trading.order.fill_ratio', ['trading.venue']),
            legend: legend('trading.venue'),
          },
        ],
      }),
      lines({
        title: 'Maker and taker',
        description: 'Fills by liquidity.',
        unit: 'cps',
        queries: [
          {
            expression: rate('trading.fill.count', ['trading.venue', 'trading.fill.liquidity']),
            legend: legend('trading.venue', 'trading.fill.liquidity'),
          },
        ],
      }),
    ],
    Latency: [
      lines({
        title: 'Sent to acknowledged',
        description: '99th percentile.',
        unit: 's',
        queries: [
          {
            expression: quantile(0.99, 'trading.order.ack.duration', ['trading.venue']),
            legend: legend('trading.venue'),
          },
        ],
      }),
      lines({
        title: 'Sent to first fill',
        description: '99th percentile.',
        unit: 's',
        queries: [
          {
            expression: quantile(0.99, 'trading.order.first_fill.duration', ['trading.venue']),
            legend: legend('trading.venue'),
          },
        ],
      }),
      lines({
        title: 'Cancel sent to confirmed',
        description: '99th percentile.',
        unit: 's',
        queries: [
          {
            expression: quantile(0.99, 'trading.order.cancel.duration', ['trading.venue']),
            legend: legend('trading.venue'),
          },
        ],
      }),
      heat({
        title: 'Acknowledge latency',
        description: 'Click an exemplar to open its trace.',
        metric: 'trading.order.ack.duration',
        labels: narrowing('trading.order.ack.duration'),
        unit: 's',
        width: 24,
      }),
    ],
    Venues: [
      lines({
        title: 'API calls by operation',
        description: '99th percentile of the duration.',
        unit: 's',
        queries: [
          {
            expression: quantile(0.99, 'trading.api.duration', [
              'trading.venue',
              'trading.api.operation',
            ]),
            legend: legend('trading.venue', 'trading.api.operation'),
          },
        ],
      }),
      lines({
        title: 'API errors and time-outs',
        description: 'Calls that failed.',
        unit: 'cps',
        queries: [
          {
            expression: rate('trading.api.errors', ['trading.venue', 'error.type']),
            legend: legend('trading.venue', 'error.type'),
          },
          {
            expression: rate('trading.api.timeouts', ['trading.venue']),
            legend: `${legend('trading.venue')} time-out`,
          },
        ],
      }),
      lines({
        title: 'Rate-limit weight',
        description: 'Used and allowed.',
        unit: 'short',
        queries: [
          {
            expression: gauge('max', 'trading.api.weight', ['trading.venue']),
            legend: `${legend('trading.venue')} used`,
          },
          {
            expression: gauge('max', 'trading.api.weight_limit', ['trading.venue']),
            legend: `${legend('trading.venue')} allowed`,
          },
        ],
      }),
      lines({
        title: 'Feeds',
        description: '1 while connected.',
        unit: 'short',
        queries: [
          {
            expression: gauge('min', 'trading.feed.up', ['trading.venue', 'trading.feed.name']),
            legend: legend('trading.venue', 'trading.feed.name'),
          },
        ],
      }),
      lines({
        title: 'Feed disconnects',
        description: 'Feeds lost.',
        unit: 'cps',
        queries: [
          {
            expression: rate('trading.feed.disconnects', ['trading.venue', 'trading.feed.name']),
            legend: legend('trading.venue', 'trading.feed.name'),
          },
        ],
      }),
      lines({
        title: 'Feed lag',
        description: 'Venue time until receipt, 99th percentile; two clocks, so an estimate.',
        unit: 's',
        queries: [
          {
            expression: quantile(0.99, 'trading.feed.lag', ['trading.venue', 'trading.feed.name']),
            legend: legend('trading.venue', 'trading.feed.name'),
          },
        ],
      }),
    ],
  },
}

/** Hedges and what stays uncovered meanwhile. */
export const hedging: Board = {
  name: 'hedging',
  title: 'Hedging and exposure',
  description: 'What is filled and not covered, for how long, and what became of it.',
  rows: {
    Now: [
      figure({
        title: 'Uncovered exposure',
        description: 'Quote money filled and not covered.',
        unit: 'short',
        width: 6,
        limits: [50, 100],
        query: { expression: gauge('sum', 'trading.exposure.uncovered_quote') },
      }),
      figure({
        title: 'Hedges given up',
        description: 'In the shown range.',
        unit: 'short',
        width: 6,
        limits: [1, 3],
        query: { expression: total('trading.hedge.failures') },
      }),
      figure({
        title: 'Unwinds',
        description: 'In the shown range.',
        unit: 'short',
        width: 6,
        limits: [1, 5],
        query: { expression: total('trading.unwind.count') },
      }),
      figure({
        title: 'Unwinds that failed',
        description: 'In the shown range.',
        unit: 'short',
        width: 6,
        limits: [1, 1],
        query: { expression: total('trading.unwind.failures') },
      }),
    ],
    Exposure: [
      lines({
        title: 'Uncovered, covered, net',
        description: 'Base money.',
        unit: 'short',
        width: 12,
        queries: [
          {
            expression: gauge('sum', 'trading.exposure.uncovered', ['trading.symbol']),
            legend: `${legend('trading.symbol')} uncovered`,
          },
          {
            expression: gauge('sum', 'trading.exposure.covered', ['trading.symbol']),
            legend: `${legend('trading.symbol')} covered`,
          },
          {
            expression: gauge('sum', 'trading.exposure.net', ['trading.symbol']),
            legend: `${legend('trading.symbol')} net`,
          },
        ],
      }),
      lines({
        title: 'Money-seconds',
        description: 'Uncovered quote money times the time it stood open, per second.',
        unit: 'short',
        width: 12,
        queries: [
          {
            expression: rate('trading.exposure.money_seconds', ['trading.symbol']),
            legend: legend('trading.symbol'),
          },
        ],
      }),
      heat({
        title: 'Exposure window',
        description:
          'Earliest unhedged fill until the fill that covers it. Click an exemplar to open its trace.',
        metric: 'trading.exposure.window.duration',
        labels: narrowing('trading.exposure.window.duration'),
        unit: 's',
        width: 24,
      }),
    ],
    Hedges: [
      lines({
        title: 'Hedge latency',
        description: 'First fill that had to be covered until the hedge filled.',
        unit: 's',
        queries: [
          {
            expression: quantile(0.5, 'trading.hedge.duration', ['trading.venue']),
            legend: `${legend('trading.venue')} p50`,
          },
          {
            expression: quantile(0.99, 'trading.hedge.duration', ['trading.venue']),
            legend: `${legend('trading.venue')} p99`,
          },
          {
            expression: gauge('max', 'trading.hedge.duration_max', ['trading.venue']),
            legend: `${legend('trading.venue')} longest`,
          },
        ],
      }),
      lines({
        title: 'Hedges and attempts',
        description: 'Attempts above hedges are retries.',
        unit: 'cps',
        queries: [
          {
            expression: rate('trading.hedge.count', ['trading.venue']),
            legend: `${legend('trading.venue')} hedges`,
          },
          {
            expression: rate('trading.hedge.attempts', ['trading.venue']),
            legend: `${legend('trading.venue')} attempts`,
          },
          {
            expression: rate('trading.hedge.delayed', ['trading.venue']),
            legend: `${legend('trading.venue')} delayed`,
          },
        ],
      }),
      lines({
        title: 'Failures by reason',
        description: 'Hedges given up.',
        unit: 'cps',
        queries: [
          {
            expression: rate('trading.hedge.failures', ['trading.venue', 'trading.hedge.reason']),
            legend: legend('trading.venue', 'trading.hedge.reason'),
          },
        ],
      }),
      lines({
        title: 'Unwinds',
        description: 'Started and failed.',
        unit: 'cps',
        queries: [
          {
            expression: rate('trading.unwind.count', ['trading.symbol']),
            legend: legend('trading.symbol'),
          },
          {
            expression: rate('trading.unwind.failures', [
              'trading.symbol',
              'trading.unwind.reason',
            ]),
            legend: `${legend('trading.symbol')} failed: ${legend('trading.unwind.reason')}`,
          },
        ],
      }),
      lines({
        title: 'Unwind duration',
        description: 'Hedge given up until flat, 99th percentile.',
        unit: 's',
        queries: [
          {
            expression: quantile(0.99, 'trading.unwind.duration', ['trading.symbol']),
            legend: legend('trading.symbol'),
          },
        ],
      }),
      lines({
        title: 'Price guard',
        description: 'Times the price left the guarded range.',
        unit: 'cps',
        queries: [
          {
            expression: rate('trading.price_guard.count', ['trading.symbol']),
            legend: legend('trading.symbol'),
          },
        ],
      }),
    ],
    'Failed hedges': [
      traces({
        title: 'Flows with a failed hedge',
        description: 'Open one to read why.',
        query:
          '{ name = "hedge" && resource.trading.bot.id =~ "$bot" && status = error } | select(span.trading.venue, span.trading.hedge.reason)',
      }),
    ],
  },
}
