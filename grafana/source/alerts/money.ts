import { by, label, series } from '../names.ts'
import { limits } from './limits.ts'
import type { AlertRule } from './rule.ts'

const symbol = '{trading_bot_id="bot-a",trading_symbol="BTC/USDT"}'
const realized = series('trading.pnl.realized')
const currency = 'trading.pnl.currency'
const inMoney = (strategy: string, money: string, more = ''): string =>
  `{trading_bot_id="bot-a",trading_strategy="${strategy}",${label(currency)}="${money}"${more}}`
const runOf = (instance: string, strategy: string, money: string): string =>
  inMoney(strategy, money, `,instance="${instance}"`)
const fired = (strategy: string, money: string): Readonly<Record<string, string>> => ({
  trading_bot_id: 'bot-a',
  trading_strategy: strategy,
  [label(currency)]: money,
})
const firedSymbol = { trading_bot_id: 'bot-a', trading_symbol: 'BTC/USDT' }
/** `-500 USDT`; the number alone where the symbol does not say what it is counted in. */
const amount = `{{ $value | printf "%.7g" }}{{ with $labels.${label(currency)} }} {{ . }}{{ end }}`

/** Money of different currencies is never added: each is held against its own limit. */
function byCurrency(
  { other, ...named }: Readonly<Record<string, number>> & { readonly other: number },
  expression: (matcher: string, limit: number) => string,
): string {
  const matcher = (test: string): string => `{${label(currency)}${test}}`
  return [
    expression(matcher(`!~"${Object.keys(named).join('|')}"`), other),
    ...Object.entries(named).map(([name, limit]) => expression(matcher(`="${name}"`), limit)),
  ].join(' or ')
}

/** Results and positions. */
export const moneyAlerts: readonly AlertRule[] = [
  {
    name: 'Drawdown',
    severity: 'critical',
    metrics: ['trading.pnl.drawdown'],
    expression: byCurrency(
      limits.drawdown,
      (matcher, limit) =>
        `max ${by('trading.strategy', currency)} (${series('trading.pnl.drawdown')}${matcher}) > ${limit}`,
    ),
    for: '1m',
    summary: `{{ $labels.trading_bot_id }}: {{ $labels.trading_strategy }} is ${amount} below its best`,
    meaning: 'The realized result fell from its best by more than the limit.',
    steps: [
      'Is it one trade or many? *Realized result by symbol* on the dashboard tells.',
      'One: read its flow, slippage and shortfall stand on the span. Many: halt the strategy, then look.',
    ],
    dashboard: 'pnl',
    query: '{trading_bot_id="$bot"} | event_name="trading.position.closed"',
    test: {
      input: [
        {
          series: series('trading.pnl.drawdown') + inMoney('atr', 'USDT'),
          values: '0x4 800x10 0x20',
        },
        {
          series: series('trading.pnl.drawdown') + inMoney('basis', 'BTC'),
          values: '0x4 0.01x10 0x20',
        },
        // Below its limit in each currency.
        { series: series('trading.pnl.drawdown') + inMoney('grid', 'USDC'), values: '400x40' },
        { series: series('trading.pnl.drawdown') + inMoney('grid', 'ETH'), values: '0.1x40' },
      ],
      silent: ['1m', '6m'],
      fires: {
        at: '2m30s',
        labels: fired('atr', 'USDT'),
        summary: 'bot-a: atr is 800 USDT below its best',
        also: [
          { labels: fired('basis', 'BTC'), summary: 'bot-a: basis is 0.01 BTC below its best' },
        ],
      },
    },
  },
  {
    name: 'DailyLoss',
    severity: 'critical',
    metrics: ['trading.pnl.realized'],
    // A run begins at 0 and has no sample before its first result, so `delta` would not see that one.
    expression: byCurrency(limits.dailyLoss, (matcher, limit) => {
      const now = `last_over_time(${realized}${matcher}[1d])`
      const before = `last_over_time(${realized}${matcher}[1d] offset 1d)`
      return `sum ${by('trading.strategy', currency)} (${now} - (${before} or ${now} * 0)) < -${limit}`
    }),
    for: '1m',
    summary: `{{ $labels.trading_bot_id }}: {{ $labels.trading_strategy }} lost ${amount} within a day`,
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
        { series: realized + runOf('r1', 'atr', 'USDT'), values: '_x2 -200x4' },
        { series: realized + runOf('r2', 'atr', 'USDT'), values: '_x8 -300x300' },
        { series: realized + runOf('r3', 'grid', 'USDT'), values: '500x250 250x60' },
        // One strategy in two kinds of money: its gain in the one does not hide its loss in the other.
        { series: realized + runOf('r4', 'basis', 'USDT'), values: '_x8 900x300' },
        { series: realized + runOf('r4', 'basis', 'BTC'), values: '_x8 -0.004x300' },
        // Nor do losses below the limit in each make one above it.
        { series: realized + runOf('r5', 'pair', 'USDT'), values: '_x8 -200x300' },
        { series: realized + runOf('r5', 'pair', 'USDC'), values: '_x8 -200x300' },
        { series: realized + runOf('r5', 'pair', 'ETH'), values: '_x8 -0.05x300' },
        // A symbol that does not say its currency.
        {
          series: `${realized}{trading_bot_id="bot-a",trading_strategy="own",instance="r6"}`,
          values: '_x8 -400x300',
        },
      ],
      silent: ['30m', '25h'],
      fires: {
        at: '12h',
        labels: fired('atr', 'USDT'),
        summary: 'bot-a: atr lost -500 USDT within a day',
        also: [
          { labels: fired('basis', 'BTC'), summary: 'bot-a: basis lost -0.004 BTC within a day' },
          {
            labels: { trading_bot_id: 'bot-a', trading_strategy: 'own' },
            summary: 'bot-a: own lost -400 within a day',
          },
        ],
      },
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
