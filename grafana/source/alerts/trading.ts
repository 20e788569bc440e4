import { by, series } from '../names.ts'
import { limits } from './limits.ts'
import type { AlertRule } from './rule.ts'

const labels = '{trading_bot_id="bot-a",trading_symbol="BTC/USDT"}'
const fired = { trading_bot_id: 'bot-a', trading_symbol: 'BTC/USDT' }
const venue = '{trading_bot_id="bot-a",trading_venue="okx"}'
const firedVenue = { trading_bot_id: 'bot-a', trading_venue: 'okx' }

/** Exposure, hedges, unwinds, orders: money is at risk now. */
export const tradingAlerts: readonly AlertRule[] = [
  {
    name: 'UncoveredExposure',
    severity: 'critical',
    metrics: ['trading.exposure.uncovered_quote'],
    expression: `max ${by('trading.symbol')} (abs(${series('trading.exposure.uncovered_quote')})) > ${limits.uncoveredQuote}`,
    for: '30s',
    keepFiringFor: '30s',
    summary:
      '{{ $labels.trading_bot_id }}: {{ $value | printf "%.2f" }} of {{ $labels.trading_symbol }} filled and not covered',
    meaning:
      'One leg is filled and the other is not. Every second the position stands open to the market.',
    steps: [
      'Look at the panel *Uncovered exposure*: does it fall by itself, or does the hedge venue answer at all?',
      'Read the flow: `fillpath trace <trace id>` from the slowest hedge on the dashboard.',
      'If the hedge venue is down, close the filled leg by hand or let the bot unwind, then halt the bot.',
    ],
    dashboard: 'hedging',
    query: '{trading_bot_id="$bot"} | event_name=~"trading.(hedge|unwind|exposure).+"',
    test: {
      input: [
        { series: series('trading.exposure.uncovered_quote') + labels, values: '0x3 500x7 0x20' },
      ],
      silent: ['1m', '5m'],
      fires: {
        at: '1m45s',
        labels: fired,
        summary: 'bot-a: 500.00 of BTC/USDT filled and not covered',
      },
    },
  },
  {
    name: 'HedgeFailing',
    severity: 'critical',
    metrics: ['trading.hedge.failures'],
    expression: `sum ${by('trading.venue')} (increase(${series('trading.hedge.failures')}[5m])) > 0`,
    for: '0s',
    summary: '{{ $labels.trading_bot_id }}: hedges on {{ $labels.trading_venue }} are given up',
    meaning: 'A hedge was given up. The filled leg is being unwound, at a loss.',
    steps: [
      'Group the failures by reason on the dashboard: balance, rejects, time-outs and a dead venue need different hands.',
      '`fillpath tail --event trading.hedge.failed --no-follow` shows the last ones with their reason.',
      'Balance: move funds. Rejects: see the reject text of the order. Venue down: set the bot to reducing.',
    ],
    dashboard: 'hedging',
    query: '{trading_bot_id="$bot"} | event_name="trading.hedge.failed"',
    test: {
      input: [{ series: series('trading.hedge.failures') + venue, values: '0x8 1x60' }],
      silent: ['1m30s', '12m'],
      fires: { at: '3m', labels: firedVenue, summary: 'bot-a: hedges on okx are given up' },
    },
  },
  {
    name: 'HedgeSlow',
    severity: 'warning',
    metrics: ['trading.hedge.duration'],
    expression: `histogram_quantile(0.99, sum by (le, trading_bot_id, trading_venue) (rate(${series('trading.hedge.duration')}_bucket[5m]))) > ${limits.hedgeSeconds}`,
    for: '1m',
    summary:
      '{{ $labels.trading_bot_id }}: hedges on {{ $labels.trading_venue }} take {{ $value | printf "%.1f" }} s',
    meaning:
      'The time between the first fill and the hedge grows; so does what the market can take meanwhile.',
    steps: [
      'Compare the latency of the hedge venue with that of the first venue: one slow venue, or a slow bot?',
      'A slow bot shows in the event-loop delay on *Health*.',
      'Open an exemplar in the upper part of *Hedges by duration* and read which step of its trace takes the time.',
    ],
    dashboard: 'hedging',
    query: `{ resource.trading.bot.id = "$bot" && name = "hedge" && duration > ${limits.hedgeSeconds}s }`,
    test: {
      input: [
        {
          series: `${series('trading.hedge.duration')}_bucket{trading_bot_id="bot-a",trading_venue="okx",le="2.5"}`,
          values: '0x60',
        },
        {
          series: `${series('trading.hedge.duration')}_bucket{trading_bot_id="bot-a",trading_venue="okx",le="5.0"}`,
          values: '0+1x20 20x60',
        },
        {
          series: `${series('trading.hedge.duration')}_bucket{trading_bot_id="bot-a",trading_venue="okx",le="+Inf"}`,
          values: '0+1x20 20x60',
        },
      ],
      silent: ['15s', '14m'],
      fires: { at: '4m', labels: firedVenue, summary: 'bot-a: hedges on okx take 5.0 s' },
    },
  },
  {
    name: 'UnwindFailed',
    severity: 'critical',
    metrics: ['trading.unwind.failures'],
    expression: `sum ${by('trading.symbol')} (increase(${series('trading.unwind.failures')}[10m])) > 0`,
    for: '0s',
    summary: '{{ $labels.trading_bot_id }}: {{ $labels.trading_symbol }} could not be unwound',
    meaning:
      'Neither the hedge nor the way back worked. The bot holds a position that nobody wanted.',
    steps: [
      'Close the position by hand at the venue, now.',
      'Halt the bot until the reason is known: it stands in the flow’s trace.',
    ],
    dashboard: 'hedging',
    query: '{trading_bot_id="$bot"} | event_name="trading.unwind.failed"',
    test: {
      input: [{ series: series('trading.unwind.failures') + labels, values: '0x8 1x80' }],
      silent: ['1m30s', '15m'],
      fires: { at: '3m', labels: fired, summary: 'bot-a: BTC/USDT could not be unwound' },
    },
  },
  {
    name: 'OrderOutcomeUnknown',
    severity: 'critical',
    metrics: ['trading.order.unknown_open'],
    expression: `sum ${by('trading.venue')} (${series('trading.order.unknown_open')}) > 0`,
    for: '1m',
    summary:
      '{{ $labels.trading_bot_id }}: {{ $value }} orders at {{ $labels.trading_venue }} with unknown outcome',
    meaning: 'An order was sent and nobody knows whether it stands, is filled, or never arrived.',
    steps: [
      'Ask the venue for the client order ids of the log lines behind this alert.',
      'Do not send the order again before the answer is known: that is how an order is filled twice.',
      'Check that the bot reconciles: `trading.order.reconciled` must follow.',
    ],
    dashboard: 'orders',
    query: '{trading_bot_id="$bot"} | event_name=~"trading.order.(unknown|reconciled)"',
    test: {
      input: [{ series: series('trading.order.unknown_open') + venue, values: '0x2 1x10 0x20' }],
      silent: ['1m', '5m'],
      fires: {
        at: '2m15s',
        labels: firedVenue,
        summary: 'bot-a: 1 orders at okx with unknown outcome',
      },
    },
  },
  {
    name: 'RejectRatio',
    severity: 'warning',
    metrics: ['trading.order.rejects', 'trading.order.events'],
    expression:
      `sum ${by('trading.venue')} (increase(${series('trading.order.rejects')}[10m])) >= ${limits.rejectsMin} and ` +
      `sum ${by('trading.venue')} (increase(${series('trading.order.rejects')}[10m])) / ` +
      `sum ${by('trading.venue')} (increase(${series('trading.order.events')}{trading_order_event="pending_new"}[10m])) > ${limits.rejectRatio}`,
    for: '1m',
    summary: '{{ $labels.trading_bot_id }}: {{ $labels.trading_venue }} rejects orders',
    meaning: 'A good part of the orders is refused. The strategy trades less than it thinks.',
    steps: [
      'See *Rejects by reason*. Lot size, tick size and price range point to changed market filters: reload them.',
      'Balance and leverage point to the account; permission and signature to the API key.',
    ],
    dashboard: 'orders',
    query: '{trading_bot_id="$bot"} | event_name="trading.order.rejected"',
    test: {
      input: [
        { series: series('trading.order.rejects') + venue, values: '0x4 0+1x12 12x80' },
        {
          series: `${series('trading.order.events')}{trading_bot_id="bot-a",trading_venue="okx",trading_order_event="pending_new"}`,
          values: '0+2x100',
        },
      ],
      silent: ['1m', '18m'],
      fires: { at: '5m', labels: firedVenue, summary: 'bot-a: okx rejects orders' },
    },
  },
  {
    name: 'AckLatency',
    severity: 'warning',
    metrics: ['trading.order.ack.duration'],
    expression: `histogram_quantile(0.99, sum by (le, trading_bot_id, trading_venue) (rate(${series('trading.order.ack.duration')}_bucket[5m]))) > ${limits.ackSeconds}`,
    for: '1m',
    summary:
      '{{ $labels.trading_bot_id }}: {{ $labels.trading_venue }} acknowledges orders after {{ $value | printf "%.1f" }} s',
    meaning: 'Orders reach the book late. Prices that were good are gone.',
    steps: [
      'Is one venue slow or all of them? All: look at the bot’s event-loop delay and the machine.',
      'One: compare REST latency and rate-limit weight of that venue on the same dashboard.',
    ],
    dashboard: 'orders',
    query: `{ resource.trading.bot.id = "$bot" && name = "order" && duration > ${limits.ackSeconds}s }`,
    test: {
      input: [
        {
          series: `${series('trading.order.ack.duration')}_bucket{trading_bot_id="bot-a",trading_venue="okx",le="1.0"}`,
          values: '0x60',
        },
        {
          series: `${series('trading.order.ack.duration')}_bucket{trading_bot_id="bot-a",trading_venue="okx",le="2.5"}`,
          values: '0+1x20 20x60',
        },
        {
          series: `${series('trading.order.ack.duration')}_bucket{trading_bot_id="bot-a",trading_venue="okx",le="+Inf"}`,
          values: '0+1x20 20x60',
        },
      ],
      silent: ['15s', '14m'],
      fires: {
        at: '4m',
        labels: firedVenue,
        summary: 'bot-a: okx acknowledges orders after 2.5 s',
      },
    },
  },
]
