import { heat, spanHeat } from './heat.ts'
import { lines } from './panels.ts'
import { gauge, legend, narrowing, quantile, rate, silence } from './promql.ts'
import type { Board } from './board.ts'

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
        description: 'Sent until acknowledged.',
        width: 8,
        metric: 'trading.order.ack.duration',
        labels: narrowing('trading.order.ack.duration'),
        unit: 's',
      }),
      heat({
        title: 'Cancel latency',
        description: 'Cancel sent until confirmed.',
        metric: 'trading.order.cancel.duration',
        labels: narrowing('trading.order.cancel.duration'),
        unit: 's',
        width: 8,
      }),
      spanHeat({
        title: 'Orders by duration',
        description: 'Sent until the final status. Click an exemplar to open its trace.',
        span: 'order',
        labels: ['trading.venue'],
        width: 8,
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
      lines({
        title: 'Feed messages and gaps',
        description: 'Messages per second, and holes in the sequence of the venue.',
        unit: 'cps',
        width: 12,
        queries: [
          {
            expression: rate('trading.feed.messages', ['trading.venue', 'trading.feed.name']),
            legend: legend('trading.venue', 'trading.feed.name'),
          },
          {
            expression: rate('trading.feed.gaps', ['trading.venue', 'trading.feed.name']),
            legend: `${legend('trading.venue', 'trading.feed.name')} gaps`,
          },
        ],
      }),
      lines({
        title: 'Feed silence',
        description: 'Time since the last message or ping, when it was last measured.',
        unit: 's',
        width: 12,
        queries: [
          {
            expression: silence('trading.feed.last_message', [
              'trading.venue',
              'trading.feed.name',
            ]),
            legend: legend('trading.venue', 'trading.feed.name'),
          },
        ],
      }),
    ],
  },
}
