import { heat, spanHeat } from './heat.ts'
import { figure, lines, traces } from './panels.ts'
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
        whole: true,
        description: 'Signals that began a flow.',
        unit: 'short',
        query: { expression: total('trading.signal.count') },
      }),
      figure({
        title: 'Orders sent',
        whole: true,
        description: 'Orders handed to a venue.',
        unit: 'short',
        query: {
          expression: total('trading.order.events', [], 'trading_order_event="pending_new"'),
        },
      }),
      figure({
        title: 'Fills',
        whole: true,
        description: 'Fills, duplicates not counted.',
        unit: 'short',
        query: { expression: total('trading.fill.count') },
      }),
      figure({
        title: 'Hedges',
        whole: true,
        description: 'Hedges started.',
        unit: 'short',
        query: { expression: total('trading.hedge.count') },
      }),
      figure({
        title: 'Positions opened',
        whole: true,
        description: 'Flows that ended with a position.',
        unit: 'short',
        query: { expression: total('trading.flow.count', [], 'trading_flow_outcome="opened"') },
      }),
      figure({
        title: 'Open flows',
        whole: true,
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
      spanHeat({
        title: 'Signal to outcome',
        description: 'Click an exemplar to open its trace.',
        span: 'signal',
        labels: ['trading.strategy'],
        width: 8,
      }),
      spanHeat({
        title: 'Order to final status',
        description: 'Filled, canceled or rejected. Click an exemplar to open its trace.',
        span: 'order',
        labels: ['trading.venue'],
        width: 8,
      }),
      heat({
        title: 'Order to last fill',
        description: 'Sent until filled.',
        width: 8,
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
