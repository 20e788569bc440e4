import { by, series } from '../names.ts'
import { limits } from './limits.ts'
import type { AlertRule } from './rule.ts'

const symbol = '{trading_bot_id="bot-a",trading_symbol="BTC/USDT"}'
const realized = series('trading.pnl.realized')
const runOf = (instance: string): string =>
  `{trading_bot_id="bot-a",trading_strategy="atr",instance="${instance}"}`
const strategy = '{trading_bot_id="bot-a",trading_strategy="atr"}'
const firedSymbol = { trading_bot_id: 'bot-a', trading_symbol: 'BTC/USDT' }
const firedStrategy = { trading_bot_id: 'bot-a', trading_strategy: 'atr' }

/** Results and positions. */
export const moneyAlerts: readonly AlertRule[] = [
  {
    name: 'Drawdown',
    severity: 'critical',
    metrics: ['trading.pnl.drawdown'],
    expression: `max ${by('trading.strategy')} (${series('trading.pnl.drawdown')}) > ${limits.drawdownQuote}`,
    for: '1m',
    summary:
      '{{ $labels.trading_bot_id }}: {{ $labels.trading_strategy }} is {{ $value | printf "%.0f" }} below its best',
    meaning: 'The realized result fell from its best by more than the limit.',
    steps: [
      'Is it one trade or many? *Realized result by symbol* on the dashboard tells.',
      'One: read its flow, slippage and shortfall stand on the span. Many: halt the strategy, then look.',
    ],
    dashboard: 'pnl',
    query: '{trading_bot_id="$bot"} | event_name="trading.position.closed"',
    test: {
      input: [{ series: series('trading.pnl.drawdown') + strategy, values: '0x4 800x10 0x20' }],
      silent: ['1m', '6m'],
      fires: { at: '2m30s', labels: firedStrategy, summary: 'bot-a: atr is 800 below its best' },
    },
  },
  {
    name: 'DailyLoss',
    severity: 'critical',
    metrics: ['trading.pnl.realized'],
    // A run begins at 0 and has no sample before its first result, so `delta` would not see that one.
    expression: `sum ${by('trading.strategy')} (last_over_time(${realized}[1d]) - (last_over_time(${realized}[1d] offset 1d) or last_over_time(${realized}[1d]) * 0)) < -${limits.dailyLossQuote}`,
    for: '1m',
    summary:
      '{{ $labels.trading_bot_id }}: {{ $labels.trading_strategy }} lost {{ $value | printf "%.0f" }} within a day',
    meaning: 'More was lost within 24 hours than the limit allows.',
    steps: [
      'Check that the loss is real: do fills and positions of the bot equal those of the venue?',
      'Set the bot to reducing or halted and decide with a clear head.',
    ],
    dashboard: 'pnl',
    query: '{trading_bot_id="$bot"} | event_name="trading.position.closed"',
    test: {
      // The first trade loses, another run loses more; a day later both have left the window.
      interval: '5m',
      input: [
        { series: realized + runOf('r1'), values: '_x2 -200x4' },
        { series: realized + runOf('r2'), values: '_x8 -300x300' },
        { series: (realized + runOf('r3')).replace('atr', 'grid'), values: '500x250 250x60' },
      ],
      silent: ['30m', '25h'],
      fires: { at: '12h', labels: firedStrategy, summary: 'bot-a: atr lost -500 within a day' },
    },
  },
  {
    name: 'PnlSourcesDisagree',
    severity: 'warning',
    metrics: ['trading.pnl.difference'],
    expression: `max ${by('trading.symbol')} (${series('trading.pnl.difference')}) > ${limits.pnlDifferenceQuote}`,
    for: '2m',
    summary:
      '{{ $labels.trading_bot_id }}: price sources of {{ $labels.trading_symbol }} differ by {{ $value | printf "%.2f" }}',
    meaning:
      'Mark, last and WebSocket price give different results. One of them is stale or wrong, and stops act on it.',
    steps: [
      '*Feed lag* on *Orders and venues*: which source stands still?',
      'Reconnect that feed; if the venue itself disagrees, stop trading the symbol.',
    ],
    dashboard: 'pnl',
    query: '{trading_bot_id="$bot"} | event_name="trading.position.marked"',
    test: {
      input: [{ series: series('trading.pnl.difference') + symbol, values: '0x4 60x20 0x20' }],
      silent: ['2m', '9m'],
      fires: {
        at: '4m',
        labels: firedSymbol,
        summary: 'bot-a: price sources of BTC/USDT differ by 60.00',
      },
    },
  },
  {
    name: 'LiquidationNear',
    severity: 'critical',
    metrics: ['trading.position.liquidation_distance', 'trading.position.quantity'],
    // A gauge goes on telling the distance of the last position after it was closed.
    expression: `min ${by('trading.symbol')} (${series('trading.position.liquidation_distance')} and ${series('trading.position.quantity')} != 0) < ${limits.liquidationDistance}`,
    for: '15s',
    summary:
      '{{ $labels.trading_bot_id }}: {{ $labels.trading_symbol }} is {{ $value | humanizePercentage }} from liquidation',
    meaning:
      'The mark price comes near the price at which the venue closes the position, with a fee.',
    steps: [
      'Add margin or reduce the position, by hand if the bot does not.',
      'Check the leverage that was set against the one that was meant: `trading.leverage.set` in the flow.',
    ],
    dashboard: 'pnl',
    query: '{trading_bot_id="$bot"} | event_name=~"trading.position.(liquidation_near|liquidated)"',
    test: {
      input: [
        {
          series: series('trading.position.liquidation_distance') + symbol,
          values: '0.5x4 0.1x40',
        },
        { series: series('trading.position.quantity') + symbol, values: '2x14 0x30' },
      ],
      silent: ['1m', '5m'],
      fires: { at: '2m', labels: firedSymbol, summary: 'bot-a: BTC/USDT is 10% from liquidation' },
    },
  },
]
